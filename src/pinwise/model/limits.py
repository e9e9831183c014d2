"""How much may come from outside, how long it may take, and how its texts may look: one table for all.

Each limit is a setting of the same name (`pinwise.settings.limits` says what it means to a user).
"""

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class TextLimits:
    """What a text from outside may be like, wherever it comes from.

    Attributes:
        entry_length: Characters of a requirement, a marker, a version, or a list of version specifiers.
        marker_depth: How deep parentheses may be nested in one of them.
        toml_depth: How deep the tables and arrays of a manifest in TOML may be nested.
        yaml_depth: How deep the lists and mappings of a file in YAML may be nested.
    """

    entry_length: int = 16_384
    marker_depth: int = 40
    toml_depth: int = 32
    yaml_depth: int = 32


USUAL = TextLimits()
"""What holds where nobody says anything else, and for the files that could say so."""

ACCEPTED = TextLimits(entry_length=2**31, marker_depth=2**31, toml_depth=2**31, yaml_depth=2**31)
"""For a text that was read before under the limits that hold."""


@dataclass(frozen=True, slots=True)
class Limits(TextLimits):
    """What is asked of an index at most, and what it may answer.

    Attributes:
        page_bytes: Bytes of a page, unpacked.
        page_files: Files that a page may list.
        metadata_bytes: Bytes of a metadata file.
        file_bytes: Bytes of a wheel or sdist that must be downloaded whole.
        archive_members: Files in a wheel or sdist.
        member_bytes: Bytes that are read of one file in a wheel or sdist.
        unpacked_bytes: Bytes that an sdist may unpack to.
        unpack_ratio: How many times as large as it was sent a page, an sdist or a dump
            may unpack to.
        dump_bytes: Bytes of a dump that is imported.
        dump_text_bytes: Bytes of text that a dump may unpack to.
        json_depth: How deep a page's JSON may be nested.
        version_length, specifier_length: Characters of a version and of a Requires-Python on a page.
        connections: Connections to one host.
        connect_timeout: Seconds for a connection.
        read_timeout: Seconds of silence before and during an answer.
        fetch_timeout: Seconds for a page or a metadata file, with all attempts and redirections.
        file_timeout: Seconds for a wheel or sdist that is downloaded whole, likewise.
        slowest_rate: Bytes per second below which an answer is given up, after `read_timeout` seconds.
        redirects: How many redirections are followed.
        retries: How often a fetch is tried again after a passing failure (5xx, 429, a broken connection).
        backoff: Seconds before the first retry; doubled with each further one, with jitter.
        retry_after: Seconds that an index may ask us to wait (Retry-After), in all for one fetch.
    """

    page_bytes: int = 32 * MEBIBYTE
    page_files: int = 100_000
    metadata_bytes: int = 4 * MEBIBYTE
    file_bytes: int = 100 * MEBIBYTE
    archive_members: int = 100_000
    member_bytes: int = 4 * MEBIBYTE
    unpacked_bytes: int = 512 * MEBIBYTE
    unpack_ratio: int = 200
    dump_bytes: int = 1024 * MEBIBYTE
    dump_text_bytes: int = 16 * 1024 * MEBIBYTE
    json_depth: int = 32
    version_length: int = 200
    specifier_length: int = 300
    connections: int = 8
    connect_timeout: float = 5.0
    read_timeout: float = 10.0
    fetch_timeout: float = 30.0
    file_timeout: float = 300.0
    slowest_rate: int = 1024
    redirects: int = 3
    retries: int = 3
    backoff: float = 0.25
    retry_after: float = 60.0


def limit_hint(name: str, change: str = "raise") -> str:
    """Return what to do where an index that one trusts needs more than a limit allows."""
    return f"try again later; for an index that you trust, {change} the setting `{name}`"
