"""Dumps: files that carry facts of many projects from one knowledge base to another.

The first line says the version of the format, and the size and SHA-256 of what follows: a gzip stream of one
line for each project (`pinwise.knowledge.dump_lines`), in the order of their names. The digest is compared
before anything is unpacked.
"""

import gzip
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import BinaryIO, cast

from pinwise.actions.bulk import ProjectFacts, is_of_the_web
from pinwise.indexes.unpacking import Unpacker, UnpackingError
from pinwise.knowledge.bulk import BulkStore, open_bulk_store
from pinwise.knowledge.copying import copy_store
from pinwise.knowledge.dump_lines import DumpPlace, parse_line, render_line
from pinwise.knowledge.files import is_ours, synchronise
from pinwise.model.errors import OutputError, StoreFailure, UsageError
from pinwise.model.limits import Limits

FORMAT = 1
"""The version of the format that is written and read."""

_NAME = b"pinwise-dump "
_HEADER = re.compile(rb"pinwise-dump ([1-9][0-9]{0,8})(?: size=([0-9]{1,18}) sha256=([0-9a-f]{64}))?.*\n")
_LONGEST_HEADER = 1_000
_STEP = 2**20
_IN_MEMORY = 2**24
_LEVEL = 9
_AGAIN = "export it again; nothing was changed"


def write_dump(path: Path, facts: Iterable[ProjectFacts], *, is_dry: bool = False) -> int:
    """Write a dump, whole or not at all, and return how many bytes are packed in it.

    A file that is there is replaced; with `is_dry` none is written. Equal facts give equal bytes.

    Raises:
        UsageError: The file that is there is no dump.
        OutputError: It cannot be written.
    """
    _spare_others(path)
    target = Path(os.path.realpath(path))
    made = target.with_name(f"{target.name}.new")
    try:
        with cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY)) as packed:
            _pack(facts, packed)
            size = packed.tell()
            if is_dry:
                return size
            try:
                with made.open("wb") as file:
                    _write(packed, file)
                made.replace(target)
            finally:
                with suppress(OSError):
                    made.unlink(missing_ok=True)
        synchronise(target.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(
            f"the dump `{path}` cannot be written: {reason}", hint="name another file with `-o FILE`"
        ) from error
    return size


def _spare_others(path: Path) -> None:
    """Replace nothing but dumps."""
    if path.is_file() and path.stat().st_size:
        with _readable(path), path.open("rb") as file:
            is_dump = file.read(len(_NAME)) == _NAME
        if not is_dump:
            raise UsageError(
                f"`{path}` is there and is no dump; it is left as it is",
                hint="name another file with `-o FILE`",
            )


def _pack(facts: Iterable[ProjectFacts], packed: BinaryIO) -> None:
    """Pack facts in such a way that no time, file name or system gets into the bytes."""
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=packed, mtime=0) as stream:
        for each in facts:
            stream.write(render_line(each))


def _write(packed: BinaryIO, file: BinaryIO) -> None:
    size = packed.tell()
    digest = _digest(packed, 0)
    packed.seek(0)
    file.write(b"%b%d size=%d sha256=%b\n" % (_NAME, FORMAT, size, digest.encode("ascii")))
    shutil.copyfileobj(packed, file, _STEP)
    file.flush()
    os.fsync(file.fileno())


def _digest(file: BinaryIO, start: int) -> str:
    file.seek(start)
    digest = hashlib.sha256()
    while chunk := file.read(_STEP):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def open_facts(path: Path, limits: Limits) -> Iterator[Iterator[ProjectFacts]]:
    """Give the facts of a dump, or of a knowledge base file, in the order of the names of their projects.

    Both are read in the same way: of a knowledge base the dump is read that it would make.

    Raises:
        UsageError: The file is neither, or not whole, or breaks a limit: now, or while its facts are read.
        StoreFailure: It is a knowledge base that cannot be read.
    """
    if is_ours(path):
        with _of_knowledge_base(path, limits) as given:
            yield given
        return
    with _open(path) as file:
        yield _in_order(_parsed(path, _lines(path, file, limits), limits), path)


def _open(path: Path) -> BinaryIO:
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`", hint="name a dump that `pinwise kb export` wrote")
    with _readable(path):
        return path.open("rb")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(
            f"`{path}` cannot be read: {reason}", hint="check the path and its permissions"
        ) from error


@contextmanager
def _of_knowledge_base(path: Path, limits: Limits) -> Iterator[Iterator[ProjectFacts]]:
    """Give the facts of a copy: the file itself is not brought up to date, and may be written meanwhile."""
    with TemporaryDirectory(prefix="pinwise-") as folder:
        with _sound(path):
            copy = Path(folder) / "kb.sqlite"
            copy_store(path, copy)
            store = open_bulk_store(copy)
        try:
            yield _parsed(path, _told(path, store), limits)
        finally:
            store.close(is_done=False)


def _told(path: Path, store: BulkStore) -> Iterator[bytes]:
    """Yield the lines of the dump that a store would make."""
    with _sound(path):
        for name, index in store.subjects():
            if is_of_the_web(index):
                yield render_line(store.facts(index, name))


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Say of which file it is where a copy turns out to be damaged."""
    try:
        yield
    except StoreFailure as failure:
        raise UsageError(
            f"the knowledge base `{path}` cannot be read, or is damaged; nothing was changed",
            hint=f"`pinwise kb verify --kb {path}` keeps what is sound of it; then try again",
        ) from failure


def _parsed(path: Path, lines: Iterable[bytes], limits: Limits) -> Iterator[ProjectFacts]:
    for number, line in enumerate(lines, 1):
        yield parse_line(line, DumpPlace(path, number, limits))


def _in_order(given: Iterable[ProjectFacts], path: Path) -> Iterator[ProjectFacts]:
    """Yield facts, each project of an index once."""
    last = ("", "")
    for facts in given:
        place = (str(facts.name), facts.index)
        if place <= last:
            raise _wrong(path, f"has `{facts.name}` in the wrong place, or twice", line=facts.place[1])
        last = place
        yield facts


def _lines(path: Path, file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    """Return the lines of a dump that is whole, each with its end."""
    with _readable(path):
        file.seek(_check(path, file, limits))
    return _unpacked_lines(path, file, limits)


def _check(path: Path, file: BinaryIO, limits: Limits) -> int:
    """Hold a file to what its first line says; return where that ends."""
    size = file.seek(0, os.SEEK_END)
    if size > limits.dump_bytes:
        raise _wrong(path, f"is larger than {limits.dump_bytes:,} bytes", hint=_raise("dump_bytes"))
    file.seek(0)
    first = file.readline(_LONGEST_HEADER)
    header = _HEADER.fullmatch(first)
    if header is None:
        raise _wrong(
            path,
            "is none: it begins in another way",
            hint="name a dump that `pinwise kb export` wrote, or a knowledge base",
        )
    if int(header[1]) > FORMAT:
        raise _wrong(
            path,
            f"is of version {int(header[1])}, and only {FORMAT} is understood",
            hint="it was written by a newer pinwise: upgrade this one, or export it with this one",
        )
    if header[2] is None:
        raise _wrong(path, "does not say its size and digest")
    whole, there = int(header[2]), size - len(first)
    if there != whole:
        what = "is cut off" if there < whole else "has something behind its end"
        raise _wrong(path, f"{what}: it should hold {whole:,} bytes and holds {there:,}")
    if _digest(file, len(first)) != header[3].decode("ascii"):
        raise _wrong(path, "is not what was exported: its SHA-256 is another one")
    return len(first)


def _unpacked_lines(path: Path, file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    rest = bytearray()
    total = 0
    for step in _unpacked(path, file, limits):
        total += len(step)
        if total > limits.dump_text_bytes:
            what = f"unpacks to more than {limits.dump_text_bytes:,} bytes"
            raise _wrong(path, what, hint=_raise("dump_text_bytes"))
        begin = 0
        while (end := step.find(b"\n", begin)) >= 0:
            yield bytes(rest) + step[begin : end + 1]
            rest.clear()
            begin = end + 1
        rest += step[begin:]
        if len(rest) > limits.page_bytes:
            what = f"has a project of more than {limits.page_bytes:,} bytes"
            raise _wrong(path, what, hint=_raise("page_bytes"))
    if rest:
        raise _wrong(path, "ends in the middle of a line")


def _unpacked(path: Path, file: BinaryIO, limits: Limits) -> Iterator[bytes]:
    unpacker = Unpacker("gzip", limits.unpack_ratio)
    try:
        while chunk := _chunk(path, file):
            yield from unpacker.feed(chunk)
        unpacker.finish()
    except UnpackingError as error:
        raise _wrong(path, f"is a file {error}") from None


def _chunk(path: Path, file: BinaryIO) -> bytes:
    with _readable(path):
        return file.read(_STEP)


def _raise(limit: str) -> str:
    return f"if you trust who made it, raise the setting `{limit}`"


def _wrong(path: Path, what: str, *, line: int | None = None, hint: str = _AGAIN) -> UsageError:
    return UsageError(f"this dump {what}", file=path, line=line, hint=hint)
