"""Why a stack holds a project at its version, worked out anew from manifest and knowledge base."""

from collections.abc import Callable, Sequence

from packaging.version import InvalidVersion, Version

from pinwise.actions.counterfactual import Asking, candidates_of, counterfactual
from pinwise.explain.names import near_names
from pinwise.model.errors import UsageError
from pinwise.model.facts import Project
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Pin
from pinwise.model.reasons import Link, Refused, Why
from pinwise.model.request import Group
from pinwise.space.masks import positions

MOST_NAMED = 5
_MANIFEST_ENDS = (".py", ".pyw", ".toml", ".txt", ".in", "Pipfile")


def why(
    asking: Asking,
    name: NormalizedName,
    version: str | None,
    *,
    groups: Callable[[], Sequence[Group]] = tuple,
) -> Why:
    """Return why a stack holds `name`, and what `version` of it would bring.

    Args:
        asking: The stack and its world.
        name: A project in it.
        version: The version to ask about; None: the newest one that could have been chosen.
        groups: Gives every group of the manifest, also those that the stack is not for.

    Raises:
        UsageError: The stack does not hold the project, or the project has no such version.
    """
    advice = asking.advice
    pin = next((each for each in advice.pins if each.name == name), None)
    if pin is None:
        raise _absent(advice, name, groups())
    asked = _newest(asking, pin) if version is None else _known_version(asking, name, version)
    is_other = asked is not None and asked != pin.version
    return Why(
        advice=advice,
        pin=pin,
        chain=chain(advice, name),
        constraints=_constraints(advice, name),
        newer=_newer(asking, pin),
        counterfactual=counterfactual(asking, name, asked) if asked is not None and is_other else None,
        is_chosen=asked == pin.version,
    )


def chain(advice: Advice, name: NormalizedName) -> tuple[Link, ...]:
    """Return the shortest way from the manifest to a project; of several, the first by order and name."""
    pins = {pin.name: pin for pin in advice.pins}
    links: dict[NormalizedName, tuple[Link, ...]] = {name: ()}
    near = [name]
    while near:
        for each in near:
            for edge in pins[each].requested_by:
                if edge.name is None:
                    place = _place(advice, each, edge.group, edge.requirement)
                    return (Link(None, None, edge.requirement, each, edge.group, place), *links[each])
        further: dict[NormalizedName, None] = {}
        for each in near:
            for edge in pins[each].requested_by:
                if edge.name is not None and edge.name not in links:
                    pin = pins[edge.name]
                    words = pin.version_name
                    link = Link(edge.name, pin.version, edge.requirement, each, version_name=words)
                    links[edge.name] = (link, *links[each])
                    further[edge.name] = None
        near = list(further)
    raise AssertionError(f"{name} is in the stack and nothing leads to it")


def _place(advice: Advice, name: NormalizedName, group: str, requirement: str) -> str:
    """Return where the manifest says a requirement."""
    for each in advice.request.groups:
        for direct in each.requirements:
            text = str(direct).split(";", 1)[0].strip()
            if each.name == group and direct.name == name and text == requirement:
                return str(direct.place)
    return ""


def _constraints(advice: Advice, name: NormalizedName) -> tuple[Link, ...]:
    return tuple(
        Link(None, None, str(each.requirement).split(";", 1)[0].strip(), name, place=str(each.place))
        for each in advice.request.constraints
        if each.name == name
    )


def _absent(advice: Advice, name: NormalizedName, groups: Sequence[Group]) -> UsageError:
    left_out = next((each for each in advice.left_out if each.name == name), None)
    if left_out is not None:
        return UsageError(
            f"`{name}` is not in the stack: the marker of `{left_out}` ({left_out.place}) does not hold here",
            hint="ask for another target with `--python` or `--platform`",
        )
    for group in groups:
        if any(direct.name == name for direct in group.requirements):
            word, option = ("extra", "--extra") if group.extra else ("dependency group", "--group")
            bare = group.extra or group.name
            return UsageError(
                f"`{name}` is not in the stack: only the {word} `{bare}` requires it, which is not asked for",
                hint=f"ask for it too: `{option} {bare}`",
            )
    near = near_names(name, [pin.name for pin in advice.pins])
    return UsageError(
        f"`{name}` is not in the stack: nothing in it requires `{name}`",
        hint=f"did you mean `{near[0]}`?" if near else "`pinwise tree` shows what is in it",
    )


def _known_version(asking: Asking, name: NormalizedName, text: str) -> Version:
    """Return the version that is meant.

    Raises:
        UsageError: It is none, or no release of the project has it.
    """
    try:
        version = Version(text[:100])
    except (InvalidVersion, ValueError):
        shown = "".join(letter if letter.isprintable() else "?" for letter in text[:60])
        is_place = any(mark in shown for mark in "/\\") or shown.endswith(_MANIFEST_ENDS)
        hint = f"to name the manifest, write `--folder {shown}`" if is_place else "give one such as `2.3.1`"
        raise UsageError(f"`{shown}` is not a version", hint=hint) from None
    page = asking.world.knowledge.project(name)
    known = [each.version for each in page.releases] if isinstance(page, Project) else []
    if version in known:
        return version
    newest = ", ".join(f"`{each}`" for each in reversed(known[-MOST_NAMED:]))
    raise UsageError(
        f"`{name}` has no release {version}",
        hint=f"its newest releases are {newest}" if newest else "`pinwise advise` shows what there is",
    )


def _newest(asking: Asking, pin: Pin) -> Version | None:
    """Return the newest version above the pin that is as good a candidate as any, None if there is none."""
    candidates = candidates_of(asking, pin.name)
    newest = candidates.newest or pin.version
    return newest if newest > pin.version else None


def _newer(asking: Asking, pin: Pin) -> tuple[Refused, ...]:
    """Return the releases above the pin that are not chosen unless the user names them, the newest first."""
    candidates = candidates_of(asking, pin.name)
    baseline = {candidates.versions[k] for k in positions(candidates.baseline)}
    refused = {version: finding.reason for version, finding in candidates.refused}
    refused |= {
        version: "is a pre-release, which nothing asks for"
        for version in candidates.versions
        if version not in baseline
    }
    above = sorted((version for version in refused if version > pin.version), reverse=True)
    return tuple(Refused(version, refused[version]) for version in above)
