"""Scenarios: a world, what is asked of it, and the answer, in one small text file each.

::

    A yanked release is not taken.          the law, in a sentence or two
    --- world
    a 1
    a 2 yanked
    --- manifest
    a
    --- answer
    a 1
    cost 0

Sections that ask:

=================== ====================================================================================
``world``           a world in the language of `support.worlds`
``world NAME``      instead: what the index ``https://NAME.example/simple`` has, in the order of the policy
``manifest``        requirements, as `support.worlds.request` reads them
``Pipfile``         instead: a Pipfile, read by pinwise
``requirements.txt`` instead: a requirements file, read by pinwise
``pyproject.toml``  instead: read by pinwise; the options ``extras``, ``groups`` and ``only_groups`` choose
``local PATH``      the static metadata of the project at a path of that file, as a line of a world
``given``           metadata that the user gives in the settings, as a world; for named indexes
``options``         lines ``name = value``: what `support.worlds.request` takes, and those below
``known``           what is known from the start: ``a`` is a page, ``a==1`` a document; else nothing
=================== ====================================================================================

Further options: ``known = all``; ``offline = yes``; ``fetch_limit = 3``; ``predictor = latest``;
``time_limit = 1`` with a clock that moves on by one second whenever it is read (it stands still otherwise);
``down = NAME`` or ``NAME/project`` for an index that fails; ``count = yes`` adds what was fetched.

The answer has a line for each pin with its prices, then the cost; or the text of a refusal; or why nothing
was decided; or the error. `SCENARIOS_REWRITE=1` writes the answers anew, to be read before they are kept.
"""

import ast
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pinwise.actions.advise import SearchOptions, advise
from pinwise.actions.errands import (
    Delivery,
    DocumentDelivery,
    Errand,
    PageAnswer,
    PageDelivery,
    PageErrand,
)
from pinwise.actions.ingest import Ingestion, IngestOptions
from pinwise.actions.request import Choices, build_request
from pinwise.explain.refusal import explain
from pinwise.formats.entries import LocalPath
from pinwise.formats.pipfile import parse_pipfile
from pinwise.formats.pyproject import parse_project
from pinwise.formats.requirements import parse_requirements
from pinwise.knowledge.store import open_store
from pinwise.knowledge.view import KnowledgeView, without_store
from pinwise.model.errors import IndexFailure, PinwiseError
from pinwise.model.facts import Document, Metadata, NoProject, Origin, Project, Snapshot
from pinwise.model.outcome import Advice, Change, Outcome, Pin, Refusal, Undecided
from pinwise.model.request import LocalProject, Manifest, Place, Request, Selection
from support.worlds import SILENT, FakeSource, PartialKnowledge, closed, request, target, world

NOW = 1_750_000_000
CHOOSING = frozenset({"extras", "groups", "only_groups"})
OWN_OPTIONS = CHOOSING | {"known", "offline", "fetch_limit", "predictor", "time_limit", "down", "count"}
SECTIONS = frozenset(
    {"manifest", "Pipfile", "requirements.txt", "pyproject.toml", "given", "options", "known", "answer"}
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as its file says it.

    Attributes:
        law: What it shows.
        sections: By name; worlds of several indexes as ``world NAME``.
    """

    law: str
    sections: Mapping[str, str]

    @property
    def options(self) -> dict[str, str]:
        """The options as written."""
        rows = [row for row in self.sections.get("options", "").splitlines() if row.strip()]
        return {name.strip(): value.strip() for name, _, value in (row.partition("=") for row in rows)}

    @property
    def indexes(self) -> dict[str, str]:
        """The URL of every named index."""
        names = [section.split()[1] for section in self.sections if section.startswith("world ")]
        return {name: f"https://{name}.example/simple" for name in names}

    def worlds(self) -> dict[str, Snapshot]:
        """Return what each named index has, by its URL."""
        return {url: world(self.sections[f"world {name}"], index=url) for name, url in self.indexes.items()}

    def request(self) -> Request:
        """Return what is asked.

        Raises:
            UsageError: The manifest cannot be understood.
        """
        options = {name: _value(text) for name, text in self.options.items() if name not in OWN_OPTIONS}
        if "manifest" in self.sections:
            indexes = {"indexes": self.indexes} if self.indexes else {}
            return replace(request(self.sections["manifest"], **options, **indexes), given=self._given())
        environment = target(str(options.pop("python", "3.11.9")))
        choices = Choices(**options, given=self._given())  # type: ignore[arg-type]
        return build_request(self._manifest(), choices, environment)

    def _manifest(self) -> Manifest:
        if "Pipfile" in self.sections:
            return parse_pipfile(self.sections["Pipfile"], "Pipfile", local=self._local)
        if "pyproject.toml" in self.sections:
            chosen = {name: tuple(self.options.get(name, "").split()) for name in CHOOSING}
            return parse_project(
                self.sections["pyproject.toml"],
                "pyproject.toml",
                selection=Selection(**chosen),  # type: ignore[arg-type]  # only the lists of names
            )
        text = self.sections["requirements.txt"]
        return parse_requirements(text, "requirements.txt", read=self._included, local=self._local)

    def _given(self) -> dict[tuple[NormalizedName, Version], Metadata]:
        told = world(self.sections.get("given", "")).documents
        return {
            (name, version): replace(document, origin=Origin.USER)
            for name, documents in told.items()
            for version, document in documents.items()
            if isinstance(document, Metadata)
        }

    def _local(self, local: LocalPath) -> LocalProject:
        ((name, documents),) = world(self.sections[f"local {local.path}"]).documents.items()
        ((version, metadata),) = documents.items()
        assert isinstance(metadata, Metadata)
        metadata = replace(metadata, origin=Origin.LOCAL)
        return LocalProject(name, version, local.path, local.is_editable, metadata)

    def _included(self, path: str, place: Place) -> str:
        raise AssertionError(f"{place} includes {path}")

    def snapshot(self, asked: Request) -> Snapshot:
        """Return everything there is: of every project the page of the index that serves it."""
        if not self.indexes:
            return _with_local(closed(world(self.sections["world"]), asked), asked)
        worlds = self.worlds()
        projects: dict[NormalizedName, Project | NoProject] = {}
        documents: dict[NormalizedName, Mapping[Version, Document]] = {}
        for name in sorted({name for each in worlds.values() for name in each.projects}):
            bound = asked.bindings.get(name)
            urls = [index.url for index in asked.indexes] if bound is None else [bound]
            serving = [url for url in urls if isinstance(worlds[url].projects.get(name), Project)]
            projects[name] = worlds[serving[0]].projects[name] if serving else NoProject(name)
            documents[name] = worlds[serving[0]].known_documents(name) if serving else {}
        for (name, version), metadata in asked.given.items():
            if documents[name][version] == SILENT:
                documents[name] = {**documents[name], version: metadata}
        return closed(Snapshot(projects, documents), asked)


def _with_local(snapshot: Snapshot, asked: Request) -> Snapshot:
    """Return the same world with the request's local projects in the place of others of their name."""
    own = without_store(asked)
    return Snapshot({**snapshot.projects, **own.projects}, {**snapshot.documents, **own.documents})


def _value(text: str) -> object:
    """Return a value of the options: a Python literal, or the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def parse_scenario(text: str) -> Scenario:
    """Return the scenario that a file says.

    Raises:
        ValueError: A section is unknown.
    """
    law, *parts = text.split("\n--- ")
    sections = {head.strip(): body for head, _, body in (part.partition("\n") for part in parts)}
    for name in sections:
        if name not in SECTIONS and name.split()[0] not in {"world", "local"}:
            raise ValueError(f"no such section: {name}")
    return Scenario(law.strip(), sections)


@dataclass(slots=True)
class Run:
    """One scenario being run: its outcome, and what was fetched for it."""

    outcome: Outcome
    pages: int
    documents: int


def run(scenario: Scenario, folder: Path) -> Run:
    """Ask what the scenario asks; several indexes are asked through the store and the ingestion.

    Raises:
        PinwiseError: The scenario is one of an error.
    """
    asked = scenario.request()
    return _run_indexes(scenario, asked, folder) if scenario.indexes else _run_world(scenario, asked)


def _run_world(scenario: Scenario, asked: Request) -> Run:
    full = scenario.snapshot(asked)
    knowledge = _known(scenario, full)
    source = FakeSource(full, knowledge)
    is_offline = "offline" in scenario.options
    outcome = advise(asked, knowledge, None if is_offline else source, options=_search_options(scenario))
    return Run(outcome, len(source.pages), source.documents)


def _known(scenario: Scenario, full: Snapshot) -> PartialKnowledge:
    if scenario.options.get("known") == "all":
        return PartialKnowledge(dict(full.projects), {n: dict(d) for n, d in full.documents.items()})
    known = PartialKnowledge()
    for word in scenario.sections.get("known", "").split():
        text, _, version = word.partition("==")
        name = canonicalize_name(text)
        known.projects[name] = full.projects[name]
        if version:
            document = full.documents[name][Version(version)]
            known.documents.setdefault(name, {})[Version(version)] = document
    return known


def _search_options(scenario: Scenario) -> SearchOptions:
    options = scenario.options
    seconds = itertools.count() if "time_limit" in options else itertools.repeat(0)
    return SearchOptions(
        predictor=options.get("predictor", "exact"),
        fetch_limit=int(options.get("fetch_limit", "500")),
        time_limit=float(options["time_limit"]) if "time_limit" in options else None,
        clock=lambda: float(next(seconds)),
    )


def _run_indexes(scenario: Scenario, asked: Request, folder: Path) -> Run:
    courier = WorldCourier(scenario.worlds(), scenario.options.get("down", ""))
    with open_store(folder / "knowledge.sqlite") as store:
        view = KnowledgeView(store, asked, now=NOW, max_age=600)
        source = Ingestion(view, store, courier, asked.indexes, IngestOptions(clock=lambda: NOW))
        outcome = advise(asked, view, source, options=_search_options(scenario))
        effort = source.effort()
    return Run(outcome, effort.pages, effort.documents)


class WorldCourier:
    """A `Courier` that answers from one world per index URL."""

    def __init__(self, worlds: Mapping[str, Snapshot], down: str) -> None:
        self._worlds = worlds
        self._down = down
        self._errands: list[Errand] = []
        self.requests = 0
        self.received = 0

    def send(self, errand: Errand) -> None:
        """Take an errand."""
        self.requests += 1
        self._errands.append(errand)

    def deliveries(self) -> Iterator[tuple[Delivery, ...]]:
        """Answer the errands one by one."""
        while self._errands:
            yield (self._answered(self._errands.pop(0)),)

    def cancel(self) -> None:
        """Forget the errands that are left."""
        self._errands.clear()

    def _answered(self, errand: Errand) -> Delivery:
        url, name = errand.index.url, errand.name
        if isinstance(errand, PageErrand):
            if f"https://{self._down.partition('/')[0]}.example/simple" == url and (
                self._down.partition("/")[2] in {"", name}
            ):
                return PageDelivery(errand, IndexFailure(f"`{url}` answered 503 for `{name}`"))
            page = self._worlds[url].project(name) if url in self._worlds else None
            return PageDelivery(errand, PageAnswer(page if isinstance(page, Project) else None))
        document = self._worlds[url].known_documents(name)[errand.version]
        return DocumentDelivery(errand, {errand.ask.kind: None if document is SILENT else document})


def answer(scenario: Scenario, folder: Path) -> str:
    """Return the answer to a scenario in the form of its file."""
    try:
        done = run(scenario, folder)
    except PinwiseError as error:
        hint = [f"hint: {error.hint}"] if error.hint else []
        return "\n".join([f"error: {error}", *hint])
    lines = list(told(done.outcome))
    if "count" in scenario.options:
        rounds = done.outcome.effort.rounds
        lines.append(f"fetched {done.pages} pages and {done.documents} documents in {rounds} rounds")
    return "\n".join(lines)


def told(outcome: Outcome) -> Iterator[str]:
    """Yield an outcome as lines."""
    match outcome:
        case Advice():
            yield from _told_advice(outcome)
        case Refusal():
            explanation = explain(outcome.derivation)
            yield f"refused: {explanation.headline}"
            yield from explanation.sentences
        case Undecided():
            yield f"undecided: {outcome.reason}"
            yield from (f"missing: {what}" for what in outcome.missing)
    yield from (f"warning: {warning}" for warning in outcome.warnings)


def _told_advice(advice: Advice) -> Iterator[str]:
    has_several = len(advice.request.indexes) > 1
    yield from (_told_pin(pin, has_several=has_several) for pin in advice.pins)
    proof = advice.proof
    joint = ", jointly" if proof.is_joint else ""
    if proof.optimal:
        yield f"cost {proof.cost}{joint}"
    else:
        yield f"cost {proof.cost}, at least {proof.bound}, {proof.unknown} unknown{joint}: {proof.reason}"
    yield from (f"changed: {_told_change(change)}" for change in advice.changes)
    if advice.better is not None:
        yield f"the best costs {advice.better.proof.cost}"
        yield from (f"the best has: {_told_change(change)}" for change in advice.better.changes)
    for left_out in advice.left_out:
        yield f"left out: {left_out}"
    for name, edges in advice.amended.items():
        yield from (f"amended for {name}: {edge.requirement} of {edge.name}" for edge in edges)
    for name, skips in advice.skipped.items():
        yield from (f"skipped for {name}: {skip.what}: {skip.reason}" for skip in skips)


def _told_change(change: Change) -> str:
    if change.before is None:
        return f"+ {change.name} {change.after}"
    if change.after is None:
        return f"- {change.name} {change.before}"
    return f"~ {change.name} {change.before} -> {change.after}"


def _told_pin(pin: Pin, *, has_several: bool) -> str:
    extras = f"[{','.join(pin.extras)}]" if pin.extras else ""
    place = f" from {pin.index}" if has_several else ""
    prices = ", ".join(f"{price.unit} {price.amount}" for price in pin.prices)
    groups = "" if pin.groups == ("default",) else f" for {', '.join(pin.groups)}"
    return f"{pin.name}{extras} {pin.version}{place}{groups}" + (f": {prices}" if prices else "")
