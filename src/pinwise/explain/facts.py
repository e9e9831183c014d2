"""The facts of a derivation, made fewer before they are told.

Nothing is told that is obvious (``celery[redis]`` comes with ``celery``), nothing twice, and what a project's
versions require of another project is told once where the requirements are alike.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.version import Version

from pinwise.explain.clash import base, find_clash
from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term

_FEW = 2
"""So many different requirements of one project on another are told one by one."""

_MOST_EDGES = 50


def leaves(derivation: Derivation) -> tuple[Fact, ...]:
    """Return the different facts of a derivation, from left to right. Shared parts are walked once."""
    found: dict[Fact, None] = {}
    seen: set[int] = set()
    waiting: list[Derivation] = [derivation]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Derived):
            waiting.extend(reversed(part.premises))
        else:
            found.setdefault(part)
    return tuple(found)


def simplify(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts that follow from `facts` and are fewer, as long as they still clash where `facts` do.

    What the user wrote comes first, in the order of the files; then, step by step, what it leads to.
    """
    simple = _in_order(_merge_equal([fact for fact in facts if not _is_tie(fact)]))
    clash = find_clash(simple)
    if clash is None:
        return simple
    for alike in _edges(simple)[:_MOST_EDGES]:
        for looser in _looser(alike):
            merged = _in_place_of(alike, looser, simple)
            found = find_clash(merged)
            if found is not None and found.project == clash.project:
                simple = merged
                break
    return simple


def _in_order(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    steps = _distances(facts)
    files: dict[str, int] = {}
    for fact in facts:
        files.setdefault(_file_and_line(fact)[0], len(files))

    def rank(fact: Fact) -> tuple[int, int, int, tuple[Version, ...]]:
        file, line = _file_and_line(fact)
        if fact.kind is not FactKind.REQUIRES or fact.subject is None:
            return (list(FactKind).index(fact.kind) - len(FactKind), files[file], line, ())
        name = base(fact.subject.project)
        return (steps.get(name, len(steps)), list(steps).index(name), 0, fact.subject.versions[:1])

    return tuple(sorted(facts, key=rank))


def _file_and_line(fact: Fact) -> tuple[str, int]:
    """Split ``Pipfile:7``; line 0 where there is none."""
    file, _, line = fact.place.rpartition(":")
    return (file, int(line)) if line.isascii() and line.isdecimal() else (fact.place, 0)


def _distances(facts: Iterable[Fact]) -> dict[str, int]:
    """Return for each project that requires something how many steps it is away from the manifest."""
    edges: dict[str, list[str]] = {}
    near: list[str] = []
    for fact in facts:
        if fact.kind is FactKind.REQUIRES and fact.subject is not None:
            target = [base(fact.target.project)] if fact.target is not None else []
            edges.setdefault(base(fact.subject.project), []).extend(target)
        elif fact.kind is FactKind.ROOT and fact.target is not None:
            near.append(base(fact.target.project))
    distances: dict[str, int] = {}
    step = 0
    while near:
        new = [name for name in dict.fromkeys(near) if name not in distances]
        distances.update(dict.fromkeys(new, step))
        near = [target for name in new for target in edges.get(name, ())]
        step += 1
    return distances | {name: step for name in edges if name not in distances}


def _is_tie(fact: Fact) -> bool:
    """Whether the fact only says that a project with an extra is the project at the same version."""
    subject, target = fact.subject, fact.target
    if fact.kind is not FactKind.REQUIRES or subject is None or target is None:
        return False
    return target.project == base(subject.project) and set(subject.versions) <= set(target.versions)


def _merge_equal(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Merge requirements that are the same but for the versions of their subject, and what is unusable."""
    alike: dict[object, list[Fact]] = {}
    for fact in facts:
        subject = fact.subject
        key: object = fact
        if fact.kind is FactKind.REQUIRES and subject is not None:
            key = (subject.project, fact.requirement, fact.target)
        elif fact.kind is FactKind.UNUSABLE and subject is not None:
            key = (subject.project, fact.kind)
        alike.setdefault(key, []).append(fact)
    return tuple(_joined(group) for group in alike.values())


def _edges(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Return the requirements of one project on another, where there are several."""
    edges: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.REQUIRES and fact.subject is not None and fact.target is not None:
            edges.setdefault((fact.subject.project, fact.target.project), []).append(fact)
    return [alike for alike in edges.values() if len(alike) > 1]


def _in_place_of(alike: Sequence[Fact], looser: Fact, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    others = {id(fact) for fact in alike[1:]}
    kept = (fact for fact in facts if id(fact) not in others)
    return tuple(looser if fact is alike[0] else fact for fact in kept)


def _joined(alike: Sequence[Fact]) -> Fact:
    """Return one fact for all; they differ in their subject's versions and their reasons, if at all."""
    subjects = [fact.subject for fact in alike if fact.subject is not None]
    if len(alike) == 1 or not subjects:
        return alike[0]
    return replace(alike[0], subject=_union(subjects), reasons=_all_reasons(alike))


def _all_reasons(facts: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for fact in facts for reason in fact.reasons))


def _looser(alike: Sequence[Fact]) -> Iterator[Fact]:
    """Return single facts that follow from all of `alike`, the one that is told in the fewest words first.

    The loosest of the requirements, if it contains all others; for more than a few the versions from the
    lowest to the highest that any of them allows; or all versions that any of them allows.
    """
    subject = _union(fact.subject for fact in alike if fact.subject)
    target = _union(fact.target for fact in alike if fact.target)
    merged = replace(alike[0], subject=subject, target=target, reasons=_all_reasons(alike))
    widest = [fact for fact in alike if fact.target and len(fact.target.versions) == len(target.versions)]
    if widest:
        yield replace(merged, requirement=widest[0].requirement)
    elif len(alike) > _FEW and target.versions:
        low, high = target.versions[0], target.versions[-1]
        between = tuple(version for version in target.known if low <= version <= high)
        yield replace(merged, requirement="", target=replace(target, versions=between))
        yield replace(merged, requirement="")


def _union(terms: Iterable[Term]) -> Term:
    every = tuple(terms)
    versions: set[Version] = set()
    known: set[Version] = set()
    for term in every:
        versions.update(term.versions)
        known.update(term.known)
    return replace(every[0], versions=tuple(sorted(versions)), known=tuple(sorted(known)))
