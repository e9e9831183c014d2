"""Worlds from a seed: as text, so that one that shows a fault becomes a scenario by copying it.

Each holds pre-releases, yanked releases, both kinds of Requires-Python, extras that releases lack, extras
with requirements, self-referential extras, cycles, constraints, sdist-only and native releases, missing
times, late bug-fixes on old branches, present locks, unusable metadata, unknown projects, several groups,
exact pins of yanked releases, and requirements that nothing satisfies - each with a small probability.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from packaging.version import Version

from pinwise.model.facts import Snapshot
from pinwise.model.request import Request
from support.worlds import closed, request, world

NAMES = [f"{letter}{number}" for number in ("", "2", "3", "4") for letter in "abcdef"]
VERSIONS = ["0.9", "1.0", "1.1", "1.1.post1", "1.2", "2.0", "2.1", "3.0", "3.1", "1!0.5"]
PRERELEASES = ["1.0.dev1", "1.2rc1", "2.0a1", "2.0rc1", "3.0b1", "3.2rc1"]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a random world is: bounds, both included."""

    projects: tuple[int, int]
    releases: tuple[int, int]


SMALL = Size(projects=(3, 6), releases=(2, 5))
MEDIUM = Size(projects=(7, 15), releases=(3, 8))


@dataclass(frozen=True, slots=True)
class Case:
    """A world and what is asked of it, both as text.

    Attributes:
        seed: What it was made from.
        world, manifest: In the language of `support.worlds`.
        options: Those of `support.worlds.request`.
    """

    seed: int
    world: str
    manifest: str
    options: Mapping[str, object] = field(default_factory=dict)

    def request(self) -> Request:
        """Return the manifest as a request."""
        return request(self.manifest, **self.options)

    def snapshot(self) -> Snapshot:
        """Return everything there is, closed under the names that the request mentions."""
        return closed(world(self.world), self.request())

    def __str__(self) -> str:
        options = "".join(f"{name} = {value}\n" for name, value in self.options.items())
        parts = {"world": self.world, "manifest": self.manifest, "options": options}
        return f"seed {self.seed}\n" + "".join(f"--- {part}\n{text}\n" for part, text in parts.items())


@dataclass(slots=True)
class Maker:
    """Draws the parts of a case from one source of chance.

    Attributes:
        random: The source.
        versions, extras: Of every project.
        trouble: How much of it there is: 1 gives refusals about as often as stacks.
        is_of_one_day: Whether most releases are of one day, so that many stacks cost the same.
        rivals: Projects whose newest releases exclude each other.
    """

    random: Random
    versions: dict[str, list[str]] = field(default_factory=dict)
    extras: dict[str, list[str]] = field(default_factory=dict)
    trouble: float = 1.0
    is_of_one_day: bool = False
    rivals: tuple[str, ...] = ()

    def happens(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.random.random() < probability

    def project(self, name: str, size: Size) -> None:
        """Draw the versions and extras of a project."""
        count = self.random.randint(*size.releases)
        chosen = self.random.sample(VERSIONS, min(count, len(VERSIONS)))
        if self.happens(0.05):
            chosen = []
        for _ in range(count):
            if self.happens(0.18):
                chosen.append(self.random.choice(PRERELEASES))
        self.versions[name] = sorted(set(chosen), key=Version)[:count] or [self.random.choice(PRERELEASES)]
        self.extras[name] = self.random.choice([[], [], ["x"], ["x", "y"], ["x", "y", "all"]])

    def lines(self, name: str) -> list[str]:
        """Return the lines of a project."""
        lines = [self.line(name, version) for version in self.versions[name]]
        return [*lines, f"project {name} status=quarantined"] if self.happens(0.01) else lines

    def line(self, name: str, version: str) -> str:
        """Return one release as a line."""
        extras = [extra for extra in self.extras[name] if self.happens(0.85)]
        flags = [f"extras={','.join(extras)}"] if extras else []
        year, month, hour = (self.random.randint(*bounds) for bounds in ((2023, 2025), (1, 9), (10, 19)))
        rare = {
            "yanked": 0.07,
            "python>=3.12": 0.03,
            "python<3.11": 0.02,
            "meta-python>=3.12": 0.03,
            "meta-python<3.11": 0.02,
            "unusable=broken": 0.03,
            "time=none": 0.03,
            f"time={year}-0{month}-17T{hour}": 0.2,
        }
        flags += [flag for flag, probability in rare.items() if self.happens(probability * self.trouble)]
        flags += ["time=2024-06-01"] if self.is_of_one_day else []
        kinds = ["", "sdist", "both", "native", "foreign", "foreign-only"]
        kind = self.random.choices(kinds, [80, 6, 4, 3, 5, 2])[0]
        flags += [kind] if kind else []
        return (
            f"{name} {version} {' '.join(_once(flags))}: {' '.join(self.requirements(name, version, extras))}"
        )

    def requirements(self, name: str, version: str, extras: Sequence[str]) -> list[str]:
        """Return what one release requires, for itself and for its extras."""
        count = self.random.choices([0, 1, 2, 3], [25, 40, 24, 11])[0]
        found = [f'"{self.on_some_project()}{self.environment_marker()}"' for _ in range(count)]
        if name in self.rivals and version == self.versions[name][-1]:
            found += [f'"{rival}<{self.versions[rival][-1]}"' for rival in self.rivals if rival != name]
        for extra in extras:
            if extra == "all":
                parts = ",".join(other for other in self.extras[name] if other != "all")
                specifier = self.specifier(name) if self.happens(0.1) else ""
                found.append(f"\"{name}[{parts}]{specifier}; extra == 'all'\"")
            elif self.happens(0.8):
                found.append(f"\"{self.on_some_project()}; extra == '{extra}'\"")
        return found

    def on_some_project(self) -> str:
        """Return a requirement without marker."""
        name = "ghost" if self.happens(0.01 * self.trouble) else self.random.choice(list(self.versions))
        return self.requirement(name)

    def requirement(self, name: str) -> str:
        """Return a requirement on one project, with extras that its releases may lack."""
        extras = [extra for extra in ("x", "y", "all", "none") if self.happens(0.1)]
        asked = f"[{','.join(extras)}]" if extras and (self.extras.get(name) or self.happens(0.2)) else ""
        return f"{name}{asked}{self.specifier(name)}"

    def specifier(self, name: str) -> str:
        """Return a specifier around the versions of a project, often the empty one."""
        known = self.versions.get(name, ["1.0"])
        one, other = (self.random.choice(known) for _ in range(2))
        low, high = sorted((one, other), key=Version)
        choices = {
            "": int(50 / self.trouble),
            f">={one}": 18,
            f"<{one}": 2,
            f"<={one}": 10,
            f">{one}": 2,
            f"=={one}": 7,
            f"!={one}": 5,
            f">={low},<={high}": 8,
            f"~={one}": 2 if one.count(".") else 0,
        }
        return self.random.choices(list(choices), list(choices.values()))[0]

    def environment_marker(self) -> str:
        """Return a marker on the environment, seldom."""
        return self.random.choices(
            ["", "; python_version < '3.10'", "; sys_platform == 'linux'", "; extra != 'x'"], [90, 4, 4, 2]
        )[0]

    def manifest(self) -> str:
        """Return what is asked for: groups and constraints."""
        names = list(self.versions)
        lines = self.directs(names, self.random.choices([1, 2, 3], [45, 35, 20])[0])
        lines += self.rivals
        if self.happens(0.3):
            lines += ["[develop]", *self.directs(names, self.random.randint(1, 2))]
            if self.happens(0.3):
                lines += ["[docs]", *self.directs(names, 1)]
        if self.happens(0.3):
            constrained = self.random.sample(names, min(len(names), self.random.randint(1, 2)))
            lines += ["[constraints]", *(f"{name}{self.specifier(name)}" for name in constrained)]
        return "\n".join(lines)

    def directs(self, names: Sequence[str], count: int) -> list[str]:
        """Return lines of direct requirements."""
        chosen = [self.random.choice(names) for _ in range(count)]
        if self.happens(0.01):
            chosen.append("ghost")
        return [f"{self.requirement(name)}{self.environment_marker()}" for name in chosen]

    def options(self) -> dict[str, object]:
        """Return options of the request, mostly none."""
        name = self.random.choice(list(self.versions))
        rare: list[tuple[str, object, float]] = [
            ("goal", "latest", 0.2),
            ("prereleases", True, 0.05),
            ("prereleases", [name], 0.08),
            ("no_binary", [name], 0.03),
            ("only_binary", [name], 0.03),
            ("only_binary", [":all:"], 0.03),
            ("python", "3.10.4", 0.1),
        ]
        options = {option: value for option, value, probability in rare if self.happens(probability)}
        return options | (self.present_lock() if self.happens(0.35) else {})

    def present_lock(self) -> dict[str, object]:
        """Return a present lock: some projects at some of their versions, now and then one that is gone."""
        pins = [
            f"{name}=={self.random.choice([*versions, *versions, '7'])}"
            for name, versions in self.versions.items()
            if self.happens(0.7)
        ]
        freed = [name for name in self.versions if self.happens(0.1)]
        return {"kept": " ".join(pins), **({"freed": freed} if freed else {})}


def _once(flags: Sequence[str]) -> list[str]:
    """Return the flags without a second one of the same kind."""
    kinds: dict[str, str] = {}
    for flag in flags:
        kinds.setdefault(flag.partition("=")[0].rstrip("<>"), flag)
    return list(kinds.values())


def random_case(seed: int, size: Size) -> Case:
    """Return the case of this seed."""
    maker = Maker(Random(seed))
    maker.trouble = maker.random.choice([0.2, 0.5, 1.0])
    maker.is_of_one_day = maker.happens(0.4)
    for name in NAMES[: maker.random.randint(*size.projects)]:
        maker.project(name, size)
    if maker.happens(0.3):
        maker.rivals = tuple(maker.random.sample(list(maker.versions), 2))
    text = "\n".join(line for name in maker.versions for line in maker.lines(name))
    return Case(seed, text, maker.manifest(), maker.options())
