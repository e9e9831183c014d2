"""Many versions in few words.

>>> known = tuple(map(Version, ("1.0", "1.1", "1.2", "2.0", "2.1")))
>>> describe(Term("celery", known[1:4], known)).text
'`celery >=1.1,<=2.0`'
>>> describe(Term("celery", known, known)).text
'every version of `celery`'
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from pinwise.explain.words import clean, code, listing, to_plural
from pinwise.model.conflict import Term

_MOST_RUNS = 3
_LONGEST_REASON = 240
_LONGEST_VERSION = 40


class Run(NamedTuple):
    """Neighbouring versions, of which only the ends are told."""

    first: Version
    last: Version
    length: int

    def __str__(self) -> str:
        """Return ``1.0``, ``1.0 and 1.1`` or ``1.0 to 1.4``."""
        if self.length == 1:
            return str(self.first)
        return f"{self.first} {'and' if self.length == 2 else 'to'} {self.last}"  # noqa: PLR2004  # a pair


class Phrase(NamedTuple):
    """Words for some versions of a project, and whether a verb after them stands in the plural."""

    text: str
    is_plural: bool

    def verb(self, singular: str) -> str:
        """Return the phrase followed by a predicate in the right number."""
        return f"{self.text} {to_plural(singular) if self.is_plural else singular}"


def runs(versions: Iterable[Version], known: Sequence[Version]) -> tuple[Run, ...]:
    """Return `versions` as maximal runs of neighbours in `known`, which is in ascending order.

    A version that is not known is a run of its own; it stands at its place in the order.
    """
    wanted = set(versions)
    found: list[Run] = []
    was_wanted = False
    for version in known if wanted.issubset(known) else sorted(wanted.union(known)):
        is_wanted = version in wanted
        if is_wanted and was_wanted:
            found[-1] = Run(found[-1].first, version, found[-1].length + 1)
        elif is_wanted:
            found.append(Run(version, version, 1))
        was_wanted = is_wanted
    return tuple(found)


def describe(term: Term, word: str = "and") -> Phrase:
    """Say which versions of a project are meant, relative to all that are known.

    Args:
        term: The project and its versions.
        word: What joins the last two of several runs: "and" for what is, "or" for what would do.
    """
    name = code(term.project)
    if not term.versions:
        return Phrase(f"no version of {name}", is_plural=False)
    if len(term.known) > 1 and len(set(term.versions)) == len(term.known):
        return Phrase(f"every version of {name}", is_plural=False)
    found = runs(term.versions, term.known)
    if len(found) == 1 and found[0].length != 2:  # noqa: PLR2004  # two versions read best as a pair
        return Phrase(_one_run(term, found[0]), is_plural=False)
    missing = set(term.known).difference(term.versions)
    if len(missing) == 1 and len(term.versions) > _MOST_RUNS:
        return Phrase(f"every version of {name} except {missing.pop()}", is_plural=False)
    return Phrase(f"{name} {_many_runs(found, word)}", is_plural=word == "and")


def needed(term: Term) -> str:
    """Say what a stack must hold when one of the term's versions has to be in it."""
    if len(set(term.versions)) == len(term.known):
        return code(term.project)
    return describe(term, "or").text


def collapse_reasons(reasons: Sequence[str], known: Sequence[Version] = ()) -> str:
    """Merge reasons that differ in the version only: ``3.0 to 3.4 need Python >=3.12``.

    A reason that does not begin with a version is told as it is. At most three are told.
    """
    by_predicate: dict[str, list[Version]] = {}
    for reason in filter(str.strip, reasons):
        version, predicate = _split(reason)
        versions = by_predicate.setdefault(predicate, [])
        if version is not None:
            versions.append(version)
    everything = sorted({version for group in by_predicate.values() for version in group}.union(known))
    told = [_tell(predicate, runs(group, everything)) for predicate, group in by_predicate.items()]
    if 1 < len(told) <= _MOST_RUNS and any(" and " in each for each in told):
        return f"{', '.join(told[:-1])}, and {told[-1]}"
    return listing(told, longest=_MOST_RUNS, rest="reasons")


def common_reason(reasons: Sequence[str], versions: Sequence[Version]) -> str:
    """Return ``needs Python >=3.12`` if that is the reason for each of the versions, else ""."""
    split = [_split(reason) for reason in reasons]
    predicates = {predicate for _, predicate in split}
    return predicates.pop() if len(predicates) == 1 and {v for v, _ in split} == {*versions} else ""


def _one_run(term: Term, run: Run) -> str:
    if run.length == 1:
        return f"{code(term.project)} {run.first}"
    begins = bool(term.known) and run.first <= term.known[0]
    ends = bool(term.known) and run.last >= term.known[-1]
    limits = ([] if begins else [f">={run.first}"]) + ([] if ends else [f"<={run.last}"])
    return code(f"{term.project} {','.join(limits)}")


def _many_runs(found: Sequence[Run], word: str) -> str:
    told: list[str] = []
    for run in found[: min(len(found), _MOST_RUNS)]:
        told += [str(run.first), str(run.last)] if run.length == 2 else [str(run)]  # noqa: PLR2004  # a pair
    hidden = sum(run.length for run in found[_MOST_RUNS:])
    return listing([*told, f"{hidden:,} more"] if hidden else told, word)


def _split(reason: str) -> tuple[Version | None, str]:
    first, _, rest = reason.strip().partition(" ")
    if not rest or len(first) > _LONGEST_VERSION:
        return None, clean(reason, _LONGEST_REASON)
    try:
        return Version(first), clean(rest, _LONGEST_REASON)
    except InvalidVersion:
        return None, clean(reason, _LONGEST_REASON)


def _tell(predicate: str, found: Sequence[Run]) -> str:
    if not found:
        return predicate
    is_one = len(found) == 1 and found[0].length == 1
    return f"{_many_runs(found, 'and')} {predicate if is_one else to_plural(predicate)}"
