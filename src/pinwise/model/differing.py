"""Documents of one release that do not say the same: the one that decides, and others that are known.

A release is taken to require the same whichever of its files is installed. One document decides what that is
(`pinwise.indexes.documents`); what another one says is told, and changes no advice.
"""

from dataclasses import dataclass

from packaging.requirements import Requirement

from pinwise.model.facts import ANOTHER_RELEASE, Document, Metadata, Origin, Unusable
from pinwise.model.names import normalise

COMPARED = (Origin.METADATA_FILE, Origin.WHEEL, Origin.SDIST)
"""Documents that state what is required; what an egg-info declares is less than that, and told as such."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What one document says besides another one, and what it does not say; all empty if they say the same.

    Attributes:
        required, not_required: Requirements, sorted.
        provided, not_provided: Extras, sorted.
        requires_python: Its Requires-Python ("" for none) where that is another one, else None.
        unusable: Why it is about another release, "" if it is not.
    """

    required: tuple[str, ...] = ()
    not_required: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()
    not_provided: tuple[str, ...] = ()
    requires_python: str | None = None
    unusable: str = ""

    def __bool__(self) -> bool:
        return self != _NONE


_NONE = Differences()


@dataclass(frozen=True, slots=True)
class OtherDocument:
    """A known document that does not say the same as the one that decides.

    Attributes:
        file: The file (name) whose document it is.
        kind: Which kind of document.
        differences: What it says besides.
    """

    file: str
    kind: Origin
    differences: Differences


def differences(one: Document, other: Document) -> Differences:
    """Return what `other` says besides `one` that matters to who depends on the release.

    The order of requirements, and how names are spelt, do not matter. A document that cannot be read says
    nothing; one that is about another release differs.
    """
    if one is other:
        return _NONE
    if isinstance(other, Unusable) or isinstance(one, Unusable):
        reasons = {each.reason if isinstance(each, Unusable) else "" for each in (one, other)}
        told = [reason for reason in sorted(reasons) if reason.startswith(ANOTHER_RELEASE)]
        return Differences(unusable=told[0]) if len(reasons) > 1 and told else _NONE
    required, theirs = _required(one), _required(other)
    return Differences(
        required=tuple(sorted(theirs - required)),
        not_required=tuple(sorted(required - theirs)),
        provided=tuple(sorted(other.extras - one.extras)),
        not_provided=tuple(sorted(one.extras - other.extras)),
        requires_python=_python(other) if _python(other) != _python(one) else None,
    )


def _required(document: Metadata) -> frozenset[str]:
    return frozenset(map(_written, document.requirements))


def _written(requirement: Requirement) -> str:
    """Return a requirement as text, its name normalised."""
    return normalise(requirement.name) + str(requirement)[len(requirement.name) :]


def _python(document: Metadata) -> str:
    return "" if document.requires_python is None else str(document.requires_python)
