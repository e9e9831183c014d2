"""The seal: a sum of every page of the file, so that damage is found wherever it lies.

The digests of rows say nothing about bytes that hold no row. A store that was written is therefore sealed
when it is closed: its log is folded back, and the CRC-32 of every page of the file is kept in one value of
the file itself. The first write breaks the seal, in the same transaction. A store without a seal (its writer
was killed, or others were reading) is as good as any; `kb verify` then sees damage of rows
and structure only.

The pages that hold the sums are summed without them. Two commits make a seal: the first reserves room, which
settles all pages; the second fills the room in place (incremental blob I/O touches nothing else).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import error, pack, unpack
from zlib import crc32

from pinwise.knowledge.connection import BUSY, Connection

LARGEST = 1 << 26
"""Bytes: a larger file is sealed when it is verified or rebuilt, not whenever it was written.

A seal reads the whole file: some 50 ms for one of this size, on every run that asks an index.
"""

_HEAD = 8  # bytes: the sum of what follows, the number of pages
_SUMS = 2  # the row that holds them; the first says whether they hold
_TABLE_LEAF = 13
_COUNTERS = ((24, 28), (92, 100))  # of the first page; SQLite counts commits there


def break_seal(connection: Connection) -> None:
    """Say, in the transaction of a write, that the sums do not hold any more."""
    connection.execute("UPDATE seal SET is_whole = 0 WHERE id = 1 AND is_whole")


def seal(connection: Connection, path: Path) -> bool:
    """Sum every page of the file and say whether that could be done; the caller holds the write lock."""
    if not _fold(connection):
        return False
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("SELECT length(sums) FROM seal WHERE id = 2").fetchone()
    room = _HEAD + 4 * pages
    with transaction(connection):
        connection.execute("UPDATE seal SET is_whole = 1 WHERE id = 1")
        if size < room:
            size = room + room // 4 + 256
            connection.execute("UPDATE seal SET sums = zeroblob(?) WHERE id = 2", (size,))
        else:
            _fill(connection, bytes(size))
    if not _fold(connection):
        return False
    sums = _sums(connection, path)
    body = pack(f"<I{len(sums)}I", len(sums), *sums)
    with transaction(connection):
        _fill(connection, (pack("<I", crc32(body)) + body).ljust(size, b"\0"))
    return _fold(connection)


def is_sealed(connection: Connection) -> bool:
    """Whether the store was sealed and not written since."""
    query = "SELECT flag.is_whole, substr(kept.sums, 1, 8) FROM seal AS flag, seal AS kept "
    row = connection.execute(f"{query} WHERE flag.id = 1 AND kept.id = 2").fetchone()
    return row is not None and row[0] == 1 and any(row[1])


def broken_pages(connection: Connection, path: Path) -> tuple[int, ...]:
    """Return the pages, counted from 1, that are not what was sealed; (0,) if the sums themselves are not.

    The store is sealed, and nobody writes it.
    """
    (kept,) = connection.execute("SELECT sums FROM seal WHERE id = 2").fetchone()
    pages = unpack("<I", kept[4:_HEAD])[0]
    body = kept[4 : _HEAD + 4 * pages]
    if len(body) != 4 + 4 * pages or crc32(body) != unpack("<I", kept[:4])[0] or any(kept[4 + len(body) :]):
        return (0,)
    try:
        found = _sums(connection, path)
    except (ValueError, IndexError, error):
        return (0,)
    pairs = zip_longest(unpack(f"<{pages}I", body[4:]), found)
    return tuple(number for number, (before, now) in enumerate(pairs, 1) if before != now)


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit what is done inside, or take all of it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        connection.rollback()  # does nothing after a commit


def _fold(connection: Connection) -> bool:
    """Fold the whole log back into the file and empty it; False where a reader is in the way."""
    connection.execute("PRAGMA busy_timeout = 0")
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {round(BUSY * 1000)}")
    return not busy


def _fill(connection: Connection, sums: bytes) -> None:
    with connection.blobopen("seal", "sums", 2) as blob:
        blob.write(sums)


def _sums(connection: Connection, path: Path) -> list[int]:
    """Return the sum of every page, without the spans that change on their own."""
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'seal'").fetchone()
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        spans = dict(_own_spans(content, root, page_size))
        spans[1] = [*spans.get(1, ()), *_COUNTERS]
        with memoryview(content) as view:
            return [
                _sum(view[start : start + page_size], spans.get(number, ()))
                for number, start in enumerate(range(0, len(content), page_size), 1)
            ]


def _sum(page: memoryview, left_out: Sequence[tuple[int, int]]) -> int:
    start = total = 0
    for begin, end in left_out:
        total, start = crc32(page[start:begin], total), end
    return crc32(page[start:], total)


def _own_spans(content: mmap, root: int, page_size: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield where the sums lie: the number of each of their pages, and the span of bytes in it.

    The file format: the table's only page has a cell for each of its two rows; what does not fit goes on in
    a chain of pages that begin with the number of the next one (https://www.sqlite.org/fileformat2.html).

    Raises:
        ValueError: It looks otherwise.
    """
    page = content[(root - 1) * page_size : root * page_size]
    if page[0] != _TABLE_LEAF or page[3:5] != b"\0\2":
        raise ValueError(root)
    start = int.from_bytes(page[10:12])  # of the second cell
    payload, start = _number(page, start)
    row, start = _number(page, start)
    local = _local_size(payload, page_size)
    begin = start + page[start]  # the record begins with the size of its header
    if row != _SUMS or begin > start + local:
        raise ValueError(root)
    yield root, [(begin, start + local)]
    left, number = payload - local, int.from_bytes(page[start + local : start + local + 4])
    while left > 0:
        taken = min(left, page_size - 4)
        yield number, [(4, 4 + taken)]
        left -= taken
        number = int.from_bytes(content[(number - 1) * page_size : (number - 1) * page_size + 4])


def _local_size(payload: int, page_size: int) -> int:
    """Return how many bytes of a row its own page holds."""
    most, least = page_size - 35, (page_size - 12) * 32 // 255 - 23
    if payload <= most:
        return payload
    fitting = least + (payload - least) % (page_size - 4)
    return fitting if fitting <= most else least


def _number(page: bytes, start: int) -> tuple[int, int]:
    """Return a number of variable length, seven bits a byte, and where it ends."""
    value = 0
    while True:
        more, bits = divmod(page[start], 128)
        value, start = value << 7 | bits, start + 1
        if not more:
            return value, start
