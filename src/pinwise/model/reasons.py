"""Why a stack is as it is: the chain to a pin, what another version would bring, what is behind."""

from dataclasses import dataclass

from packaging.version import Version

from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Outcome, Pin


@dataclass(frozen=True, slots=True)
class Link:
    """One edge of a chain of requirements.

    Attributes:
        name, version: The pin that requires; None where the manifest does.
        requirement: In the requirer's words, extras and specifier included.
        target: The project that is required.
        group: The manifest's category where the manifest requires, else "".
        place: Where the manifest says so ("Pipfile:7"), else "".
        version_name: The version for people.
    """

    name: NormalizedName | None
    version: Version | None
    requirement: str
    target: NormalizedName
    group: str = ""
    place: str = ""
    version_name: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One project that is not the same, or does not cost the same, in two stacks.

    Attributes:
        name: The project.
        before, after: Its versions; None where the stack does not hold it.
        cost_before, cost_after: What is held against it in each.
    """

    name: NormalizedName
    before: Version | None
    after: Version | None
    cost_before: int
    cost_after: int


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What the best stack would be with one more constraint.

    Attributes:
        version: The version to which the project is pinned.
        constraint: That constraint as text.
        outcome: The best stack under it, the conflict that forbids it, or why nothing was decided.
        differences: From the chosen stack to that one, by name; empty unless there is one.
        is_yanked: Whether the version was yanked: only the exact constraint admits it.
        is_prerelease: Whether it is a pre-release that only the exact constraint admits.
    """

    version: Version
    constraint: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    is_yanked: bool = False
    is_prerelease: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A release that is no candidate, and why, in words that follow the version."""

    version: Version
    reason: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a stack holds a project at its version.

    Attributes:
        advice: The stack.
        pin: The project's pin in it.
        chain: The shortest way from the manifest to it.
        constraints: The user's constraints on it, each with its place.
        newer: Releases above the pin that are no candidates, the newest first.
        counterfactual: What another version would bring; None where there is no other one to ask about.
        is_chosen: Whether the version that was asked about is the chosen one.
    """

    advice: Advice
    pin: Pin
    chain: tuple[Link, ...]
    constraints: tuple[Link, ...]
    newer: tuple[Refused, ...]
    counterfactual: Counterfactual | None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Behind:
    """A pin that is not the newest of its baseline, and what the newest one would bring."""

    pin: Pin
    counterfactual: Counterfactual


@dataclass(frozen=True, slots=True)
class Outdated:
    """All pins of a stack that are behind, by name."""

    advice: Advice
    behind: tuple[Behind, ...]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of a stack drawn as a tree.

    Attributes:
        depth: 0 for what the tree grows from.
        name, version: The package; None for the manifest itself, where it ends an inverted tree.
        requirement: The words of the edge from the row above, "" where the tree grows from here.
        extras: The extras that the stack asks for.
        group: The category of a requirement of the manifest, else "".
        is_last: Whether no sibling follows.
        is_repeated: Whether what is below was drawn before.
        is_cut: Whether what is below is left out because of the depth.
        version_name: The version for people.
    """

    depth: int
    name: NormalizedName | None
    version: Version | None
    requirement: str
    extras: tuple[NormalizedName, ...] = ()
    group: str = ""
    is_last: bool = False
    is_repeated: bool = False
    is_cut: bool = False
    version_name: str = ""
