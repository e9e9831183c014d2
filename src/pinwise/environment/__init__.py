"""The target: declared or detected."""
