"""The program `pinwise`, also as ``python -m pinwise``: completion in a shell goes a short way of its own."""

import gc
import sys


def main() -> None:
    """Run one command, or complete what is typed of one."""
    try:
        _run()
    except KeyboardInterrupt:  # while the command was still being loaded; it says so itself from then on
        sys.stderr.write("interrupted\n")
        sys.exit(130)


def _run() -> None:
    from pinwise.completion.answer import COMPLETE, complete  # noqa: PLC0415  # loaded where Ctrl-C is met

    if sys.argv[1:2] == [COMPLETE]:
        complete(sys.argv[2:])
        return
    from pinwise.cli import main as command  # noqa: PLC0415  # 150 ms, which no shell waits for

    try:
        command(prog_name="pinwise")
    finally:
        gc.freeze()  # or Python looks through all that is left for cycles while it ends: an eighth of a check


if __name__ == "__main__":
    main()
