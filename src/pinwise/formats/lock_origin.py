"""Of what a `pylock.toml` was made: the manifests and groups that our table in it names."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pinwise.formats.lock_text import one_line
from pinwise.formats.toml_write import toml_string
from pinwise.model.request import DEFAULT_GROUP, Request

_HEADER = "\n[tool.pinwise]\n"
KEYS = ("manifests", "groups")
"""The keys of our table that hold it; a lock is not written anew for them."""


@dataclass(frozen=True, slots=True)
class LockOrigin:
    """Of what a lock was made.

    Attributes:
        manifests: Names of the files without folders: the same from wherever pinwise is run.
        groups: Names of the groups, as in `pinwise.model.request.Group`.
    """

    manifests: tuple[str, ...]
    groups: tuple[str, ...]

    @classmethod
    def of(cls, request: Request) -> "LockOrigin":
        """Return of what a lock for `request` is made."""
        items = (*request.direct, *request.left_out)
        files = dict.fromkeys(one_line(PurePath(item.place.file).name) for item in items)
        return cls(tuple(files), tuple(one_line(group.name) for group in request.groups))

    def lines(self) -> Iterator[str]:
        """Yield it as TOML."""
        for key, names in zip(KEYS, (self.manifests, self.groups), strict=True):
            yield f"{key} = [{', '.join(toml_string(name) for name in names)}]"


def own_table(text: str) -> Mapping[str, object]:
    """Return our table in a `pylock.toml` that we wrote, at its end; an empty one elsewhere.

    The rest of the lock is not parsed: that takes a tenth of a second where there are many files.
    """
    begin = text.rfind(_HEADER)
    try:
        tables = tomllib.loads(text[begin:]) if begin >= 0 else {}
    except (ValueError, RecursionError):
        return {}
    match tables:
        case {"tool": {"pinwise": dict(own)}}:
            return own
        case _:
            return {}


def read_origin(text: str) -> LockOrigin | None:
    """Return of what a `pylock.toml` was made; None where it does not say, or cannot be read."""
    match own_table(text):
        case {"manifests": [*manifests], "groups": [*groups]}:
            return LockOrigin(tuple(map(str, manifests)), tuple(map(str, groups)))
        case _:
            return None


def what_is_left(before: LockOrigin, now: LockOrigin) -> str:
    """Return a sentence on what a lock was made of and will not be made of any more, "" for nothing.

    Manifests have one another in common where one includes the other, and groups may be added: neither takes
    anything away.
    """
    if before.manifests and now.manifests and not {*before.manifests} & {*now.manifests}:
        return f"was made of {_listed(before.manifests)}, and now it is made of {_listed(now.manifests)}"
    gone = [name for name in before.groups if name not in now.groups]
    if not gone:
        return ""
    named = [name for name in gone if name != DEFAULT_GROUP]
    own = ["what the project itself requires"] if DEFAULT_GROUP in gone else []
    return f"was made with {' and '.join([*own, *([_listed(named)] if named else [])])}, not asked for now"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{one_line(name)[:80]}`" for name in names)
