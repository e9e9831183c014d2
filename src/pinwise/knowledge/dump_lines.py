"""One project of a dump: a line of JSON <-> facts.

A line is the page as an index gives it (PEP 691 with 700, 714 and 792); what pinwise adds stands under keys
that begin with an underscore, which that standard leaves free. So a line is read by the same rules, under the
same limits, as a page that an index sends. The format is described in ``docs/concepts/dumps.md``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pinwise.actions.bulk import Answer, Page, ProjectFacts, is_of_the_web
from pinwise.formats.entries import parse_requirement, parse_specifiers
from pinwise.indexes.filenames import belongs_to
from pinwise.indexes.json_text import BrokenJsonError, read_json
from pinwise.indexes.pages import Listing, PageSource, json_listing, to_project
from pinwise.indexes.plain import plain
from pinwise.indexes.web import origin_of
from pinwise.model.errors import IndexFailure, UsageError
from pinwise.model.facts import Document, File, Metadata, Origin, Project, Skip, Unusable
from pinwise.model.limits import Limits
from pinwise.model.names import NormalizedName, parse_name

_API_VERSION = "1.4"
_OBJECTS = 12  # of JSON, for each file: of its entry, and of the answers about it
_LATEST = 2**40  # seconds since 1970
_LONGEST_MESSAGE = 400
_LONGEST_REASON = 2_000
_LONGEST_URL = 2_000
_LONGEST_VALIDATOR = 200
_MOST_TEXTS = 2**16
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {
    origin.value: origin for origin in (Origin.METADATA_FILE, Origin.WHEEL, Origin.SDIST, Origin.EGG_INFO)
}


# --- facts -> line


def render_line(facts: ProjectFacts) -> bytes:
    """Return the one line that says these facts; equal facts give equal lines."""
    line: dict[str, object] = {
        "meta": {"api-version": _API_VERSION},
        "name": facts.name,
        "_index": facts.index,
    }
    if facts.page is not None:
        line |= _page_form(facts.page)
    if facts.answers:
        line |= _answer_forms(facts.answers)
    return json.dumps(line, separators=(",", ":"), sort_keys=True).encode("ascii") + b"\n"


def _page_form(page: Page) -> dict[str, object]:
    form: dict[str, object] = {"_checked": page.checked}
    if page.etag is not None:
        form["_etag"] = page.etag
    if page.last_modified is not None:
        form["_last-modified"] = page.last_modified
    if page.project is not None:
        files = [_file_form(file) for release in page.project.releases for file in release.files]
        form["files"] = files
        form["project-status"] = {"status": page.project.status}
        if page.project.skipped:
            form["_skipped"] = [[skip.what, skip.reason] for skip in page.project.skipped]
    return form


def _file_form(file: File) -> dict[str, object]:
    form: dict[str, object] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": {} if file.sha256 is None else {"sha256": file.sha256},
    }
    if file.size is not None:
        form["size"] = file.size
    uploaded = None if file.uploaded is None else _time(file.uploaded)
    if uploaded is not None:
        form["upload-time"] = uploaded
    if file.requires_python is not None:
        form["requires-python"] = file.requires_python
    if file.yanked is not None:
        form["yanked"] = file.yanked or True
    if file.metadata == "?":
        form["_core-metadata"] = "unknown"
    elif file.metadata is not None:
        form["core-metadata"] = {"sha256": file.metadata} if file.metadata else True
    return form


def _time(seconds: int) -> str | None:
    """Return a time as PEP 700 has it, None for one that no page can name."""
    try:
        return (_BEGINNING + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError:
        return None


def _answer_forms(answers: Mapping[tuple[str, str], Answer]) -> dict[str, object]:
    """Return answers by file and kind; requirements stand once, and are named by their numbers."""
    known: dict[int, str] = {}  # the answers keep every requirement alive, so that its id stands for it
    for answer in answers.values():
        if isinstance(answer.document, Metadata):
            for each in answer.document.requirements:
                if id(each) not in known:
                    known[id(each)] = str(each)
    texts = sorted(set(known.values()))
    places = {text: place for place, text in enumerate(texts)}
    numbers = {identity: places[text] for identity, text in known.items()}
    forms = [
        [filename, kind, answer.checked, _document_form(answer.document, numbers)]
        for (filename, kind), answer in sorted(answers.items(), key=lambda item: item[0])
    ]
    return {"_answers": forms, "_requirements": texts}


def _document_form(document: Document | None, numbers: Mapping[int, int]) -> object:
    if document is None:
        return None
    if isinstance(document, Unusable):
        return document.reason
    form: dict[str, object] = {"requires": [numbers[id(each)] for each in document.requirements]}
    if document.extras:
        form["extras"] = sorted(document.extras)
    if document.requires_python is not None:
        form["requires-python"] = str(document.requires_python)
    return form


# --- line -> facts


@dataclass(frozen=True, slots=True)
class DumpPlace:
    """A line of a dump, and what it may hold."""

    file: Path
    line: int
    limits: Limits


class _MalformedError(Exception):
    """A line is not what it should be; the message says how."""


def parse_line(line: bytes, place: DumpPlace) -> ProjectFacts:
    """Return the facts that a line says.

    Raises:
        UsageError: It says none, or breaks a limit.
    """
    try:
        return _parse(line, place)
    except (_MalformedError, BrokenJsonError, IndexFailure) as error:
        raise UsageError(
            f"the dump cannot be read: {_reason(error)}",
            file=place.file,
            line=place.line,
            hint="export it again; nothing was changed",
        ) from None


def _reason(error: Exception) -> str:
    said = f"its JSON {error}" if isinstance(error, BrokenJsonError) else str(error)[:_LONGEST_MESSAGE]
    return "".join(letter if letter.isprintable() else "?" for letter in said)


def _parse(line: bytes, place: DumpPlace) -> ProjectFacts:
    limits = place.limits
    value = read_json(line, depth=limits.json_depth, objects=_OBJECTS * limits.page_files)
    form = _object(value, "a project")
    index, name = _index(form.get("_index")), _name(form.get("name"))
    page = None
    if "_checked" in form:
        project = _project(form, PageSource(f"{index}/{name}/", index, name, limits))
        etag, last_modified = _validator(form.get("_etag")), _validator(form.get("_last-modified"))
        page = Page(project, etag, last_modified, _count(form["_checked"], _LATEST))
    answers = _answers(form, name)
    return ProjectFacts(index, name, page, answers, (place.file, place.line))


def _index(value: object) -> str:
    """Return the URL of an index, which names no user and no folder."""
    url = _text(value, _LONGEST_URL)
    if (
        not is_of_the_web(url)
        or not url.isprintable()
        or origin_of(url) is None
        or "@" in urlsplit(url).netloc
    ):
        raise _MalformedError("the URL of its index is none that facts of the web may belong to")
    return url


def _name(value: object) -> NormalizedName:
    text = _text(value, _LONGEST_VALIDATOR)
    try:
        name = parse_name(text)
    except UsageError as error:
        raise _MalformedError(error.message) from None
    if name != text:
        raise _MalformedError(f"the name `{plain(text, 80)}` is not normalised")
    return name


def _project(form: Mapping[str, Any], source: PageSource) -> Project | None:
    """Return a page, None where the index has no such project."""
    assert source.name is not None, "each line is about one"
    if "files" not in form:
        return None
    listing = json_listing(form, source)
    unknown = {
        entry.get("filename")
        for entry in form["files"]
        if isinstance(entry, dict) and entry.get("_core-metadata") == "unknown"
    } - {None}
    if unknown:
        files = (f._replace(metadata="?") if f.filename in unknown else f for f in listing.files)
        listing = listing._replace(files=tuple(files))
    skipped = tuple(_skip(entry) for entry in _list(form.get("_skipped", ()), source.limits.page_files))
    listing = Listing(listing.files, (*skipped, *listing.skipped), listing.status)
    return to_project(listing, source.name, source.index_url, version_length=source.limits.version_length)


def _skip(value: object) -> Skip:
    what, reason = _fields(value, 2)
    return Skip(_text(what, _LONGEST_REASON), _text(reason, _LONGEST_REASON))


def _answers(form: Mapping[str, Any], name: NormalizedName) -> dict[tuple[str, str], Answer]:
    requirements = [_requirement(text) for text in _list(form.get("_requirements", ()), _LATEST)]
    answers: dict[tuple[str, str], Answer] = {}
    for entry in _list(form.get("_answers", ()), _LATEST):
        filename, kind, checked, document = _fields(entry, 4)
        key = _text(filename, _LONGEST_REASON), _text(kind, _LONGEST_VALIDATOR)
        if key[1] not in _KINDS:
            raise _MalformedError(f"there is no kind of source `{plain(kind, 40)}`")
        if not belongs_to(key[0], name):
            raise _MalformedError(f"`{plain(filename, 80)}` is no file of `{name}`")
        if key in answers:
            raise _MalformedError(f"it has two answers about `{plain(filename, 80)}`")
        answers[key] = Answer(_document(document, key, requirements), _count(checked, _LATEST))
    return answers


def _document(value: object, key: tuple[str, str], known: Sequence[Requirement]) -> Document | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Unusable(_text(value, _LONGEST_REASON))
    form = _object(value, "a document")
    numbers = [_count(number, len(known) - 1) for number in _list(form.get("requires"), _LATEST)]
    requires_python = form.get("requires-python")
    return Metadata(
        requires_python=None if requires_python is None else _specifiers(requires_python),
        requirements=tuple(known[number] for number in numbers),
        extras=frozenset(_name(extra) for extra in _list(form.get("extras", ()), _LATEST)),
        origin=_KINDS[key[1]],
        file=key[0],
    )


def _requirement(value: object) -> Requirement:
    text = _text(value, _LATEST)
    try:
        return _parsed_requirement(text)
    except ValueError as error:
        raise _MalformedError(f"the requirement `{plain(text, 80)}` is none: {error}") from None


@lru_cache(maxsize=_MOST_TEXTS)
def _parsed_requirement(text: str) -> Requirement:
    return parse_requirement(text)


def _specifiers(value: object) -> SpecifierSet:
    text = _text(value, _LATEST)
    try:
        return _parsed_specifiers(text)
    except ValueError:
        raise _MalformedError(f"the Requires-Python `{plain(text, 80)}` is no version specifier") from None


@lru_cache(maxsize=_MOST_TEXTS)
def _parsed_specifiers(text: str) -> SpecifierSet:
    return parse_specifiers(text)


def _validator(value: object) -> str | None:
    if value is None:
        return None
    text = _text(value, _LONGEST_VALIDATOR)
    if not text.isascii() or not text.isprintable():
        raise _MalformedError("a validator of a page holds characters that no header may hold")
    return text


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _MalformedError(f"there is no object where {what} should be")
    return value


def _list(value: object, most: int) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise _MalformedError("there is no list, or one that is too long, where one should be")
    return value


def _fields(value: object, number: int) -> Sequence[Any]:
    entry = _list(value, number)
    if len(entry) != number:
        raise _MalformedError(f"an entry should have {number} fields")
    return entry


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise _MalformedError("there is no text, or one that is too long, where one should be")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _MalformedError("a text in it is not Unicode") from None
    return value


def _count(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise _MalformedError("there is no number, or one out of its range, where one should be")
    return value
