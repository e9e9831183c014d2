"""Which overlays a project has: those of its manifest's own table, else what ``.thoth.yaml`` describes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pinwise.actions.manifest import THOTH_FILE
from pinwise.explain.names import near_names
from pinwise.explain.words import code, listing
from pinwise.formats.entries import shown
from pinwise.formats.locks import lock_name_with
from pinwise.model.errors import UsageError
from pinwise.model.request import Manifest, Overlay, Place
from pinwise.settings.sources import read_file
from pinwise.units.goals import GOALS

if TYPE_CHECKING:
    from pinwise.formats.thoth_yaml import RuntimeEnvironment, ThothConfiguration

USUAL_GOAL = "stable"
"""What stands for a recommendation type of the forebear that is no goal yet."""

_THOTH_WORDS = {
    "python": "python_version",
    "platform": "operating_system",
    "goal": "recommendation_type",
    "lock": "requirements_format",
}


@dataclass(frozen=True, slots=True)
class Overlays:
    """The overlays of a project, each made when it is asked for.

    Attributes:
        origin: Where they are written, as people see it.
        makers: Name -> gives the overlay, in the order of the file.
        notes: What to say once of the file as a whole, given the names that were chosen.
        places: Where each is written.
    """

    origin: str
    makers: Mapping[str, Callable[[], Overlay]]
    notes: Callable[[Sequence[str]], Iterable[str]]
    places: Mapping[str, Place] = field(default_factory=dict)

    def choose(self, names: Sequence[str] | None) -> tuple[Overlay, ...]:
        """Return the overlays of these names, each once; all of them for None.

        Raises:
            UsageError: There is none of that name, or there is none at all.
        """
        if not self.makers:
            raise UsageError(
                f"{self.origin} names no overlays",
                hint="write a table such as `[tool.pinwise.overlays.gpu]` with `python` or `platform`; in a "
                "`Pipfile` it is `[pipenv.pinwise.overlays.gpu]`",
            )
        wanted = tuple(self.makers) if names is None else tuple(dict.fromkeys(names))
        for name in wanted:
            if name not in self.makers:
                near = near_names(name, self.makers)
                known = listing([self._named(each) for each in self.makers], longest=8)
                raise UsageError(
                    f"{self.origin} has no overlay `{shown(name)}`",
                    hint=f"did you mean {self._named(near[0])}?" if near else f"the overlays are {known}",
                )
        return tuple(self.makers[name]() for name in wanted)

    def _named(self, name: str) -> str:
        """Return an overlay for people: its name, and where it is written."""
        place = self.places.get(name)
        return code(name) if place is None else f"{code(name)} ({place})"


def known_overlays(manifest: Manifest | None, folder: Path) -> Overlays:
    """Return the overlays of a project.

    Args:
        manifest: The project's manifest, None where it has none that can name overlays.
        folder: The project's.

    Raises:
        UsageError: ``.thoth.yaml`` counts and cannot be read or understood.
    """
    path = folder / THOTH_FILE
    if manifest is not None and manifest.overlays:
        return _of_manifest(manifest, passed_over=path if path.is_file() else None)
    text = read_file(path, "file") if path.is_file() else None
    if text is None:
        files = manifest.files if manifest is not None else ()
        return Overlays(code(files[0]) if files else f"the folder {code(str(folder))}", {}, lambda _: ())
    from pinwise.formats.thoth_yaml import parse_thoth  # noqa: PLC0415  # YAML, where there is some only

    return _of_thoth(parse_thoth(text, str(path)))


def unread_environments(manifest: Manifest, folder: Path) -> Path | None:
    """Return the forebear's file where it describes environments for which one has to ask; else None."""
    path = folder / THOTH_FILE
    if manifest.overlays or not path.is_file():
        return None
    try:
        text = read_file(path, "file")
    except UsageError:  # it is not asked for, and is told where it is
        return None
    return path if text is not None and "runtime_environments" in text else None


def _of_manifest(manifest: Manifest, passed_over: Path | None) -> Overlays:
    """Return the overlays of our own table; the forebear's file beside it is not read."""
    notes = (
        []
        if passed_over is None
        else [f"`{passed_over}` is not read: the overlays of `{manifest.files[0]}` count."]
    )
    makers = {overlay.name: _giving(overlay) for overlay in manifest.overlays}
    places = {overlay.name: overlay.place for overlay in manifest.overlays}
    return Overlays(code(manifest.files[0]), makers, lambda _: notes, places)


def _giving(overlay: Overlay) -> Callable[[], Overlay]:
    return lambda: overlay


# --- the forebear's file


def _of_thoth(thoth: "ThothConfiguration") -> Overlays:
    """Return the environments of the forebear's file as overlays."""

    def maker(environment: "RuntimeEnvironment") -> Callable[[], Overlay]:
        return lambda: _overlay(thoth, environment)

    def notes(names: Sequence[str]) -> Iterator[str]:
        if thoth.idle:
            keys = listing([f"`{key}`" for key in thoth.idle])
            yield f"`{thoth.file}`: {keys} {_means(thoth.idle)} nothing to pinwise."
        chosen = [each for each in thoth.environments if each.name in names]
        unused = tuple(dict.fromkeys(key for each in chosen for key in each.unused))
        if unused:
            keys = listing([f"`{key}`" for key in unused])
            yield f"`{thoth.file}`: {keys} {_means(unused, 'has', 'have')} no effect on the stack yet."
        for environment in chosen:
            yield from _goal_notes(environment)

    makers = {environment.name: maker(environment) for environment in thoth.environments}
    places = {environment.name: environment.place for environment in thoth.environments}
    return Overlays(code(thoth.file), makers, notes, places)


def _means(keys: Sequence[str], one: str = "means", many: str = "mean") -> str:
    return one if len(keys) == 1 else many


def _goal_notes(environment: "RuntimeEnvironment") -> Iterator[str]:
    """Say where the goal is another one than the forebear's recommendation type."""
    written = environment.recommendation_type
    if written is not None and written.text not in GOALS:
        yield (
            f"{written.place}: pinwise has no goal `{written.text}` yet; the goal of `{environment.name}` is "
            f"`{USUAL_GOAL}` instead."
        )


def _overlay(thoth: "ThothConfiguration", environment: "RuntimeEnvironment") -> Overlay:
    """Return an environment of the forebear's file as an overlay."""
    from pinwise.formats.thoth_yaml import FORMATS  # noqa: PLC0415  # as above

    settings: dict[str, object] = {}
    places = {}
    if environment.python_version is not None:
        settings["python"] = environment.python_version.string("`python_version`")
        places["python"] = environment.python_version.place
    if (tag := environment.platform_tag()) is not None:
        settings["platform"], places["platform"] = tag
    if (goal := environment.recommendation_type) is not None:
        settings["goal"] = goal.text if goal.text in GOALS else USUAL_GOAL
        places["goal"] = goal.place
    words = dict(_THOTH_WORDS)
    if environment.system is None:
        words["platform"] = "platform"
    has_own_folder = thoth.overlays_dir is not None
    written = thoth.requirements_format
    if written is not None and written[0] != "pipenv":
        name = "requirements.txt"
        settings["lock"] = name if has_own_folder else lock_name_with(name, environment.name)
        places["lock"] = written[1]
    return Overlay(
        name=environment.name,
        place=environment.place,
        table=environment.name,
        settings=settings,
        settings_places=places,
        words=words,
        folder=f"{thoth.overlays_dir}/{environment.name}" if has_own_folder else None,
        manifests=FORMATS[written[0]] if written is not None else (),
    )
