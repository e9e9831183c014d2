"""The facts of a derivation, made fewer before they are told.

Nothing is told that is obvious (``celery[redis]`` comes with ``celery``), nothing twice, and what a project's
versions require of another project is told once where the requirements are alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from packaging.version import Version

from pinwise.explain.clash import base, find_clash
from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term

_FEW = 2
"""So many different requirements of one project on another are told one by one."""


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
    """Return facts that follow from `facts` and are fewer, as long as they still clash where `facts` do."""
    exact = _merge_equal([fact for fact in facts if not _is_tie(fact)])
    loose = _merge_alike(exact)
    if len(loose) == len(exact) or (find_clash(loose) is None and find_clash(exact) is not None):
        return exact
    return loose


def _is_tie(fact: Fact) -> bool:
    """Whether the fact only says that a project with an extra is the project."""
    subject, target = fact.subject, fact.target
    return (
        fact.kind is FactKind.REQUIRES
        and subject is not None
        and target is not None
        and (target.project == base(subject.project) and bool(target.versions))
    )


def _merge_equal(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Merge facts that are the same but for the versions of their subject."""
    merged: dict[object, Fact] = {}
    for fact in facts:
        subject = fact.subject
        is_edge = fact.kind is FactKind.REQUIRES and subject is not None
        key = (subject.project, fact.requirement, fact.target) if is_edge and subject else fact
        earlier = merged.get(key)
        merged[key] = fact if earlier is None else _joined(earlier, fact)
    return tuple(merged.values())


def _merge_alike(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Merge many requirements of one project on another to the versions that some of them allow."""
    edges: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.REQUIRES and fact.subject is not None and fact.target is not None:
            edges.setdefault((fact.subject.project, fact.target.project), []).append(fact)
    merged: list[Fact] = []
    for fact in facts:
        key = (fact.subject.project, fact.target.project) if fact.subject and fact.target else None
        alike = edges.get(key, []) if key and fact.kind is FactKind.REQUIRES else []
        if len(alike) <= _FEW or not any(other.target and other.target.versions for other in alike):
            merged.append(fact)
        elif fact is alike[0]:
            merged.append(_loosened(alike))
    return tuple(merged)


def _joined(first: Fact, second: Fact) -> Fact:
    """Return one fact for both; `second` differs in its subject's versions, its reasons or not at all."""
    if first.subject is None or second.subject is None:
        return first
    reasons = tuple(dict.fromkeys((*first.reasons, *second.reasons)))
    return replace(first, subject=_union((first.subject, second.subject)), reasons=reasons)


def _loosened(alike: Sequence[Fact]) -> Fact:
    """Return what `alike` say together: the subjects require some of the targets. It has no text."""
    subject = _union(fact.subject for fact in alike if fact.subject)
    target = _union(fact.target for fact in alike if fact.target)
    reasons = tuple(dict.fromkeys(reason for fact in alike for reason in fact.reasons))
    return replace(alike[0], subject=subject, target=target, requirement="", reasons=reasons)


def _union(terms: Iterable[Term]) -> Term:
    every = tuple(terms)
    versions: set[Version] = set()
    known: set[Version] = set()
    for term in every:
        versions.update(term.versions)
        known.update(term.known)
    return replace(every[0], versions=tuple(sorted(versions)), known=tuple(sorted(known)))
