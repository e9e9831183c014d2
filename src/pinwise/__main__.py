"""``python -m pinwise``."""

from pinwise.cli import main

main(prog_name="pinwise")
