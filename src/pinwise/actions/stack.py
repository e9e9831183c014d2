"""From picks to pins: the chosen candidates with their prices, reasons, requirers and files."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from pinwise.actions.passed_by import passed_by
from pinwise.actions.ports import Knowledge
from pinwise.model.differing import OtherDocument, differences
from pinwise.model.facts import Origin, Project, Release, Skip
from pinwise.model.names import NormalizedName
from pinwise.model.outcome import Advice, Pin, Price, Proof, RequestedBy
from pinwise.model.request import DirectRequirement, Request
from pinwise.space.compile import Compiler
from pinwise.space.rows import Amendments, Demand
from pinwise.space.space import Picks, Space
from pinwise.units.context import Candidates
from pinwise.units.sieves import allowed_files
from pinwise.units.steps import METADATA_STEPS, STEPS, behind_counts, days_behind

_NUMBERS = re.compile(r"[-_ ]v?([0-9]{1,9}(?:\.[0-9]{1,9})*)")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of the search has chosen: earlier groups' projects included.

    Attributes:
        compiler: Knows the candidates and prices of the step.
        space: The last space that was searched.
        picks: The stack in it.
        group: The category that the step solved.
    """

    compiler: Compiler
    space: Space
    picks: Picks
    group: str = ""

    def versions(self) -> Mapping[NormalizedName, Version]:
        """Return the chosen version of every project."""
        return {name: version for name, (version, _) in self.chosen().items()}

    def positions(self) -> Mapping[NormalizedName, int]:
        """Return the chosen position of every project, among its candidates."""
        nodes, bases = self.space.nodes, self.space.bases
        return {nodes[node].name: position for node, position in self.picks.items() if bases[node] == node}

    def chosen(self) -> Mapping[NormalizedName, tuple[Version, str]]:
        """Return the chosen version of every project, and the URL of the index that serves it."""
        return {
            self.space.nodes[node].name: (
                self.space.candidates[node].versions[position],
                self.space.candidates[node].index,
            )
            for node, position in self.picks.items()
            if self.space.bases[node] == node
        }


def held_by(steps: Iterable[Step]) -> Mapping[NormalizedName, tuple[Version, str]]:
    """Return what earlier steps hold for a later one: each project's version, and the group that chose it."""
    held: dict[NormalizedName, tuple[Version, str]] = {}
    for step in steps:
        for name, version in step.versions().items():
            held.setdefault(name, (version, step.group))
    return held


def assemble(
    request: Request, knowledge: Knowledge, steps: Sequence[Step], proof: Proof, *, is_alone: bool = False
) -> Advice:
    """Return the advice on the stack that the last step completes.

    With `is_alone`, nothing is said of releases that are not in it.
    """
    assembly = _Assembly(request, knowledge, steps)
    pins = assembly.pins()
    return Advice(
        request=request,
        pins=pins,
        proof=proof,
        left_out=request.left_out,
        amended=assembly.amended(),
        skipped={} if is_alone else _skipped(steps, pins),
        warnings=(
            *request.warnings,
            *assembly.warnings(pins),
            *(() if is_alone else passed_by(request, pins, assembly.compilers)),
        ),
    )


class _Assembly:
    """The finished stack as a graph of requirements, walked once per group."""

    def __init__(self, request: Request, knowledge: Knowledge, steps: Sequence[Step]) -> None:
        self._request = request
        self._versions: dict[NormalizedName, Version] = {}
        self._positions: dict[NormalizedName, int] = {}
        self._paid: dict[NormalizedName, Step] = {}
        for step in steps:
            for name, position in step.positions().items():
                if name not in self._paid:
                    self._paid[name], self._positions[name] = step, position
                    self._versions[name] = step.compiler.candidates(name).versions[position]
        self._direct: dict[NormalizedName, list[DirectRequirement]] = {}
        for requirement in request.direct:
            self._direct.setdefault(requirement.name, []).append(requirement)
        self._facts = knowledge.only({**self._versions})
        self._amendments = Amendments(request)
        self._amended: dict[NormalizedName, dict[RequestedBy, None]] = {}
        self._extras: dict[NormalizedName, set[NormalizedName]] = {name: set() for name in self._versions}
        self._groups: dict[NormalizedName, list[str]] = {name: [] for name in self._versions}
        self._edges: dict[NormalizedName, dict[RequestedBy, None]] = {name: {} for name in self._versions}
        self._requires: dict[NormalizedName, set[NormalizedName]] = {name: set() for name in self._versions}
        for group in request.groups:
            self._walk(group.name, group.requirements)

    @property
    def compilers(self) -> Mapping[NormalizedName, Compiler]:
        """Who knows the candidates of each project, as the step that chose it sees them."""
        return {name: step.compiler for name, step in self._paid.items()}

    def pins(self) -> tuple[Pin, ...]:
        return tuple(self._pin(name) for name in sorted(self._versions))

    def amended(self) -> Mapping[NormalizedName, tuple[RequestedBy, ...]]:
        """Return which requirements the user's overrides and exclusions stand in place of."""
        return {name: tuple(self._amended[name]) for name in sorted(self._amended)}

    def warnings(self, pins: Sequence[Pin]) -> Iterator[str]:
        """Say what is odd about what was chosen."""
        for pin in pins:
            if pin.yanked is not None:
                why = f": {pin.yanked}" if pin.yanked else ""
                yield f"`{pin.name}=={pin.version}` was yanked{why}; it is pinned exactly by hand."
            for extra in pin.extras:
                if self._paid[pin.name].compiler.lacks(pin.name, extra, self._positions[pin.name]):
                    yield f"`{pin.name}=={pin.version}` has no extra `{extra}`; it is ignored."
            if pin.metadata_origin is Origin.EGG_INFO:
                yield (
                    f"The requirements of `{pin.name}=={pin.version}` are declared by its sdist, not "
                    "verified: its build may add others."
                )

    def _walk(self, group: str, roots: Sequence[DirectRequirement]) -> None:
        """Follow the requirements of one group through the stack, extras as they are asked for."""
        seen: set[tuple[NormalizedName, NormalizedName | None]] = set()
        queue: list[tuple[NormalizedName, NormalizedName | None]] = []

        def reach(name: NormalizedName, extras: Sequence[NormalizedName]) -> None:
            self._extras[name].update(extras)
            if group not in self._groups[name]:
                self._groups[name].append(group)
            for each in (None, *extras):
                if (name, each) not in seen:
                    seen.add((name, each))
                    queue.append((name, each))

        for root in roots:
            self._edges[root.name][RequestedBy(None, _text(root), group)] = None
            reach(root.name, root.extras)
        while queue:
            name, extra = queue.pop()
            for requirement in self._asks(name, extra):
                target = requirement.target
                if target != name:  # a project may require extras of itself
                    self._edges[target][RequestedBy(name, requirement.text)] = None
                    self._requires[name].add(target)
                reach(target, requirement.extras)

    def _asks(self, name: NormalizedName, extra: NormalizedName | None) -> Iterator[Demand]:
        for written in self._paid[name].compiler.asked(name, extra, self._positions[name]):
            counting = self._amendments.amend(name, written)
            if counting is not written:
                edge = RequestedBy(name, written.text)
                self._amended.setdefault(written.target, {})[edge] = None
            if counting is not None:
                yield counting

    def _pin(self, name: NormalizedName) -> Pin:
        step, position = self._paid[name], self._positions[name]
        candidates = step.compiler.candidates(name)
        release = self._release(name)
        days = days_behind(candidates)
        direct = next(iter(self._direct.get(name, ())), None)
        local = self._request.local.get(name)
        files = () if local else allowed_files(name, release, step.compiler.context)
        return Pin(
            name=name,
            version=release.version,
            index=candidates.index,
            index_name=self._index_name(candidates.index),
            groups=tuple(self._groups[name]),
            is_direct=direct is not None,
            extras=tuple(sorted(self._extras[name])),
            marker=None
            if direct is None or direct.requirement.marker is None
            else str(direct.requirement.marker),
            requested_by=tuple(self._edges[name]),
            requires=tuple(sorted(self._requires[name])),
            prices=tuple(self._prices(step, candidates, position)),
            behind=behind_counts(candidates)[position],
            days_behind=None if days is None else days[position],
            latest=candidates.newest or release.version,
            files=files,
            requires_python=next((file.requires_python for file in files if file.requires_python), None),
            metadata_origin=step.compiler.rows(name).origin(position) or Origin.USER,
            yanked=release.yank_reason if files else None,
            local=local,
            others=tuple(self._others(name, release.version)),
        )

    def _release(self, name: NormalizedName) -> Release:
        """Return the files of what was chosen."""
        page = self._facts.project(name)
        assert isinstance(page, Project), "it was chosen"
        return next(each for each in page.releases if each.version == self._versions[name])

    def _others(self, name: NormalizedName, version: Version) -> Iterator[OtherDocument]:
        """Yield the known documents of a pin that do not say the same as the one that decides."""
        for file, kind, document in self._facts.documents_beside(name, version):
            found = differences(self._facts.known_documents(name)[version], document)
            if found:
                yield OtherDocument(file, kind, found)

    def _index_name(self, url: str) -> str | None:
        return next((index.name for index in self._request.indexes if index.url == url), None)

    def _prices(self, step: Step, candidates: Candidates, position: int) -> Iterator[Price]:
        """Say every price of a pin; their sum over all pins is the stack's cost."""
        context = step.compiler.context
        name = candidates.name
        subject = f"{name}=={candidates.versions[position]}"
        if step.compiler.price(name, position):
            for unit in STEPS:
                amount = unit.amounts(candidates, context)[position]
                if amount:
                    yield Price(unit.name, subject, amount, unit.reason(candidates, position, context))
        asked = {extra for root in self._direct.get(name, ()) for extra in root.extras}
        for extra in sorted(asked):
            if not step.compiler.lacks(name, extra, position):
                continue
            for metadata_unit in METADATA_STEPS:
                where = f"{name}[{extra}]=={candidates.versions[position]}"
                amount = metadata_unit.amount(context.goal)
                yield Price(metadata_unit.name, where, amount, metadata_unit.reason(extra))


def _text(root: DirectRequirement) -> str:
    return root.path if root.path is not None else str(root.requirement).split(";", 1)[0].strip()


def _skipped(steps: Sequence[Step], pins: Sequence[Pin]) -> Mapping[NormalizedName, tuple[Skip, ...]]:
    """Return what is newer than a pin and was left out because it is broken, and for no other reason.

    What is older could not have been better; every page of some age lists such things.
    """
    skipped: dict[NormalizedName, tuple[Skip, ...]] = {}
    for pin in pins:
        found: dict[Skip, None] = {}
        broken: dict[Version, str] = {}
        for step in steps:
            candidates = step.compiler.candidates(pin.name)
            found |= {skip: None for skip in candidates.skipped if _is_newer(skip, pin)}
            for position, reason in step.compiler.rows(pin.name).broken.items():
                if candidates.versions[position] > pin.version:
                    broken[candidates.versions[position]] = reason
        found |= {Skip(f"{pin.name} {version}", broken[version]): None for version in sorted(broken)}
        if found:
            skipped[pin.name] = tuple(found)
    return skipped


def _is_newer(skip: Skip, pin: Pin) -> bool:
    """Whether a file that was left out is of a version above the pin, as far as its name tells."""
    found = _NUMBERS.search(skip.what[len(pin.name) :][:_LONGEST_NAME])
    return found is not None and Version(found[1]) > pin.version
