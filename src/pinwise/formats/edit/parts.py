"""A requirement in its parts, and what becomes of one that is added where its project is required already."""

import re
from collections.abc import Sequence

from packaging.markers import InvalidMarker

from pinwise.formats.entries import is_remote, near, parse_requirement, shown
from pinwise.formats.requirements import looks_like_path
from pinwise.model.edit import Parts, Wanted
from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.names import NormalizedName, normalise

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9._-]+)\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?P<rest>.*)", re.DOTALL
)
_NAMED_URL = re.compile(r"\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*@")
_LOCAL = re.compile(r"(?P<path>[^;\[]*)(?:\[(?P<extras>[^\]]*)\])?\s*(?:;(?P<marker>.*))?")


def parts_of(text: str) -> Parts | None:
    """Return the parts of a dependency specifier as written, None where it is none.

    >>> parts_of("Flask[async] >=3 ; python_version < '3.11'")
    Parts(name='Flask', extras=('async',), bound='>=3', marker="python_version < '3.11'")
    """
    try:
        requirement = parse_requirement(text)
    except ValueError:
        return None
    found = _REQUIREMENT.fullmatch(text)
    assert found is not None, "what is a requirement begins with a name"
    rest = found["rest"].strip()
    if requirement.url is not None:
        bound, _, marker = rest.partition(" ;")
    else:
        bound, _, marker = rest.partition(";")
    extras = tuple(part.strip() for part in (found["extras"] or "").split(",") if part.strip())
    return Parts(found["name"], extras, bound.strip(), marker.strip())


def parse_wanted(text: str, *, is_editable: bool = False) -> Wanted:
    """Return what one argument of `pinwise add` asks for; a local project's name is not known yet ("").

    Raises:
        UsageError: It is no requirement, or one that no manifest can hold.
    """
    text = text.strip()
    if not _NAMED_URL.match(text):
        if is_remote(text):
            raise _remote(text)
        if looks_like_path(text):
            return _local(text, is_editable=is_editable)
    parts = parts_of(text)
    if parts is None:
        raise _invalid(text)
    if parts.bound.startswith("@") and is_remote(parts.bound.removeprefix("@").strip()):
        raise _remote(text)
    if is_editable:
        raise UsageError(
            f"`{shown(text)}` is no path, and only the folder of a project can be editable",
            hint="write it like `./folder`",
        )
    return Wanted(parts)


def _local(text: str, *, is_editable: bool) -> Wanted:
    found = _LOCAL.fullmatch(text)
    if found is None or not found["path"].strip() or not text.isprintable():
        raise _invalid(text)
    extras = tuple(part.strip() for part in (found["extras"] or "").split(",") if part.strip())
    parts = Parts("", extras, "", (found["marker"] or "").strip())
    try:
        checked = parts_of(str(Parts("name", parts.extras, "", parts.marker)))
    except InvalidMarker:
        checked = None
    if checked is None:
        raise _invalid(text)
    return Wanted(parts, found["path"].strip(), is_editable)


def _remote(text: str) -> UsageError:
    return UsageError(
        f"`{shown(text, 120)}` is a remote URL: pinwise reads projects from indexes and local paths only",
        hint="put the project on an index, or fetch it and name its folder, wheel or sdist by path",
    )


def _invalid(text: str) -> UsageError:
    try:
        parse_requirement(text)
        reason = ""
    except ValueError as error:
        reason = f": {error}"
    return UsageError(
        f"`{shown(text)}` is not a valid requirement{reason}",
        hint='write it like `flask`, `"flask>=3"` or `"celery[redis]~=5.4"`, in quotes for the shell',
    )


def amended(old: Parts, new: Parts) -> Parts:
    """Return a requirement with what `new` says; what it does not say stays.

    >>> str(amended(parts_of("Flask[async]<3; os_name == 'nt'"), parts_of("flask[dotenv]>=3")))
    "Flask[async,dotenv]>=3; os_name == 'nt'"
    """
    known = {normalise(extra) for extra in old.extras}
    extras = (*old.extras, *(extra for extra in new.extras if normalise(extra) not in known))
    return Parts(old.name, extras, new.bound or old.bound, new.marker or old.marker)


def matching(present: Sequence[Parts], new: Parts, where: str, file: str) -> int | None:
    """Return which of the present requirements `new` changes, None where it stands beside them.

    One with a marker changes the one with the same marker; one without a marker changes the only one, or the
    one without a marker.

    Raises:
        ManifestError: It may be any of several.
    """
    same = [number for number, each in enumerate(present) if each.key == new.key]
    alike = [number for number in same if present[number].condition == new.condition]
    if len(alike) > 1:
        raise ManifestError(
            f"`{new.key}` stands {len(alike)} times in {where}, under the same marker",
            file=file,
            hint="make one requirement of them first",
        )
    if alike or new.marker or not same:
        return alike[0] if alike else None
    if len(same) == 1:
        return same[0]
    raise ManifestError(
        f"`{new.key}` stands {len(same)} times in {where}, under different markers",
        file=file,
        hint=f'write the marker of the one that you mean: `"{present[same[0]]}"`',
    )


def sorted_place(names: Sequence[NormalizedName | None], new: NormalizedName) -> int:
    """Return before which of the present names a new one goes, so that sorted ones stay sorted.

    A None is no requirement. What is not sorted, or too short to tell, gets it at its end.

    >>> sorted_place(["click", "jinja2"], "flask"), sorted_place(["b", "a"], "aa"), sorted_place(["a"], "A")
    (1, 2, 1)
    """
    known = [name for name in names if name is not None]
    if len(known) < 2 or known != sorted(known):  # noqa: PLR2004  # one name is in any order
        return len(names)
    return next((number for number, name in enumerate(names) if name is not None and name > new), len(names))


def not_there(name: str, known: Sequence[str], where: str, file: str) -> ManifestError:
    """Return the error for a project that should be taken out and is not required."""
    listed = ", ".join(f"`{each}`" for each in dict.fromkeys(known))
    hint = near(name, known) or (f"required are {listed}" if 0 < len(listed) <= 200 else None)  # noqa: PLR2004
    return ManifestError(f"`{shown(name)}` is not required{where}", file=file, hint=hint)
