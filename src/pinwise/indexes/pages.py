"""Pages of an index -> page facts: JSON (PEP 691, 700, 658/714, 592, 792) and HTML (PEP 503, 629).

A page is read in two steps: `read_listing` gives its files as they are listed, `to_project` sorts them into
releases. One bad file is a `Skip` with its reason; a page that is no index page is an `IndexFailure`.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, NoReturn
from urllib.parse import unquote, urljoin

from packaging.utils import canonicalize_name
from packaging.version import Version

from pinwise.formats.entries import parse_specifiers
from pinwise.indexes.filenames import LONGEST_VERSION, belongs_to, is_distribution, parse_filename
from pinwise.indexes.html import StartTag, UnfinishedTagError, start_tags
from pinwise.indexes.json_text import BrokenJsonError, read_json
from pinwise.indexes.plain import host_of, plain
from pinwise.model.errors import IndexFailure
from pinwise.model.facts import File, Project, Release, Skip
from pinwise.model.limits import Limits, limit_hint
from pinwise.model.names import NormalizedName

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
ACCEPT = f"{JSON_TYPE}, {HTML_TYPE};q=0.2, text/html;q=0.1"

_JSON_TYPES = frozenset({JSON_TYPE, "application/vnd.pypi.simple.latest+json", "application/json"})
_HTML_TYPES = frozenset(
    {HTML_TYPE, "application/vnd.pypi.simple.latest+html", "text/html", "application/xhtml+xml"}
)
_STATUSES = frozenset({"active", "archived", "quarantined", "deprecated"})
_LONGEST_URL = 4_000
_OBJECTS = 6  # of JSON, for each file
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.ASCII)
_NARROW_CHARSETS = frozenset({"iso-8859-1", "iso8859-1", "latin-1", "latin1", "windows-1252", "cp1252"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_USER = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)
_HOST = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^/?#\[\]:@\\]+)(?::\d{1,5})?(?:[/?]|$)", re.IGNORECASE)
_USUAL_FILE = re.compile(r"\w[\w.+-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SHA256_FRAGMENT = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)")


class PageSource(NamedTuple):
    """Where a page comes from.

    Attributes:
        url: The address at which it was found in the end; links are relative to it.
        index_url: The URL of the index, without credentials.
        name: The project that was asked for; None for a list of many projects' files.
        limits: What it may hold.
    """

    url: str
    index_url: str
    name: NormalizedName | None = None
    limits: Limits = Limits()

    @property
    def words(self) -> str:
        """What a message calls the page."""
        what = "the list of files" if self.name is None else f"the page of `{self.name}`"
        return f"{what} on `{host_of(self.index_url)}`"


class Listing(NamedTuple):
    """What one page lists: files whose names are not yet read (their `tags` are empty)."""

    files: tuple[File, ...]
    skipped: tuple[Skip, ...] = ()
    status: str = "active"


class _UnreadableLinkError(Exception):
    """One link of a page cannot be used; the message is the reason."""


def read_listing(body: bytes, content_type: str, source: PageSource) -> Listing:
    """Read a page by its content type.

    Raises:
        IndexFailure: It is no index page, speaks a version that we do not, or is another project's.
    """
    kind, _, _ = content_type.partition(";")
    kind = kind.strip().lower()
    if kind in _JSON_TYPES:
        listing = _read_json(body, source)
    elif kind in _HTML_TYPES:
        charset = _CHARSET.search(content_type)
        listing = _read_html(_decode(body, charset[1] if charset else "utf-8"), source)
    elif kind.startswith("application/vnd.pypi.simple."):
        _refuse(source, f"is of the kind `{plain(kind)}`, and only version 1 is understood")
    else:
        _refuse(source, f"is of the kind `{plain(kind) or 'unknown'}`, which is no index page")
    return listing


def to_project(
    listing: Listing,
    name: NormalizedName,
    index: str,
    *,
    is_shared: bool = False,
    version_length: int = LONGEST_VERSION,
) -> Project:
    """Sort the files of a listing into the releases of one project.

    Args:
        listing: What the page lists.
        name: The project.
        index: The URL of the index.
        is_shared: Whether the page lists files of other projects too, which are then no findings.
        version_length: How many characters a version may have.
    """
    releases: dict[Version, dict[str, tuple[Version, File]]] = {}
    skipped = [] if is_shared else list(listing.skipped)
    for file in listing.files:
        if is_shared and not belongs_to(file.filename, name):
            continue
        named = parse_filename(file.filename, name, version_length=version_length)
        if isinstance(named, Skip):
            skipped.append(named)
        elif named is not None:
            files = releases.setdefault(named.version, {})
            _, first = files.setdefault(file.filename, (named.version, file._replace(tags=named.tags)))
            if first.sha256 != file.sha256:
                skipped.append(Skip(plain(file.filename), "the page lists it twice, with different digests"))
    ordered = tuple(_release(releases[version].values()) for version in sorted(releases))
    return Project(name, index, ordered, tuple(skipped), listing.status)


def _release(files: Collection[tuple[Version, File]]) -> Release:
    """Return a release that is the same in whatever order the page lists its files.

    Equal versions may be spelt differently (``1.0`` and ``1.0.0``): the shortest spelling names the release.
    """
    version, _ = next(iter(files))
    if any(other is not version for other, _ in files):
        version = min((each for each, _ in files), key=lambda each: (len(str(each)), str(each)))
    return Release(version, tuple(sorted((file for _, file in files), key=lambda file: file.filename)))


def _refuse(source: PageSource, what: str, hint: str | None = None) -> NoReturn:
    raise IndexFailure(
        f"{source.words} {what}",
        hint=hint
        or "check that the address is the one of a package index that speaks the simple API, version 1",
    )


# --- JSON


def _read_json(body: bytes, source: PageSource) -> Listing:
    try:
        page = read_json(body, depth=source.limits.json_depth, objects=_OBJECTS * source.limits.page_files)
    except BrokenJsonError as error:
        _refuse(source, str(error))
    return json_listing(page, source)


def json_listing(page: object, source: PageSource) -> Listing:
    """Read a page of which only the JSON was read; see `read_listing`."""
    meta = page.get("meta") if isinstance(page, dict) else None
    version = meta.get("api-version") if isinstance(meta, dict) else None
    if not isinstance(version, str):
        _refuse(source, "does not say which version of the simple API it speaks")
    _check_api_version(version, source)
    assert isinstance(page, dict), "it has a version"
    name, files = page.get("name"), page.get("files")
    if not isinstance(files, list):
        _refuse(source, "has no list of files")
    if source.name is not None and (
        not isinstance(name, str) or canonicalize_name(name[:300]) != source.name
    ):
        _refuse(source, f"is the page of `{plain(name, 80)}`")
    _hold_to_count(len(files), source)
    status = page.get("project-status")
    status = status.get("status") if isinstance(status, dict) else None
    return _listing((_json_file(file, source) for file in files), status)


def _hold_to_count(files: int, source: PageSource) -> None:
    if files > source.limits.page_files:
        _refuse(source, f"lists more than {source.limits.page_files:,} files", limit_hint("page_files"))


def _check_api_version(version: str, source: PageSource) -> None:
    major = version.partition(".")[0]
    if major != "1":
        _refuse(source, f"speaks version {plain(version, 20)} of the simple API, and only 1 is understood")


def _json_file(entry: object, source: PageSource) -> File | Skip | None:
    if not isinstance(entry, dict):
        return Skip("a file without a name", "its entry is no object")
    filename = entry.get("filename")
    if not isinstance(filename, str):
        return Skip("a file without a name", "its entry has no file name")
    hashes, url, size = entry.get("hashes"), entry.get("url"), entry.get("size")
    yanked = entry.get("yanked")
    facts = _Facts(
        filename=filename,
        url=url if isinstance(url, str) else "",
        sha256=hashes.get("sha256") if isinstance(hashes, dict) else None,
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63 else None,
        uploaded=entry.get("upload-time"),
        requires_python=entry.get("requires-python"),
        yanked=None if not yanked else plain(yanked) if isinstance(yanked, str) else "",
        metadata=_json_metadata(entry.get("core-metadata", entry.get("dist-info-metadata"))),
    )
    return _to_file(facts, source.url, source)


def _json_metadata(offer: object) -> str | None:
    if isinstance(offer, dict):
        digest = offer.get("sha256")
        return digest.lower() if isinstance(digest, str) and _SHA256.fullmatch(digest) else ""
    return "" if offer is True else None


# --- HTML


def _decode(body: bytes, charset: str) -> str:
    """Return the text of a page: in one of the charsets that pages have, or in UTF-8 whatever they claim.

    Among the codecs that any name may pick there are some that take quadratic time (``punycode``).
    """
    is_narrow = charset.lower() in _NARROW_CHARSETS
    return body.decode("cp1252" if is_narrow else "utf-8", errors="replace")


def _read_html(text: str, source: PageSource) -> Listing:
    base: str | None = None
    status: object = None
    anchors: list[dict[str, str]] = []
    try:
        for tag in start_tags(text):
            match tag:
                case StartTag("a", {"href": _} as attributes):
                    anchors.append(attributes)
                    _hold_to_count(len(anchors), source)
                case StartTag("base", {"href": href}) if base is None:
                    base = _base(href, source)
                case StartTag("meta", {"name": "pypi:repository-version", "content": version}):
                    _check_api_version(version, source)
                case StartTag("meta", {"name": "pypi:project-status", "content": content}):
                    status = content
    except UnfinishedTagError:
        _refuse(source, "ends in the middle")
    return _listing((_html_file(attributes, base or source.url, source) for attributes in anchors), status)


def _base(href: str, source: PageSource) -> str:
    try:
        return _resolve(href, source.url, source.index_url)
    except _UnreadableLinkError as error:
        _refuse(source, f"has a base address that cannot be used: {error}")


def _html_file(attributes: Mapping[str, str], base: str, source: PageSource) -> File | Skip | None:
    href, _, fragment = attributes["href"].partition("#")
    digest = _SHA256_FRAGMENT.search(fragment)
    offer = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    yanked = attributes.get("data-yanked")
    facts = _Facts(
        filename=unquote(href.partition("?")[0].rpartition("/")[2]),
        url=href,
        sha256=digest[1] if digest else None,
        size=None,
        uploaded=attributes.get("data-upload-time"),
        requires_python=attributes.get("data-requires-python"),
        yanked=None if yanked is None else plain(yanked),
        metadata="?" if offer is None else _html_metadata(offer),
    )
    return _to_file(facts, base, source)


def _html_metadata(offer: str) -> str | None:
    if offer.lower() == "false":
        return None
    digest = _SHA256_FRAGMENT.search(offer)
    return digest[1].lower() if digest else ""


# --- one file of either


class _Facts(NamedTuple):
    """What a page says of one file, not yet checked."""

    filename: str
    url: str
    sha256: object
    size: int | None
    uploaded: object
    requires_python: object
    yanked: str | None
    metadata: str | None


def _listing(files: Iterable[File | Skip | None], status: object) -> Listing:
    read: list[File] = []
    skipped: list[Skip] = []
    for file in files:
        if isinstance(file, Skip):
            skipped.append(file)
        elif file is not None:
            read.append(file)
    known = status if isinstance(status, str) and status in _STATUSES else "active"
    return Listing(tuple(read), tuple(skipped), known)


def _to_file(facts: _Facts, base: str, source: PageSource) -> File | Skip | None:
    if not is_distribution(facts.filename):
        return None
    try:
        return File(
            filename=_checked_filename(facts.filename),
            url=_resolve(facts.url, base, source.index_url),
            sha256=_checked_digest(facts.sha256),
            size=facts.size,
            uploaded=_seconds(facts.uploaded) if isinstance(facts.uploaded, str) else None,
            requires_python=_checked_specifier(facts.requires_python, source.limits.specifier_length),
            yanked=facts.yanked,
            metadata=facts.metadata,
            tags="",
        )
    except _UnreadableLinkError as error:
        return Skip(plain(facts.filename) or "a file without a name", str(error))


def _checked_filename(filename: str) -> str:
    if not filename.isprintable() or "/" in filename or "\\" in filename:
        raise _UnreadableLinkError("its name holds characters that no file name may hold")
    return filename


def _checked_digest(digest: object) -> str | None:
    if digest is None:
        return None
    if not isinstance(digest, str) or _SHA256.fullmatch(digest) is None:
        raise _UnreadableLinkError("its SHA-256 is not a digest")
    return digest.lower()


def _checked_specifier(text: object, longest: int) -> str | None:
    if text is None or (isinstance(text, str) and not text.strip()):
        return None
    if isinstance(text, str) and len(text) > longest:
        raise _UnreadableLinkError(f"its Requires-Python is longer than {longest:,} characters")
    if not isinstance(text, str) or not _is_specifier(text):
        raise _UnreadableLinkError(f"its Requires-Python `{plain(text, 80)}` is not a version specifier")
    return text.strip()


@lru_cache(maxsize=2**12)
def _is_specifier(text: str) -> bool:
    try:
        parse_specifiers(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> int | None:
    try:
        time = datetime.fromisoformat(text[:40])
        # In UTC a time may lie before the year 1 or after 9999, where nothing could write it down again.
        return int((time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _resolve(href: str, base: str, index: str) -> str:
    """Return the absolute address of a link, without credentials and fragment."""
    href = href.strip().replace(" ", "%20")
    if not href or len(href) > _LONGEST_URL or not href.isprintable():
        raise _UnreadableLinkError("its address cannot be read")
    if not href.startswith(("https://", "http://")):
        try:
            href = _joined(base, href)
        except ValueError:
            raise _UnreadableLinkError("its address cannot be read") from None
    scheme = _SCHEME.match(href)
    if scheme is None or scheme[1].lower() not in _allowed_schemes(index):
        found = plain(scheme[1], 20) if scheme else "no scheme"
        raise _UnreadableLinkError(f"its address (`{found}`) is none that this index may name")
    href = _USER.sub(r"\1", href.partition("#")[0])
    if scheme[1].lower() != "file" and _HOST.match(href) is None:
        raise _UnreadableLinkError("its address cannot be read")
    return href


def _joined(base: str, href: str) -> str:
    """Return a relative link as an address; the folder of a usual one is joined once for all its files."""
    folder, slash, file = href.rpartition("/")
    is_usual = slash and not folder.endswith("/") and "?" not in folder and "#" not in folder
    if is_usual and _USUAL_FILE.fullmatch(file) is not None:
        return _joined_folder(base, folder + slash) + file
    return urljoin(base, href)


@lru_cache(maxsize=2**10)
def _joined_folder(base: str, folder: str) -> str:
    return urljoin(base, folder)


def _allowed_schemes(index: str) -> tuple[str, ...]:
    """Return what a page may link to: never a file of this machine, and nothing less safe than the index."""
    if index.startswith("https://"):
        return ("https",)
    if index.startswith("http://"):
        return ("https", "http")
    return ("https", "http", "file")
