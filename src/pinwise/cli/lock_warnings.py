"""What to know of locks before they are written: what they replace, and whose addresses they name."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from pinwise.actions.texts import read_text
from pinwise.formats.lock_origin import LockOrigin, read_origin, what_is_left
from pinwise.formats.locked_indexes import mirror_of_files
from pinwise.formats.locks import LockFormat, lock_format
from pinwise.model.errors import ManifestError
from pinwise.model.outcome import Advice
from pinwise.model.request import DEFAULT_GROUP


def lock_warnings(advice: Advice, folder: Path, names: Sequence[str]) -> Iterator[str]:
    """Yield warnings of the locks `names` that are about to be made in `folder`: those that are pylock files.

    A lock that was made of something else is replaced with its pins; and the format names the URL of each
    file, which may be known as a mirror's only.
    """
    now = LockOrigin.of(advice.request)
    host = mirror_of_files(advice)
    for name in names:
        if lock_format(name) is not LockFormat.PYLOCK:
            continue
        path = folder / name
        before = _origin(path)
        if before is not None and (left := what_is_left(before, now)):
            yield f"`{path}` {left}. To keep both, name another lock: `--lock {_other_name(now)}`."
        if host:
            yield (
                f"`{path}` has to name the URL of each file, and those of `{host}` are its own: where that "
                "mirror is not reached, a `.txt` lock serves, which names the index only."
            )


def _origin(path: Path) -> LockOrigin | None:
    """Return of what the lock at `path` was made; None where there is none that says so."""
    try:
        return read_origin(read_text(path, str(path)))
    except ManifestError:
        return None


def _other_name(origin: LockOrigin) -> str:
    """Return a name for a lock beside `pylock.toml`, made of what it is of."""
    groups = [group for group in origin.groups if group != DEFAULT_GROUP]
    stems = [PurePath(name).stem for name in origin.manifests]
    names = groups if len(groups) == len(origin.groups) else stems
    word = re.sub(r"[^a-z0-9_-]+", "-", names[0].lower()).strip("-") if names else ""
    return f"pylock.{word or 'other'}.toml"
