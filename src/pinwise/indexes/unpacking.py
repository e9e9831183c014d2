"""Unpack what was packed for the transfer, a little at a time: no answer becomes large at once."""

import zlib
from collections.abc import Callable, Iterator

from pinwise.indexes.plain import plain

STEP = 2**16
FREE = 2**20
"""Bytes that anything may unpack to, whatever its ratio: short answers of many blanks are no bombs."""

_GZIP = ("gzip", "x-gzip")
_WINDOWS = {"gzip": 31, "zlib": 15, "raw": -15}


class UnpackingError(Exception):
    """Something cannot be unpacked, or breaks a limit; the message says what is wrong with it."""


class Unpacker:
    """Undoes one Content-Encoding.

    Args:
        encoding: As the header says; the ones that we ask for, and none.
        ratio: How many times as large as it was sent the content may be.

    Raises:
        UnpackingError: It is packed in a way that was not asked for.
    """

    def __init__(self, encoding: str, ratio: int) -> None:
        kind = encoding.strip().lower()
        if kind not in ("", "identity", "deflate", *_GZIP):
            raise UnpackingError(f"packed in the way `{plain(kind, 40)}`, which was not asked for")
        self._is_packed = kind not in ("", "identity")
        self._window = "gzip" if kind in _GZIP else "zlib"
        self._ratio = ratio
        self._took = self._gave = 0
        self._stream: zlib._Decompress | None = None
        self._is_begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk unpacks to, in steps."""
        if not self._is_packed:
            yield chunk
            return
        self._took += len(chunk)
        while chunk:
            stream = self._current(chunk)
            self._is_begun = True
            step = _unpack(stream, chunk)
            chunk = stream.unconsumed_tail
            if stream.eof:
                chunk, self._stream = stream.unused_data, None
            self._count(len(step))
            yield step

    def finish(self) -> None:
        """Hold what came to being whole."""
        if self._is_packed and (self._stream is not None or not self._is_begun):
            raise UnpackingError("that ends in the middle")

    def _current(self, chunk: bytes) -> "zlib._Decompress":
        """Return what unpacks the next bytes; after the end of one stream another may begin (gzip only)."""
        if self._stream is None:
            if self._is_begun and self._window != "gzip":
                raise UnpackingError("with something behind its end")
            if self._window == "zlib" and chunk[0] & 0x0F != 8:  # noqa: PLR2004  # no header of zlib
                self._window = "raw"
            self._stream = zlib.decompressobj(_WINDOWS[self._window])
        return self._stream

    def _count(self, size: int) -> None:
        self._gave += size
        hold_to_ratio(self._took, self._gave, self._ratio, UnpackingError)


def _unpack(stream: "zlib._Decompress", chunk: bytes) -> bytes:
    try:
        return stream.decompress(chunk, STEP)
    except zlib.error:
        raise UnpackingError("that cannot be unpacked") from None


def hold_to_ratio(packed: int, unpacked: int, ratio: int, error: Callable[[str], Exception]) -> None:
    """Raise an error where something unpacks to more than a ratio of its size."""
    if unpacked > max(FREE, packed * ratio):
        raise error(f"that unpacks to more than {ratio:,} times its size")
