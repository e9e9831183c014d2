"""Slices <-> bytes, and what a slice is for: a target, and the file policy of one project.

The bytes are of `marshal`: reading them makes columns, masks and texts at once, in C. They come from this
machine's own store and are read only where their digest holds.
"""

import marshal
from typing import Any

import packaging

from pinwise.model.environment import Environment
from pinwise.model.facts import Metadata, Skip
from pinwise.model.names import NormalizedName
from pinwise.model.request import FormatControl, Request
from pinwise.space.rows import Demand, Extra, Rows, Said
from pinwise.space.slices import Ranges, Slice
from pinwise.units.admission import baseline
from pinwise.units.context import Candidates
from pinwise.units.versions import Versions

COMPILER = 1
"""Counted up whenever the same facts may give another slice, or the same slice other bytes."""

_FORM = 4  # of `marshal`: equal texts once; every Python since 3.4 reads it


def target_text(environment: Environment) -> str:
    """Return all that a slice rests on besides the facts of its project and its file policy."""
    markers = "\n".join(f"{key}={value}" for key, value in sorted(environment.markers.items()))
    head = f"{COMPILER} {packaging.__version__} {environment.python}"
    return "\n\n".join((head, markers, "\n".join(environment.tags)))


class Policies:
    """The file policy of each project as a request has it: formats, and metadata that the user gave."""

    def __init__(self, request: Request) -> None:
        self._formats = request.formats
        self._is_usual = request.formats == FormatControl()
        self._given: dict[NormalizedName, list[str]] = {}
        for (name, version), metadata in sorted(request.given.items(), key=lambda each: each[0]):
            self._given.setdefault(name, []).append(f"{version}: {_words(metadata)}")

    def of(self, name: NormalizedName) -> str:
        """Return the policy of one project, "" for the usual one."""
        if self._is_usual and name not in self._given:
            return ""
        wheels = "" if self._formats.allows_wheels(name) else "no wheels\n"
        sdists = "" if self._formats.allows_sdists(name) else "no sdists\n"
        return f"{wheels}{sdists}" + "\n".join(self._given.get(name, ()))


def _words(metadata: Metadata) -> str:
    python = "" if metadata.requires_python is None else str(metadata.requires_python)
    return repr((python, [str(each) for each in metadata.requirements], sorted(metadata.extras)))


def to_bytes(each: Slice) -> bytes:
    """Return a slice as bytes."""
    its, rows, ranges = each.candidates, each.rows, each.ranges
    listed: Any = (
        "\n".join(its.versions.texts),
        its.builds,
        tuple(its.uploaded),
        its.prereleases,
        tuple(tuple(skip) for skip in its.skipped),
        each.has_yanked,
    )
    extras = {name: (_plain(extra.said), extra.lacks) for name, extra in rows.extras.items()}
    said: Any = (
        *(rows.known, _plain(rows.base), dict(rows.broken), dict(rows.unfit), rows.origins, extras),
        *(ranges.masks, tuple(sorted(ranges.naming))),
    )
    return marshal.dumps((listed, said), _FORM)


def from_bytes(content: bytes, name: NormalizedName, index_url: str) -> Slice:
    """Return the slice of a project that an index serves."""
    listed, said = marshal.loads(content)  # noqa: S302  # our own row, its digest checked
    texts, builds, uploaded, prereleases, skipped, has_yanked = listed
    known, base, broken, unfit, origins, extras, masks, naming = said
    versions = Versions(texts.split("\n") if texts else ())
    members = baseline(prereleases, len(versions), allows_prereleases=False)
    left_out = tuple(Skip(*skip) for skip in skipped)
    candidates = Candidates(
        name, index_url, versions, builds, uploaded, prereleases, members, skipped=left_out
    )
    added = {extra: Extra(_said(each), lacks) for extra, (each, lacks) in extras.items()}
    rows = Rows(known, _said(base), broken, unfit, origins, added)
    return Slice(candidates, rows, Ranges(masks, set(naming)), has_yanked)


def _plain(said: Said) -> Any:
    return tuple((tuple(demand), mask) for demand, mask in said.rows), dict(said.orders)


def _said(plain: Any) -> Said:
    rows, orders = plain
    return Said(tuple((Demand._make(demand), mask) for demand, mask in rows), orders)
