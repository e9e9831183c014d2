"""Cut the power while a knowledge base is written: whatever reached the disk, nothing acknowledged is lost.

    python benchmarks/power_cuts.py --images 1000 --seed 1

A process writes facts through a layer of SQLite (an `apsw` VFS) that notes every write, sync, truncation and
deletion, and when a commit was acknowledged. Each image is what a disk may hold after a cut at a random
moment: all that was synchronised before, and of each later write of 512 bytes either the old or the new
content. The store must open, hold every acknowledged commit and no half project. ``--asynchronous`` writes
with ``synchronous=OFF``, which must be noticed.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from write_facts import COMMITS, Tally, judge, write_commit  # noqa: E402

from pinwise.knowledge import database  # noqa: E402  # after the path is set
from pinwise.knowledge.store import open_store  # noqa: E402
from pinwise.model.errors import StoreFailure  # noqa: E402
from pinwise.model.names import NormalizedName, normalise  # noqa: E402

PROJECTS = 12
_LAYER = "noting"
SECTOR = 512  # bytes that a disk writes whole


@dataclass(frozen=True, slots=True)
class Event:
    """Something done to a file ("write", "truncate", "delete", "sync"), or a commit that was acknowledged."""

    what: str
    file: str
    start: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Journal:
    """All that was done, in order."""

    events: list[Event] = field(default_factory=list)


class NotingVFS(apsw.VFS):
    """The system's own way to files, with every change noted."""

    def __init__(self, name: str, journal: Journal) -> None:
        self.journal = journal
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "NotingFile":  # noqa: D102, N802  # apsw's name
        return NotingFile(self.journal, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: D102, FBT001, N802  # as above
        self.journal.events.append(Event("delete", Path(name).name))
        super().xDelete(name, syncdir)


class NotingFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, journal: Journal, name: Any, flags: list[int]) -> None:
        self._journal = journal
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name
        super().__init__("", name, flags)

    def _note(self, what: str, start: int = 0, data: bytes = b"") -> None:
        self._journal.events.append(Event(what, self._name, start, data))

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: D102, N802  # as above
        self._note("write", offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: D102, N802  # as above
        self._note("truncate", newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: D102, N802  # as above
        self._note("sync")
        super().xSync(flags)


class Connected:
    """An `apsw` connection in the form in which the store uses SQLite."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.text_factory: Callable[[bytes], object] = bytes.decode

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> apsw.Cursor:
        """Run one statement."""
        return self._connection.execute(statement, tuple(values))

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each row of values."""
        return self._connection.executemany(statement, (tuple(row) for row in values))

    def blobopen(self, table: str, column: str, row: int, /) -> apsw.Blob:
        """Open one value of a row to be written in place."""
        return self._connection.blob_open("main", table, column, row, True)  # noqa: FBT003  # apsw's form

    def rollback(self) -> None:
        """Take back the transaction, if there is one."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close it."""
        self._connection.close()


@contextmanager
def noted(journal: Journal, *, is_asynchronous: bool) -> Iterator[None]:
    """Let the store write through the noting layer."""
    layer = NotingVFS(_LAYER, journal)
    synchronous = "OFF" if is_asynchronous else "FULL"

    def connect(path: Path, mode: str) -> Connected:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
        return Connected(apsw.Connection(f"{path.absolute().as_uri()}?mode={mode}", flags=flags, vfs=_LAYER))

    def open_writer(path: Path) -> Connected:
        connection = connect(path, "rw")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA wal_autocheckpoint = 50")  # so that cuts fall into checkpoints, too
        return connection

    def open_reader(path: Path) -> Connected:
        return connect(
            path, "ro"
        )  # not by Python's own SQLite: two of them in a process spoil each other's locks

    names = vars(database)  # the module that opens a store
    usual = {name: names[name] for name in ("open_reader", "open_writer")}
    names.update(open_reader=open_reader, open_writer=open_writer)
    try:
        yield
    finally:
        names.update(usual)
        layer.unregister()


def record(path: Path, *, is_asynchronous: bool) -> tuple[dict[str, bytes], list[Event]]:
    """Write facts and return the files before, and all that was done since."""
    open_store(path).close()
    before = {path.name: path.read_bytes()}
    journal = Journal()
    with noted(journal, is_asynchronous=is_asynchronous):
        for part in range(3):  # opened three times, as runs do: closing folds the log back and seals
            with open_store(path) as store:
                for number in range(part, PROJECTS, 3):
                    for commit in range(1, COMMITS + 1):
                        name = normalise(f"round-{number}")
                        write_commit(store, name, commit)
                        journal.events.append(Event("acknowledged", name, commit))
    return before, journal.events


def image(before: dict[str, bytes], events: Sequence[Event], chance: random.Random) -> dict[str, bytes]:
    """Return what the disk may hold when the power fails after these events."""
    synced = {
        name: max((k for k, e in enumerate(events) if e.what == "sync" and e.file == name), default=-1)
        for name in {event.file for event in events}
    }
    held = {name: bytearray(content) for name, content in before.items()}
    for number, event in enumerate(events):
        is_certain = number < synced.get(event.file, -1)
        match event.what:
            case "write":
                _write(held.setdefault(event.file, bytearray()), event, None if is_certain else chance)
            case "truncate" if is_certain or chance.random() < 0.5:
                del held.setdefault(event.file, bytearray())[event.start :]
            case "delete" if is_certain or chance.random() < 0.5:
                held.pop(event.file, None)
    return {name: bytes(content) for name, content in held.items() if not name.endswith("-shm")}


def _write(content: bytearray, event: Event, chance: random.Random | None) -> None:
    """Write an event's bytes, or, where `chance` is given, some sectors of them."""
    for start in range(0, len(event.data), SECTOR):
        part = event.data[start : start + SECTOR]
        place = event.start + start
        if len(content) < place:
            content.extend(bytes(place - len(content)))
        if chance is None or chance.random() < 0.5:
            content[place : place + len(part)] = part


def acknowledged(events: Sequence[Event]) -> dict[NormalizedName, int]:
    """Return the last acknowledged commit of each project."""
    return {normalise(event.file): event.start for event in events if event.what == "acknowledged"}


def main() -> int:
    """Cut the power and say what was left."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--asynchronous", action="store_true", help="write with synchronous=OFF")
    asked = parser.parse_args()
    chance, tally, seen = random.Random(asked.seed), Tally(), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "kb.sqlite"
        before, events = record(path, is_asynchronous=asked.asynchronous)
        for _ in range(asked.images):
            cut = chance.randrange(len(events) + 1)
            for left_over in folder.glob("kb.sqlite*"):
                left_over.unlink()
            for file, content in image(before, events[:cut], chance).items():
                (folder / file).write_bytes(content)
            try:
                judge(path, acknowledged(events[:cut]), tally)
            except StoreFailure as failure:
                seen["do not open"] += 1
                print(f"cut after {cut} events: {failure}", file=sys.stderr)
    print(
        f"{asked.images} cuts in {len(events)} events, {tally.acknowledged} commits acknowledged, "
        f"{tally.lost} lost, {tally.half} projects half written, {seen['do not open']} stores do not open"
    )
    return 1 if tally.lost or tally.half or seen["do not open"] else 0


if __name__ == "__main__":
    sys.exit(main())
