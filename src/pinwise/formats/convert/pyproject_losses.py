"""What a `pyproject.toml` says besides what is required, none of which another manifest takes over."""

from collections.abc import Iterator

from pinwise.formats.convert.manifest_losses import ManifestFormat, loss_of
from pinwise.formats.entries import parse_requirement, shown
from pinwise.formats.pyproject import EXTRAS_TABLE, GROUPS_TABLE
from pinwise.formats.toml_text import Document
from pinwise.model.limits import ACCEPTED
from pinwise.model.loss import Loss
from pinwise.model.names import normalise

_CARRIED = {"dependencies", EXTRAS_TABLE, "requires-python"}
"""Keys of `[project]` that are carried over."""


def pyproject_losses(text: str, file: str, target: ManifestFormat) -> tuple[Loss, ...]:
    """Return what is lost of a `pyproject.toml` besides what its `Manifest` says.

    Args:
        text: The file, which was read as a manifest before.
        file: Its name, for messages.
        target: The format that it is turned into.

    Raises:
        ManifestError: It is not valid TOML.
    """
    document = Document.parse(text, file, ACCEPTED)
    besides = {
        "project": [key for key in document.table("project") if key not in _CARRIED],
        "build": ["build-system"] if "build-system" in document.tables else [],
        "tables": list(_others(document)),
        "includes": list(_including(document)),
    }
    return tuple(
        loss_of(aspect, target, named="`, `".join(shown(name) for name in names))
        for aspect, names in besides.items()
        if names
    )


def _others(document: Document) -> Iterator[str]:
    """Yield the tables that are none of the standards' and not ours."""
    known = {"project", GROUPS_TABLE, "build-system", "tool"}
    yield from (key for key in document.tables if key not in known)
    yield from (f"tool.{key}" for key in document.table("tool") if key != "pinwise")


def _including(document: Document) -> Iterator[str]:
    """Yield the lists that hold other groups, or the project itself for what its extras stand for."""
    name = document.string(document.table("project"), "project", "name")
    lists = {"dependencies": document.table("project").get("dependencies", [])}
    lists |= {f"[{key}]": items for key, items in document.table("project", EXTRAS_TABLE).items()}
    lists |= dict(document.table(GROUPS_TABLE))
    for key, items in lists.items():
        each = items if isinstance(items, list) else []
        if any(isinstance(item, dict) or _is_itself(str(item), name) for item in each):
            yield key


def _is_itself(text: str, name: str | None) -> bool:
    requirement = parse_requirement(text, ACCEPTED)
    return name is not None and requirement.url is None and normalise(requirement.name) == normalise(name)
