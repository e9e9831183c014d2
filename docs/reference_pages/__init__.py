"""The pages under docs/reference, each a function from the code to markdown."""
