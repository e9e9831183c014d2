"""How much an index may send, and how long it may take: one table for all that is fetched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of an index at most, and what it may answer.

    Attributes:
        page: Bytes of a page, unpacked.
        metadata: Bytes of a metadata file.
        archive: Bytes of a wheel or sdist that must be downloaded whole.
        connections: Connections to one host.
        retries: How often a fetch is tried again after a passing failure (5xx, 429, a broken connection).
        backoff: Seconds before the first retry; doubled with each further one, with jitter.
        retry_after: Seconds that an index may ask us to wait (Retry-After); a longer wait is cut to this.
        connect, read: Seconds for a connection, and for the next bytes of an answer.
        deadline: Seconds for one attempt as a whole.
        redirects: How many redirections are followed.
    """

    page: int = 64 * 2**20
    metadata: int = 4 * 2**20
    archive: int = 100 * 2**20
    connections: int = 8
    retries: int = 3
    backoff: float = 0.25
    retry_after: float = 60.0
    connect: float = 10.0
    read: float = 15.0
    deadline: float = 120.0
    redirects: int = 5
