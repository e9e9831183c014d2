"""Run pinwise in this process and note now and then where it is: ``python sampler.py OUT MS advise ...``.

What is noted is the chain of functions that are being run, with the seconds since the last note: a call of a
compiled library answers no signal, and its whole time is noted where it ends. While the main thread waits for
another one that works, that one is noted. Written to OUT is a line per chain: microseconds, then the
functions from the outermost in, parted by semicolons.
"""

import signal
import sys
import time
from types import CodeType, FrameType

WAITING = frozenset(
    (
        *(
            "wait",
            "acquire",
            "select",
            "poll",
            "get",
            "result",
            "as_completed",
            "_worker",
            "_work",
            "join",
            "connect",
        ),
        *("connect_tcp", "create_connection", "getaddrinfo", "read", "readinto", "recv", "recv_into"),
    )
)
"""Functions in which a thread only waits; those that begin with ``_wait`` are such too."""

WRITING = "sampler:writing"
"""Stands in OUT's last line for the time that it took to write it."""

Chain = tuple[CodeType, ...]


class Sampler:
    """Takes notes while it is entered.

    Args:
        seconds: Between two notes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = 0.0
        self.notes: dict[Chain, float] = {}

    def start(self) -> None:
        """Begin to take notes."""
        signal.signal(signal.SIGALRM, self._note)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, self._seconds)
        self._last = time.perf_counter()

    def stop(self) -> None:
        """Take no more notes."""
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def _note(self, _: int, frame: FrameType | None) -> None:
        if frame is not None and not _works(frame):
            frame = next(filter(_works, _others(frame)), frame)
        chain = _chain(frame)
        now = time.perf_counter()
        self.notes[chain] = self.notes.get(chain, 0.0) + now - self._last
        self._last = now


def _others(main: FrameType) -> list[FrameType]:
    return [frame for frame in sys._current_frames().values() if frame.f_code is not main.f_code]  # noqa: SLF001  # the documented way


def _works(frame: FrameType) -> bool:
    name = frame.f_code.co_name
    return name not in WAITING and not name.startswith("_wait")


def _chain(frame: FrameType | None) -> Chain:
    codes = []
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    return tuple(codes[::-1])


def main() -> None:
    """Run one command of pinwise, and write the notes when it ends."""
    out, seconds = sys.argv[1], float(sys.argv[2]) / 1000
    sys.argv[:] = ["pinwise", *sys.argv[3:]]
    sys.path.pop(0)  # this folder
    sampler = Sampler(seconds)
    sampler.start()
    try:
        from pinwise.__main__ import main as command  # noqa: PLC0415  # its imports are noted too

        command()
    finally:
        sampler.stop()
        began = time.perf_counter()
        with open(out, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib would be imported before it is noted
            for chain, spent in sampler.notes.items():
                names = ";".join(f"{code.co_filename}:{code.co_qualname}" for code in chain)
                file.write(f"{spent * 1e6:.0f} {names}\n")
            file.write(f"{(time.perf_counter() - began) * 1e6:.0f} {WRITING}\n")


if __name__ == "__main__":
    main()
