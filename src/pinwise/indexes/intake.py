"""Take in one answer under its limits: of size, of time, of how small it was packed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from pinwise.indexes.flows import Answer, Fetch
from pinwise.indexes.plain import host_of
from pinwise.indexes.unpacking import Unpacker
from pinwise.model.errors import FailureError, IndexFailure
from pinwise.model.limits import Limits, limit_hint

if TYPE_CHECKING:
    import httpx2

_IN_MEMORY = 2**20


@dataclass(frozen=True, slots=True)
class Watch:
    """What a request is held to while it runs.

    Attributes:
        end: When it is too late, by the clock.
        clock: Seconds that never go back.
        note: Told of the bytes that came in, each time some do; what it raises ends the request.
    """

    end: float
    clock: Callable[[], float]
    note: Callable[[int], None]


class Intake:
    """Reads the body of an answer."""

    def __init__(self, response: "httpx2.Response", fetch: Fetch, watch: Watch, limits: Limits) -> None:
        self._response = response
        self._fetch = fetch
        self._watch = watch
        self._limits = limits

    def answer(self) -> Answer:
        """Take in the answer, up to its limit."""
        body = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  # closed by the driver
        try:
            digest, is_cut = self._take_in(body)
        except OSError as error:  # of the file: the network has errors of its own
            body.close()
            raise FailureError(
                f"{self._fetch.what} cannot be kept while it is read: {error.strerror or error}",
                hint="is there room in the folder for temporary files (`TMPDIR`)?",
            ) from error
        except BaseException:
            body.close()
            raise
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        url = str(self._response.url)
        return Answer(self._response.status_code, url, headers, body, digest, is_cut)

    def _take_in(self, body: BinaryIO) -> tuple[str, bool]:
        """Write the body to a file; return its digest, and whether it is longer than its limit."""
        limit = self._limit()
        claimed = self._response.headers.get("content-length", "")
        if claimed.isascii() and claimed.isdigit() and int(claimed[:18]) > limit:
            return "", True
        digest, size = hashlib.sha256(), 0
        for chunk in self._unpacked():
            size += len(chunk)
            if size > limit:
                return "", True
            digest.update(chunk)
            if not self._fetch.is_for_digest:
                body.write(chunk)
        body.seek(0)
        return digest.hexdigest(), False

    def _limit(self) -> int:
        """Return how many bytes may come: of a part no more than was asked for."""
        span = self._fetch.span
        if self._response.status_code != HTTPStatus.PARTIAL_CONTENT or span is None:
            return self._fetch.limit
        first, end = span
        return -first if first < 0 else end - first

    def _unpacked(self) -> Iterator[bytes]:
        """Yield the body as it is meant; a file as it is stored, whatever a server calls its packing."""
        if self._fetch.is_file or self._response.status_code != HTTPStatus.OK:
            yield from self._received()
            return
        encoding = self._response.headers.get("content-encoding", "")
        unpacker = Unpacker(encoding, self._limits.unpack_ratio)
        for chunk in self._received():
            yield from unpacker.feed(chunk)
        unpacker.finish()

    def _received(self) -> Iterator[bytes]:
        """Yield the body as it comes in, unless that is too slow."""
        started, received = self._watch.clock(), 0
        for chunk in self._response.iter_raw():
            self._watch.note(len(chunk))
            received += len(chunk)
            passed = self._watch.clock() - started
            if passed > self._limits.read_timeout and received < self._limits.slowest_rate * passed:
                rate = f"less than {self._limits.slowest_rate:,} bytes per second"
                hint = limit_hint("slowest_rate", "lower")
                raise failure(self._fetch.url, self._fetch, f"sends {rate}", hint=hint)
            yield chunk


def failure(url: str, fetch: Fetch, reason: str, *, hint: str | None = None) -> IndexFailure:
    """Return the failure of whoever should have answered: who, how, and for what we asked."""
    return IndexFailure(
        f"`{host_of(url)}` {reason}, asked for {fetch.what}",
        hint=hint or "check the address of the index, and try again later",
    )
