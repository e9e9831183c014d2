"""The limits of what comes from outside as settings: what each means to a user, and its default in words."""

from pinwise.model.limits import MEBIBYTE, Limits
from pinwise.settings.kinds import Kind

_DEFAULTS = Limits()

LIMITS: tuple[tuple[str, Kind, str], ...] = (
    ("connect_timeout", Kind.SECONDS, "How long a connection to an index may take to open."),
    ("read_timeout", Kind.SECONDS, "How long an index may be silent before and during an answer."),
    (
        "fetch_timeout",
        Kind.SECONDS,
        "How long a page or a metadata file may take as a whole, with all attempts and redirections.",
    ),
    (
        "file_timeout",
        Kind.SECONDS,
        "How long a wheel or sdist may take that must be downloaded whole to learn its metadata.",
    ),
    (
        "slowest_rate",
        Kind.COUNT,
        "Bytes per second below which an answer is given up, once it has taken longer than `read_timeout`.",
    ),
    (
        "retries",
        Kind.COUNT,
        "How often a fetch is tried again after a failure that may pass, each time after a longer while.",
    ),
    ("backoff", Kind.SECONDS, "How long we wait before the first retry; then twice as long, and so on."),
    (
        "retry_after",
        Kind.SECONDS,
        "How long we wait, for one fetch, when an index asks us to wait (`Retry-After`).",
    ),
    ("redirects", Kind.COUNT, "How many redirections are followed; never to another scheme but https."),
    ("connections", Kind.COUNT, "How many connections to one host are open at a time."),
    ("page_bytes", Kind.COUNT, "The largest index page that is read, in bytes."),
    ("page_files", Kind.COUNT, "The most files that an index page may list."),
    (
        "entry_length",
        Kind.COUNT,
        "The most characters of a requirement, marker, version or specifier in metadata and manifests.",
    ),
    ("marker_depth", Kind.COUNT, "How deep parentheses may be nested in one of them; at most 200."),
    ("toml_depth", Kind.COUNT, "How deep the tables and arrays of a manifest may be nested."),
    ("yaml_depth", Kind.COUNT, "How deep the lists and mappings of a `.thoth.yaml` may be nested."),
    ("json_depth", Kind.COUNT, "How deep the JSON of an index page may be nested."),
    ("version_length", Kind.COUNT, "The longest version in a file's name; the file is left out otherwise."),
    (
        "specifier_length",
        Kind.COUNT,
        "The longest Requires-Python of a file on a page; the file is left out otherwise.",
    ),
    ("metadata_bytes", Kind.COUNT, "The largest metadata file that is read, in bytes."),
    (
        "file_bytes",
        Kind.COUNT,
        "The largest wheel or sdist that is downloaded whole to learn its metadata, in bytes.",
    ),
    ("archive_members", Kind.COUNT, "The most files that a wheel or sdist may hold."),
    (
        "member_bytes",
        Kind.COUNT,
        "The most bytes that are read of one file in a wheel or sdist, whatever its header says.",
    ),
    ("unpacked_bytes", Kind.COUNT, "The most bytes that an sdist may unpack to."),
    (
        "unpack_ratio",
        Kind.COUNT,
        "How many times its size a page, an sdist or a dump may unpack to; the first MiB is free.",
    ),
    ("dump_bytes", Kind.COUNT, "The largest dump that `pinwise kb import` reads, in bytes."),
    ("dump_text_bytes", Kind.COUNT, "The most bytes of text that a dump may unpack to."),
)


def default_of(name: str) -> str:
    """Return the default of a limit in words."""
    value = getattr(_DEFAULTS, name)
    if name.endswith("_bytes"):
        return f"{value} ({value // MEBIBYTE} MiB)"
    return f"{value:g}" if isinstance(value, float) else str(value)
