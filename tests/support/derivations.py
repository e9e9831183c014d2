"""Derivations in a few lines of text, so that a golden file shows its whole case.

Indentation is the tree: below ``so`` stand its premises. Everything else is a fact::

    versions flask 2.0 3.0 3.1           # what is known, ascending; 1.0..1.9 counts the last part up
    so                                   # nothing can hold
      root flask>=3 @Pipfile:7
      so flask=3.0,3.1 werkzeug=1.0      # these cannot all hold; !p=… also counts if p is absent; p=* is all
        flask=3.0,3.1 requires werkzeug>=3
        ...

Facts: ``root REQ @PLACE [in GROUP]``, ``constraint REQ @PLACE``, ``TERM requires REQ``, ``unusable TERM``,
``missing NAME [~ NEAR …]``, ``held GROUP TERM``; ``| reason; reason`` at the end adds reasons. ``so … &x``
names a conclusion, ``again x`` uses the same one once more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement
from packaging.version import Version

from pinwise.model.conflict import Derivation, Derived, Fact, FactKind, Term

Known = dict[str, tuple[Version, ...]]


def derivation(text: str) -> Derivation:
    """Return the derivation that `text` describes; several facts without ``so`` prove everything together."""
    reader = _Reader()
    rows = [line for raw in text.splitlines() if (line := raw.partition(" #")[0].rstrip()) and line[0] != "#"]
    lines = []
    for row in rows:
        if row.startswith("versions "):
            _, name, *versions = row.split()
            reader.known[name] = tuple(version for word in versions for version in _versions(word))
        else:
            lines.append(row)
    premises = tuple(reader.read(lines))
    return premises[0] if len(premises) == 1 else Derived((), premises)


@dataclass
class _Reader:
    known: Known = field(default_factory=dict)
    named: dict[str, Derived] = field(default_factory=dict)

    def read(self, lines: list[str]) -> Iterator[Derivation]:
        """Read premises of one depth, with what stands below them."""
        while lines:
            line = lines.pop(0)
            depth = len(line) - len(line.lstrip())
            below: list[str] = []
            while lines and len(lines[0]) - len(lines[0].lstrip()) > depth:
                below.append(lines.pop(0))
            yield self._premise(line.strip(), below)

    def _premise(self, line: str, below: list[str]) -> Derivation:
        first, *words = line.split()
        if first == "again":
            return self.named[words[0]]
        if first != "so":
            return self._fact(line)
        name = next((word[1:] for word in words if word[0] == "&"), "")
        terms = tuple(self._term(word) for word in words if word[0] != "&")
        derived = Derived(terms, tuple(self.read(below)))
        self.named[name] = derived
        return derived

    def _fact(self, line: str) -> Fact:
        line, _, why = line.partition("|")
        reasons = tuple(reason.strip() for reason in why.split(";") if reason.strip())
        first, *words = line.split()
        if first in {"root", "constraint"}:
            group = words[words.index("in") + 1] if "in" in words else ""
            place = next((word[1:] for word in words if word[0] == "@"), "")
            kind = FactKind.ROOT if first == "root" else FactKind.CONSTRAINT
            fact = Fact(kind, requirement=words[0], target=self._target(words[0], reasons), place=place)
            return replace(fact, group=group, reasons=reasons)
        if first == "missing":
            return Fact(FactKind.NO_PROJECT, subject=Term(words[0], (), ()), suggestions=tuple(words[2:]))
        if first == "unusable":
            return Fact(FactKind.UNUSABLE, subject=self._term(words[0]), reasons=reasons)
        if first == "held":
            return Fact(FactKind.HELD, subject=self._term(words[1]), group=words[0])
        assert words[0] == "requires", line
        target = self._target(words[1], reasons)
        return Fact(FactKind.REQUIRES, self._term(first), words[1], target, reasons)

    def _target(self, text: str, reasons: tuple[str, ...]) -> Term:
        requirement = Requirement(text)
        name = text[: text.index("]") + 1] if "[" in text else requirement.name
        known = self.known.get(name, self.known.get(requirement.name, ()))
        refused = {reason.partition(" ")[0] for reason in reasons}
        named = requirement.specifier.prereleases
        fitting = [v for v in known if requirement.specifier.contains(v, prereleases=True)]
        fitting = [v for v in fitting if named or not v.is_prerelease] or fitting
        return Term(name, tuple(v for v in fitting if str(v) not in refused), known)

    def _term(self, text: str) -> Term:
        name, _, versions = text.lstrip("!").partition("=")
        known = self.known.get(name, self.known.get(name.partition("[")[0], ()))
        words = [word for word in versions.split(",") if word not in {"", "*"}]
        chosen = tuple(version for word in words for version in _versions(word)) if words else known
        return Term(name, chosen, known, or_absent=text.startswith("!"))


def _versions(text: str) -> Iterator[Version]:
    """Read ``1.0`` or ``1.0..1.9``."""
    first, dots, last = text.partition("..")
    if not dots:
        yield Version(first)
        return
    head, _, begin = first.rpartition(".")
    end = last.rpartition(".")[2]
    for number in range(int(begin), int(end) + 1):
        yield Version(f"{head}.{number}" if head else str(number))
