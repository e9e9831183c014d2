"""A request and its facts, compiled to integers."""
