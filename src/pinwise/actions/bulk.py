"""Facts in bulk: the known facts of many projects as values, and how they are taken into a knowledge base.

What is taken in never replaces what is known from a later time, and nothing is taken in that contradicts a
recorded digest: a published file never changes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from pinwise.explain.names import near_names
from pinwise.model.errors import IndexFailure, UsageError
from pinwise.model.facts import Document, File, Metadata, Project
from pinwise.model.names import NormalizedName

AHEAD = 24 * 60 * 60
"""Seconds by which the clock of whoever exported may be ahead of ours."""


class Page(NamedTuple):
    """What an index last said of a project.

    Attributes:
        project: Its page; None: the index has no such project.
        etag, last_modified: The validators that the index gave with it.
        checked: When the index last said so, in seconds since 1970.
    """

    project: Project | None
    etag: str | None
    last_modified: str | None
    checked: int


class Answer(NamedTuple):
    """What one kind of source last said of a file; None: it definitely has no document of it."""

    document: Document | None
    checked: int


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """All that is known of one project on one index now.

    Attributes:
        index: The URL of the index, without a login.
        name: The project.
        page: Its page; None where it is not known.
        answers: By file name and kind of source.
        place: Where they stand, for messages: a file and a line.
    """

    index: str
    name: NormalizedName
    page: Page | None = None
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    place: tuple[Path | None, int | None] = field(default=(None, None), compare=False)


class KnownFacts(Protocol):
    """Where facts are known; `pinwise.knowledge.bulk.BulkStore` is one."""

    def subjects(self) -> Sequence[tuple[NormalizedName, str]]:
        """Return the projects of which something is known, each with the URL of its index, sorted."""
        ...

    def facts(self, index_url: str, name: NormalizedName) -> ProjectFacts:
        """Return what is known of a project on an index."""
        ...


class FactShelf(KnownFacts, Protocol):
    """Where facts are put."""

    def batch(self) -> AbstractContextManager[None]:
        """Group what is put inside into one commit."""
        ...

    def digests(self, index_url: str, name: NormalizedName) -> Mapping[str, str]:
        """Return the SHA-256 on record of every file that the index ever listed for a project."""
        ...

    def put_page(  # noqa: D102, PLR0913  # one answer of an index, with what HTTP says of it
        self,
        index_url: str,
        name: NormalizedName,
        page: Project | None,
        *,
        etag: str | None,
        last_modified: str | None,
        checked: int,
    ) -> None: ...

    def touch_page(self, index_url: str, name: NormalizedName, *, checked: int) -> None:
        """Note that an index confirmed what it had said."""
        ...

    def put_document(  # noqa: D102, PLR0913  # as above
        self,
        index_url: str,
        name: NormalizedName,
        filename: str,
        kind: str,
        document: Document | None,
        *,
        checked: int,
    ) -> None: ...


@dataclass(slots=True)
class Tally:
    """What was exported or imported so far.

    Attributes:
        projects: Projects of an index of which there is something.
        documents: Files whose metadata there is.
        pages_new, pages_newer: Pages of which nothing, and of which something older was known.
        documents_new: Answers about metadata that were not known.
    """

    projects: int = 0
    documents: int = 0
    pages_new: int = 0
    pages_newer: int = 0
    documents_new: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether anything was not known before."""
        return bool(self.pages_new or self.pages_newer or self.documents_new)


Told = Callable[[Tally], None]
"""Told after each project how far the work has come."""


def is_of_the_web(index_url: str) -> bool:
    """Whether facts of an index may mean anything on another machine: those of a folder do not."""
    return index_url.startswith(("https://", "http://"))


def export_facts(
    known: KnownFacts, names: Sequence[NormalizedName], tally: Tally, told: Told
) -> Iterator[ProjectFacts]:
    """Yield what is known of projects, of all where none is named; facts of folders stay here.

    Args:
        known: Where it is known.
        names: The projects.
        tally: Counts what is exported.
        told: See `Told`.

    Raises:
        UsageError: Nothing is known of a project that is named.
    """
    subjects = [(name, index) for name, index in known.subjects() if is_of_the_web(index)]
    chosen = set(names)
    for name in names:
        if all(name != each for each, _ in subjects):
            near = near_names(name, sorted({each for each, _ in subjects}))
            raise UsageError(
                f"nothing is known of `{name}`",
                hint=f"did you mean `{near[0]}`?" if near else "`pinwise kb status` says what is known",
            )
    for name, index in subjects:
        if not chosen or name in chosen:
            facts = known.facts(index, name)
            _count(tally, facts)
            told(tally)
            yield facts


def _count(tally: Tally, facts: ProjectFacts) -> None:
    tally.projects += 1
    described = {file for (file, _), answer in facts.answers.items() if isinstance(answer.document, Metadata)}
    tally.documents += len(described)


def import_facts(
    shelf: FactShelf, given: Iterable[ProjectFacts], *, now: int, is_dry: bool, told: Told
) -> Tally:
    """Take facts in, all of them in one commit, or none where one of them must be refused.

    Args:
        shelf: Where they are put.
        given: The facts; what this raises leaves the shelf as it was.
        now: The time of day, in seconds since 1970.
        is_dry: Only say what would be taken in.
        told: See `Told`.

    Raises:
        IndexFailure: A file has another digest than the one on record.
        UsageError: Something is from the future.
    """
    tally = Tally()
    with nullcontext() if is_dry else shelf.batch():
        for facts in given:
            _count(tally, facts)
            _refuse_future(facts, now)
            known = shelf.facts(facts.index, facts.name)
            _refuse_other_digests(facts, shelf.digests(facts.index, facts.name))
            _take_page(shelf, known.page, facts, tally, is_dry=is_dry)
            _take_answers(shelf, known.answers, facts, tally, is_dry=is_dry)
            told(tally)
    return tally


def _refuse_future(facts: ProjectFacts, now: int) -> None:
    """Refuse facts from a time to come: nothing that an index says would ever be newer."""
    times = [answer.checked for answer in facts.answers.values()]
    if facts.page is not None:
        times.append(facts.page.checked)
    if any(time > now + AHEAD for time in times):
        file, line = facts.place
        raise UsageError(
            f"what it says of `{facts.name}` is from the future",
            file=file,
            line=line,
            hint="check the clock of this machine, and that of the one that exported it",
        )


def _refuse_other_digests(facts: ProjectFacts, recorded: Mapping[str, str]) -> None:
    for listed in _files(facts.page):
        known = recorded.get(listed.filename)
        if known is not None and listed.sha256 not in (None, known):
            file, line = facts.place
            raise IndexFailure(
                f"`{listed.filename}` of `{facts.index}` has another digest there: SHA-256 "
                f"`{listed.sha256}`, on record is `{known}`",
                file=file,
                line=line,
                hint="a published file must never change: ask who made it, and who runs the index; nothing "
                "was changed",
            )


def _files(page: Page | None) -> Iterator[File]:
    if page is not None and page.project is not None:
        for release in page.project.releases:
            yield from release.files


def _take_page(
    shelf: FactShelf, known: Page | None, facts: ProjectFacts, tally: Tally, *, is_dry: bool
) -> None:
    page = facts.page
    if page is None or (known is not None and page.checked <= known.checked):
        return
    tally.pages_new += known is None
    tally.pages_newer += known is not None
    if is_dry:
        return
    if known is not None and page == known._replace(checked=page.checked):
        shelf.touch_page(facts.index, facts.name, checked=page.checked)
        return
    project, etag, last_modified, checked = page
    shelf.put_page(facts.index, facts.name, project, etag=etag, last_modified=last_modified, checked=checked)


def _take_answers(
    shelf: FactShelf,
    known: Mapping[tuple[str, str], Answer],
    facts: ProjectFacts,
    tally: Tally,
    *,
    is_dry: bool,
) -> None:
    for key, answer in facts.answers.items():
        before = known.get(key)
        if before is not None and (answer.document == before.document or answer.checked <= before.checked):
            continue
        tally.documents_new += 1
        if not is_dry:
            filename, kind = key
            shelf.put_document(
                facts.index, facts.name, filename, kind, answer.document, checked=answer.checked
            )
