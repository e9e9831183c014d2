"""Read a ``Pipfile.lock`` as pipenv writes it (specification 6)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from packaging.version import Version

from pinwise.formats.entries import parse_index, shown
from pinwise.formats.lock_text import without_credentials
from pinwise.formats.pipfile_lock import PIPFILE_SPEC
from pinwise.formats.present.entry import Entry, in_order
from pinwise.model.errors import ManifestError
from pinwise.model.lock import LockFormat, PresentLock, PresentPin
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP, Index, Place

REPOSITORIES = ("git", "hg", "svn", "bzr")


def read_pipfile_lock(text: str, file: str) -> PresentLock:
    """Return what a `Pipfile.lock` says, its index names resolved to URLs.

    Raises:
        ManifestError: It is no JSON, of another specification, or an entry cannot be understood.
    """
    content = _parse(text, file)
    head = Entry(file, "_meta")
    meta = head.table(content.pop("_meta", None), "the content")
    _check_specification(meta.get("pipfile-spec", PIPFILE_SPEC), head)
    sources = dict(_sources(head.tables(meta.get("sources"), "the sources"), head))
    merged: dict[PresentPin, list[str]] = {}
    for group, entries in content.items():
        for name, entry in Entry(file, group).table(entries, "the content").items():
            pin = _pin(Entry(file, name), entry, sources)
            merged.setdefault(pin, []).append(group)
    pins = (replace(pin, groups=_ordered(groups)) for pin, groups in merged.items())
    return PresentLock(
        LockFormat.PIPFILE_LOCK,
        in_order(pins),
        groups=_ordered((DEFAULT_GROUP, DEVELOP_GROUP, *content)),
        indexes=tuple(source for source in sources.values() if source is not None),
        requires_python=_requires(head.table(meta.get("requires"), "`requires`"), head),
        manifest_sha256=_digest(head.table(meta.get("hash"), "`hash`")),
    )


def _parse(text: str, file: str) -> dict[str, object]:
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ManifestError(
            f"this is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            file=file,
            line=error.lineno,
            hint="make the lock anew",
        ) from None
    except (ValueError, RecursionError):
        raise ManifestError("this JSON is nested too deep or holds a number without end", file=file) from None
    if not isinstance(content, dict) or "_meta" not in content:
        raise ManifestError("this is no `Pipfile.lock`: it has no `_meta`", file=file)
    return content


def _check_specification(found: object, head: Entry) -> None:
    if found != PIPFILE_SPEC or isinstance(found, bool):
        raise head.error(
            f"this `Pipfile.lock` follows specification `{shown(str(found))}`; pinwise reads {PIPFILE_SPEC}",
            "make the lock anew",
        )


def _ordered(groups: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Return groups as pinwise orders them: ``default``, ``develop``, then the others as they stand."""
    names = tuple(dict.fromkeys(groups))
    first = tuple(name for name in (DEFAULT_GROUP, DEVELOP_GROUP) if name in names)
    return first + tuple(name for name in names if name not in first)


def _sources(sources: list[dict[str, object]], head: Entry) -> Iterator[tuple[str, Index | None]]:
    """Yield the indexes by name; None where the URL holds a variable even without its credentials."""
    for source in sources:
        name = head.clean(source.get("name"), "the name of a source")
        url = without_credentials(head.string(source.get("url"), "the URL of a source"))
        if "$" in url:
            yield name, None
            continue
        verify = head.flag(source.get("verify_ssl", True), "`verify_ssl`")
        yield name, parse_index(url, Place(head.file), name=name, verify_ssl=verify)


def _requires(requires: Mapping[str, object], head: Entry) -> str | None:
    for key in ("python_full_version", "python_version"):
        version = requires.get(key)
        if isinstance(version, str) and version.strip() not in {"", "*"}:
            return head.specifiers(f"=={version.strip()}" + (".*" if key == "python_version" else ""))
    return None


def _digest(digests: Mapping[str, object]) -> str | None:
    digest = digests.get("sha256")
    return digest if isinstance(digest, str) and digest.isalnum() else None


def _pin(entry: Entry, written: object, sources: Mapping[str, Index | None]) -> PresentPin:
    table = entry.table(written, "the entry")
    path = table.get("path")
    url = _url(entry, table)
    return PresentPin(
        name=entry.name(entry.what),
        version=_version(entry, table.get("version"), is_needed=path is None and url is None),
        index=_index(entry, table.get("index"), sources) if path is None and url is None else None,
        hashes=entry.hashes(entry.items(table.get("hashes"), "`hashes`")),
        marker=entry.marker(table.get("markers")),
        url=url,
        path=None if path is None else entry.clean(path, "the path"),
        extras=entry.names(entry.items(table.get("extras"), "`extras`")),
        is_editable=entry.flag(table.get("editable"), "`editable`"),
    )


def _version(entry: Entry, value: object, *, is_needed: bool) -> Version | None:
    """Return the version of an entry; where a path or URL says what is meant, there may be none."""
    if value is None or (value == "*" and not is_needed):
        if is_needed:
            raise entry.error(f"`{entry.shown}` has no version", "make the lock anew")
        return None
    text = entry.string(value, "the version").strip()
    if not text.startswith("=="):
        raise entry.error(f"the version `{shown(text)}` of `{entry.shown}` is no pin", "make the lock anew")
    return entry.version(text.lstrip("="))


def _url(entry: Entry, table: Mapping[str, object]) -> str | None:
    for kind in REPOSITORIES:
        if table.get(kind) is not None:
            url = entry.clean(table[kind], "the URL").removeprefix(f"{kind}+")
            commit = table.get("ref")
            at = "" if commit is None else f"@{entry.clean(commit, 'the commit')}"
            folder = table.get("subdirectory")
            fragment = "" if folder is None else f"#subdirectory={entry.clean(folder, 'the folder')}"
            return f"{kind}+{url}{at}{fragment}"
    return None if table.get("file") is None else entry.clean(table["file"], "the URL")


def _index(entry: Entry, name: object, sources: Mapping[str, Index | None]) -> str | None:
    """Return the URL of the index that an entry names; the only source where it names none."""
    if name is None:
        found = next(iter(sources.values())) if len(sources) == 1 else None
        return None if found is None else found.url
    text = entry.string(name, "the index")
    if text not in sources:
        raise entry.error(
            f"`{entry.shown}` comes from the index `{shown(text)}`, which is no source of this lock",
            "make the lock anew",
        )
    source = sources[text]
    return None if source is None else source.url
