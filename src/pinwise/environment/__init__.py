"""The target of an advice: declared, or detected; `read_x` does I/O, `parse_x` and `declare` are pure."""
