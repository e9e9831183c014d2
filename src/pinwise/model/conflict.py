"""Why nothing fits, as data: a tree of facts and of what follows from them.

The search derives it, `pinwise.explain` turns it into prose. Terms and statements are those of PubGrub:
an incompatibility is a set of terms that cannot all hold.
"""

from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Term:
    """A claim on one project: that a stack holds it at one of `versions`.

    Attributes:
        project: Its name, with extras where the claim is on an extra (``celery[redis]``).
        versions: In ascending order.
        known: Every version that the project has, in ascending order, so that prose can say "every version"
            and collapse runs.
        or_absent: Whether the claim also holds when the project is not in the stack.
    """

    project: str
    versions: tuple[Version, ...]
    known: tuple[Version, ...]
    or_absent: bool = False


class FactKind(StrEnum):
    """Where a fact comes from."""

    ROOT = "root"  # the manifest requires `requirement`
    REQUIRES = "requires"  # `subject` requires `requirement`
    CONSTRAINT = "constraint"  # a constraint allows only `requirement`
    UNUSABLE = "unusable"  # `subject` cannot be used, because of `reasons`
    NO_PROJECT = "no project"  # no index has `subject`
    HELD = "held"  # an earlier group holds `subject`


@dataclass(frozen=True, slots=True)
class Fact:
    """A leaf of a derivation.

    Attributes:
        kind: What kind of fact it is; decides which of the other fields matter.
        subject: The project and versions that it is about; None for a root requirement or constraint.
        requirement: The requirement as text (``urllib3<2``), "" where there is none.
        target: The project and versions that satisfy the requirement, None where there is none.
        reasons: In words, why releases that match the requirement cannot be used ("3.0 needs Python >=3.12").
        place: Where it was written ("Pipfile:7"), "" if it was not written by the user; of a requirement that
            the user overrides where ("overridden in Pipfile:9").
        group: The category of a root requirement or of a held project.
        suggestions: Near names for a project that no index has.
        index: For a missing project that the manifest binds to one index, or whose page is empty: which; else
            "". An empty page has a reason.
        elsewhere: Indexes that are known to have a missing project, but do not serve it.
    """

    kind: FactKind
    subject: Term | None = None
    requirement: str = ""
    target: Term | None = None
    reasons: tuple[str, ...] = ()
    place: str = ""
    group: str = ""
    suggestions: tuple[str, ...] = ()
    index: str = ""
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from two or more premises: the `terms` cannot all hold; no terms: nothing can.

    The same `Derived` object stands at every place where it is used; identity tells a shared premise.
    """

    terms: tuple[Term, ...]
    premises: tuple["Fact | Derived", ...]


Derivation = Fact | Derived
