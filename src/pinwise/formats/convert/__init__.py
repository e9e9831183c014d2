"""From one format to another, with a list of what the target cannot say."""
