"""What would help where nothing fits: one thing relaxed, tried, and found to have a stack."""

from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from pinwise.model.names import NormalizedName


class HintKind(StrEnum):
    """What is relaxed."""

    REQUIREMENT = "requirement"  # `relaxed` of the manifest becomes `instead`, or goes where that is ""
    CONSTRAINT = "constraint"  # the constraint `relaxed` becomes `instead`, or goes where that is ""
    PRE_RELEASE = "pre-release"  # the constraint `instead` is added; it names a pre-release
    YANKED = "yanked"  # the constraint `instead` is added; it pins a yanked release
    SDIST = "sdist"  # `project` is built from its sdist: ``--no-binary PROJECT``
    PYTHON = "python"  # the target's Python is `instead` of `relaxed`


@dataclass(frozen=True, slots=True)
class Hint:
    """One change to the request with which there is a stack; it was tried.

    Attributes:
        kind: What is relaxed.
        relaxed: What the user wrote, or the Python of the target; "" where something is only added.
        instead: What stands in its place, or is added; "" where it is left out.
        place: Where the user wrote it ("Pipfile:7"), "" where that is nowhere.
        project: The project that it is about, None for another Python.
        version: At which version the stack that was found holds the project, None if it does not.
        edits: How many specifiers change; 2 for a requirement that is left out, 1 for everything else.
        packages: How many packages the stack has.
        cost: What it costs.
        optimal: Whether it is proven to be the best one.
    """

    kind: HintKind
    relaxed: str
    instead: str
    place: str
    project: NormalizedName | None
    version: Version | None
    edits: int
    packages: int
    cost: int
    optimal: bool
