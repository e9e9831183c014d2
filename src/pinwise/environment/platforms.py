"""A platform from its tag, and the tags of the wheels that run on it. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.tags import mac_platforms

from pinwise.formats.entries import shown
from pinwise.model.errors import TargetError

LEGACY_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # PEP 599, 571, 513
OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}  # minor version; the first that a manylinux tag names
OLDEST_MACOS = {"x86_64": (10, 4), "arm64": (11, 0)}

PLAIN_LINUX_GLIBC = 28
"""``linux_x86_64`` promises no libc; it is taken for what the images and distributions in use all have."""

WINDOWS = {"win_amd64": "AMD64", "win_arm64": "ARM64", "win32": "x86"}
"""The tags of Windows and what `platform.machine` says there."""

KNOWN_PLATFORMS = (
    "manylinux_2_N_x86_64",
    "manylinux_2_N_aarch64",
    "manylinux2014_x86_64",
    "manylinux2014_aarch64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "musllinux_1_N_x86_64",
    "musllinux_1_N_aarch64",
    "linux_x86_64",
    "linux_aarch64",
    "macosx_N_N_arm64",
    "macosx_N_N_x86_64",
    *WINDOWS,
)

_EXAMPLES = tuple(
    form.replace("manylinux_2_N", "manylinux_2_28").replace("macosx_N_N", "macosx_14_0").replace("_N", "_2")
    for form in KNOWN_PLATFORMS
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform, parsed from its tag.

    Attributes:
        family: "manylinux" (glibc), "musllinux" (musl), "macosx" or "win".
        version: Of glibc (2, N), of musl (1, N) or of macOS; (0, 0) for Windows, whose tags name none.
        architecture: As the tag writes it: "x86_64", "aarch64", "arm64"; the whole tag for Windows.
    """

    family: str
    version: tuple[int, int]
    architecture: str

    def __str__(self) -> str:
        """Return the tag that names the platform."""
        if self.family == "win":
            return self.architecture
        return f"{self.family}_{self.version[0]}_{self.version[1]}_{self.architecture}"

    @property
    def markers(self) -> dict[str, str]:
        """The marker variables that follow from the tag (PEP 508)."""
        os_name, sys_platform, system = {
            "macosx": ("posix", "darwin", "Darwin"),
            "win": ("nt", "win32", "Windows"),
        }.get(self.family, ("posix", "linux", "Linux"))
        return {
            "os_name": os_name,
            "platform_machine": WINDOWS.get(self.architecture, self.architecture),
            "platform_system": system,
            "sys_platform": sys_platform,
        }


def parse_platform(text: str) -> Platform:
    """Return the platform that a tag names; an alias gives the same value as the name it stands for.

    Raises:
        TargetError: It is none of the known forms.
    """
    name = text.strip()
    platform = _match_linux(name) or _match_macos(name)
    if name in WINDOWS:
        platform = Platform("win", (0, 0), name)
    if platform is None:
        from difflib import get_close_matches  # noqa: PLC0415  # for an error only

        near = get_close_matches(name[:200], _EXAMPLES, n=1, cutoff=0.5)
        guess = f"did you mean `{near[0]}`? " if near else ""
        raise TargetError(
            f"`{shown(name, 60)}` is not a platform that pinwise knows",
            hint=f"{guess}the known forms are {', '.join(KNOWN_PLATFORMS)}",
        )
    return platform


def _match_linux(text: str) -> Platform | None:
    match = re.fullmatch(r"(.+?)_(x86_64|aarch64)", text)
    if match is None:
        return None
    family, architecture = match.groups()
    if musl := re.fullmatch(r"musllinux_1_(\d{1,2})", family):
        return Platform("musllinux", (1, int(musl[1])), architecture)
    minor = _glibc_minor(family)
    if minor is None or minor < OLDEST_GLIBC[architecture]:
        return None
    return Platform("manylinux", (2, minor), architecture)


def _glibc_minor(family: str) -> int | None:
    if family == "linux":
        return PLAIN_LINUX_GLIBC
    if match := re.fullmatch(r"manylinux_2_(\d{1,2})", family):
        return int(match[1])
    return {name: minor for minor, name in LEGACY_MANYLINUX.items()}.get(family)


def _match_macos(text: str) -> Platform | None:
    match = re.fullmatch(r"macosx_(\d{1,2})_(\d{1,2})_(x86_64|arm64)", text)
    return None if match is None else macos_platform(int(match[1]), int(match[2]), match[3])


def macos_platform(major: int, minor: int, architecture: str) -> Platform | None:
    """Return a macOS, None where there is none such; since macOS 11 tags name the first release of a year."""
    version = (major, minor) if major == 10 else (major, 0)  # noqa: PLR2004  # Mac OS X
    oldest = OLDEST_MACOS.get(architecture)
    return None if oldest is None or version < oldest else Platform("macosx", version, architecture)


def platform_tags(platform: Platform) -> Iterator[str]:
    """Yield the platform tags that run on `platform`, in pip's order of preference."""
    architecture = platform.architecture
    match platform.family:
        case "win":
            yield architecture
        case "macosx":
            yield from mac_platforms(platform.version, architecture)
        case "musllinux":
            yield f"linux_{architecture}"
            for minor in range(platform.version[1], -1, -1):
                yield f"musllinux_1_{minor}_{architecture}"
        case _:
            yield f"linux_{architecture}"
            yield from _glibc_tags(platform.version[1], architecture)


def _glibc_tags(newest: int, architecture: str) -> Iterator[str]:
    for minor in range(newest, OLDEST_GLIBC[architecture] - 1, -1):
        yield f"manylinux_2_{minor}_{architecture}"
        if minor in LEGACY_MANYLINUX:
            yield f"{LEGACY_MANYLINUX[minor]}_{architecture}"
