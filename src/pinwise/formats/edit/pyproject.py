"""Edit the requirements of a ``pyproject.toml``: those of its project, its extras and its groups."""

from collections.abc import Iterator, Sequence

from pinwise.formats.edit.lists import Lists
from pinwise.formats.edit.parts import not_there
from pinwise.formats.entries import near, shown
from pinwise.formats.pyproject import EXTRAS_TABLE, GROUPS_TABLE, names_of
from pinwise.formats.toml_text import Document, Path
from pinwise.model.edit import Wanted
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.limits import ACCEPTED
from pinwise.model.names import NormalizedName, parse_name
from pinwise.model.request import DEFAULT_GROUP


def add_to_project(text: str, file: str, wanted: Sequence[Wanted], group: str) -> Lists:
    """Return a ``pyproject.toml`` with all that is wanted in one of its lists.

    Args:
        text: Its text.
        file: Its name, for messages.
        wanted: What to add.
        group: `default`, the name of a dependency group, or that of an extra in brackets.

    Raises:
        ManifestError: It cannot have such a list, or the list cannot be edited.
    """
    document = Document.parse(text, file, ACCEPTED)
    path, label = _destination(document, group)
    lists = Lists(text, file)
    for each in wanted:
        lists = lists.add(path, label, each)
    return lists


def remove_from_project(
    text: str, file: str, names: Sequence[NormalizedName], groups: Sequence[str] = ()
) -> Lists:
    """Return a ``pyproject.toml`` without what it requires of some projects.

    Args:
        text: Its text.
        file: Its name, for messages.
        names: The projects.
        groups: Where to look, named as in `add_to_project`; everywhere where it is empty.

    Raises:
        ManifestError: One of them is not required there, or there is no such group.
    """
    document = Document.parse(text, file, ACCEPTED)
    places = dict(_places(document)) if not groups else dict(_known(document, group) for group in groups)
    lists = Lists(text, file)
    known = [name for path in places.values() for name in lists.names(path)]
    where = f" by {' or '.join(f'`{shown(group)}`' for group in groups)}" if groups else ""
    for name in names:
        if name not in known:
            raise not_there(name, known, where, file)
        for label, path in places.items():
            lists = lists.remove(path, label, name)
    return lists


def _places(document: Document) -> Iterator[tuple[str, Path]]:
    """Yield every list of requirements, by the name of its group."""
    yield DEFAULT_GROUP, ("project", "dependencies")
    for name, written in names_of(document, "extras", "project", EXTRAS_TABLE).items():
        yield f"[{name}]", ("project", EXTRAS_TABLE, written)
    for name, written in names_of(document, "dependency groups", GROUPS_TABLE).items():
        yield name, (GROUPS_TABLE, written)


def _key(group: str) -> str:
    """Return the normalised name of a group; that of an extra stays in brackets."""
    is_extra = group.startswith("[")
    name = group.strip("[]")
    try:
        key = parse_name(name)
    except UsageError as error:
        word = "extra" if is_extra else "group"
        raise UsageError(
            f"`{shown(name)}` cannot be the name of an {word}"
            if is_extra
            else f"`{shown(name)}` cannot be the name of a {word}",
            hint=error.hint,
        ) from None
    return f"[{key}]" if is_extra else key


def _known(document: Document, group: str) -> tuple[str, Path]:
    places = dict(_places(document))
    key = _key(group)
    if key not in places:
        is_extra = group.startswith("[")
        word = "extra" if is_extra else "dependency group"
        known = [
            each.strip("[]") for each in places if each != DEFAULT_GROUP and each.startswith("[") == is_extra
        ]
        listed = ", ".join(f"`{shown(each)}`" for each in known)
        raise ManifestError(
            f"this project has no {word} `{shown(group.strip('[]'))}`",
            file=document.file,
            hint=near(group.strip("[]"), known) or (f"the {word}s are {listed}" if known else None),
        )
    return key, places[key]


def _destination(document: Document, group: str) -> tuple[Path, str]:
    """Return the list to which a requirement is added, as spelt where it is new, and its group."""
    key = _key(group)
    places = dict(_places(document))
    is_group = key != DEFAULT_GROUP and not key.startswith("[")
    if not is_group:
        _refuse_dynamic(document, "dependencies" if key == DEFAULT_GROUP else EXTRAS_TABLE)
    if key in places:
        return places[key], key
    name = group.strip("[]")
    return ((GROUPS_TABLE, name) if is_group else ("project", EXTRAS_TABLE, name)), key


def _refuse_dynamic(document: Document, key: str) -> None:
    project = document.table("project")
    if "project" not in document.tables:
        raise ManifestError(
            "this file has no table `[project]` to which a requirement could be added",
            file=document.file,
            hint=f"name a group below `[{GROUPS_TABLE}]` with `--group`, or write `[project]` with `name` "
            "and `version` first",
        )
    if key in document.strings(project, "project", "dynamic"):
        raise document.error(
            f"this project leaves its `{key}` to its build, so that none can be added here",
            "project",
            "dynamic",
            hint=f"take `{key}` out of `dynamic` and list them here, or edit the file that the build reads",
        )
