"""The store of everything that is known."""
