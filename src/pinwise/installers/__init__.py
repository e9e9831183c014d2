"""pip and uv: which is there, how it is called, and the one place where it is run."""
