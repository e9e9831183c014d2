"""What every command that needs a stack does: read the manifest, choose the target, search."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pinwise import wiring
from pinwise.actions.manifest import FoundManifest
from pinwise.actions.ports import World, Worlds
from pinwise.actions.present import Upgrade, read_present
from pinwise.actions.request import build_request
from pinwise.actions.search_options import SearchOptions
from pinwise.cli.interrupts import ending_soon
from pinwise.cli.notes import question_notes
from pinwise.cli.paper import write_notes, write_warnings
from pinwise.cli.progress import Progress
from pinwise.cli.reading import Asked, naming, read_asked
from pinwise.formats.locked_indexes import through_mirrors
from pinwise.model.environment import Environment
from pinwise.model.outcome import Advice, Effort, Outcome, Refusal
from pinwise.model.request import EVERYTHING, Group, Overlay, Request
from pinwise.settings import Settings, read_text_limits
from pinwise.settings.overlays import unread_environments

KEEP_ALL = Upgrade()
"""Let go of no present pin."""


@dataclass(frozen=True, slots=True)
class Search:
    """An open world, and the request that is put to it.

    Attributes:
        request: What is asked.
        world: What it sees.
        worlds: Gives the world as other requests see it.
        options: How to search.
        for_python: The same request for another Python.
    """

    request: Request
    world: World
    worlds: Worlds
    options: SearchOptions
    for_python: Callable[[str], Request]

    def advise(self, *, is_recorded: bool, is_compared: bool) -> Outcome:
        """Return the best stack, or why there is none; see `SearchOptions` for what else is said of it."""
        from pinwise.actions.advise import advise  # noqa: PLC0415  # a check may do without

        options = replace(self.options, is_recorded=is_recorded, is_compared=is_compared)
        return advise(self.request, self.world.knowledge, self.world.source, options=options)

    def effort(self, begin: float) -> Effort:
        """Return what was fetched so far, for however many searches, and the seconds since `begin`."""
        fetched = Effort() if self.world.source is None else self.world.source.effort()
        return replace(fetched, seconds=self.options.clock() - begin)

    def confirm(self) -> Advice | None:
        """Return the advice as far as a lock records it, if it is certain that the present pins all stay."""
        from pinwise.actions.confirm import confirm  # noqa: PLC0415  # for a check only

        started = self.options.clock()
        advice = confirm(self.request, self.world.knowledge) if self.options.predictor == "exact" else None
        if advice is None:
            return None
        return replace(advice, effort=Effort(seconds=self.options.clock() - started))

    def with_hints(self, refusal: Refusal) -> Refusal:
        """Return the refusal with changes to the request that were tried and help."""
        from pinwise.actions.hints import Trying, find_hints  # noqa: PLC0415  # for refusals only

        trying = Trying(self.worlds, self.options, self.for_python)
        return replace(refusal, hints=find_hints(refusal, trying))


@dataclass(frozen=True, slots=True)
class Question:
    """A manifest with the settings that hold for it, and the request that they make.

    Attributes:
        found, settings: The manifest, with the overlay laid over it, and the settings.
        request: What is asked.
        overlay: The overlay, None for the project's own stack.
        warnings: All there is to say before the search.
    """

    found: FoundManifest
    settings: Settings
    request: Request
    overlay: Overlay | None = None
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: str | None, options: Mapping[str, Any]) -> "Question":
        """Return what the options of a command ask, with its warnings written."""
        question = cls.of(read_asked(folder, options))
        write_warnings(question.warnings)
        return question

    @classmethod
    def of(cls, asked: Asked, *, upgrade: Upgrade = KEEP_ALL) -> "Question":
        """Return what is asked about a manifest that was read.

        The pins of the present lock are kept, as far as `upgrade` does not let go of them.
        """
        found, settings, overlay = asked.found, asked.settings, asked.overlay
        with naming(overlay):
            environment = wiring.choose_environment(settings, found.folder, found.manifest)
        request = build_request(found.manifest, settings.choices(), environment)
        read = {Path(file).resolve() for file in found.manifest.files}
        locks = [found.folder / name for name in asked.locks]
        kept = read_present([path for path in locks if path.resolve() not in read], environment, upgrade)
        warnings = (*_of_files(asked), *asked.warnings, *request.warnings)
        return cls(
            found, settings, replace(request, kept=through_mirrors(kept, request.indexes)), overlay, warnings
        )

    def for_environment(self, environment: Environment) -> Request:
        """Return the same request for another target."""
        request = build_request(self.found.manifest, self.settings.choices(), environment)
        return replace(request, kept=self.request.kept)

    @contextmanager
    def searching(self) -> Iterator[Search]:
        """Open the knowledge base and the indexes, with progress on stderr."""
        settings, request = self.settings, self.request
        write_notes(question_notes(self.found.manifest, settings, request))
        options = SearchOptions(
            predictor=settings.predictor,
            fetch_limit=settings.fetch_limit,
            time_limit=settings.time_limit,
            clock=time.monotonic,
        )
        now = int(time.time())
        with (
            ending_soon(),
            _telling() as warn,
            Progress.on_stderr() as progress,
            wiring.open_worlds(
                settings, now=now, progress=progress.show, warn=warn, trace=progress.trace()
            ) as worlds,
        ):

            def watched(asked: Request) -> World:
                world = worlds(asked)
                source = None if world.source is None else progress.watch(world.source)
                return World(world.knowledge, source)

            yield Search(
                request,
                watched(request),
                watched,
                options,
                lambda python: self.for_environment(wiring.for_python(request.environment, python)),
            )


def all_groups(folder: str | None, options: Mapping[str, Any]) -> tuple[Group, ...]:
    """Return every group of the manifest that a command names, whatever its options ask for."""
    files, limits = options["requirement"], read_text_limits(options)
    found = wiring.read_manifest(folder, files, options["constraint"], limits=limits)
    if found.manifest.kind == "pyproject":
        found = wiring.read_manifest(folder, files, options["constraint"], EVERYTHING, limits=limits)
    return found.manifest.groups


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Collect warnings while progress is shown, and write them afterwards, whatever happened."""
    troubles: list[str] = []
    try:
        yield troubles.append
    finally:
        write_warnings(troubles)


def _of_files(asked: Asked) -> Iterator[str]:
    """Warn of manifests that were not read, because another one in the folder comes first."""
    read = asked.found.manifest.files[0]
    for other in asked.found.passed_over:
        yield f"`{read}` was read; `{other}` in the same folder was not."
    path = None if asked.overlay else unread_environments(asked.found.manifest, asked.found.folder)
    if path is not None:
        yield f"`{path}` is not read; `--overlay NAME` or `--all-overlays` asks for what it describes."
