"""An environment from its name: a Python version and a platform tag. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.tags import compatible_tags, cpython_tags
from packaging.version import InvalidVersion, Version

from pinwise.model.environment import Environment
from pinwise.model.errors import TargetError

OLDEST_PYTHON = (3, 6)
NEWEST_PYTHON = (3, 15)
ARCHITECTURES = ("x86_64", "aarch64")

LEGACY_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # PEP 599, 571, 513
OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}  # minor version; the first that a manylinux tag names

PLAIN_LINUX_GLIBC = 28
"""``linux_x86_64`` promises no libc; it is taken for what the images and distributions in use all have."""

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
)

_EXAMPLES = tuple(
    form.replace("manylinux_2_N", "manylinux_2_28").replace("_N", "_2") for form in KNOWN_PLATFORMS
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A Linux platform, parsed from its tag.

    Attributes:
        libc: "manylinux" (glibc) or "musllinux" (musl).
        minor: The minor version of the libc (glibc 2.N, musl 1.N).
        architecture: "x86_64" or "aarch64".
    """

    libc: str
    minor: int
    architecture: str

    def __str__(self) -> str:
        """Return the tag that names the platform."""
        major = 2 if self.libc == "manylinux" else 1
        return f"{self.libc}_{major}_{self.minor}_{self.architecture}"


@dataclass(frozen=True, slots=True)
class Build:
    """What a detected interpreter and its machine add to a version and a platform.

    Attributes:
        abi_flags: `sys.abiflags`: "t" free-threaded, "d" debug, "m" pymalloc (before 3.8).
        release, version: The operating system's, as `platform` says them; "" where they are not known.
    """

    abi_flags: str | None = None
    release: str = ""
    version: str = ""


def declare(python: str, platform: str, *, build: Build | None = None) -> Environment:
    """Return the environment of CPython `python` on `platform`.

    Args:
        python: ``X.Y.Z``, or ``X.Y``, which means ``X.Y.0``.
        platform: A platform tag, in one of the forms of `KNOWN_PLATFORMS`.
        build: What is known beyond the names, where an interpreter or machine was detected.

    Raises:
        TargetError: `python` or `platform` names no target that pinwise knows.
    """
    version = parse_python(python)
    target = parse_platform(platform)
    build = Build() if build is None else build
    return Environment(
        python=version,
        implementation="cpython",
        platform=str(target),
        tags=tuple(_tags(version, target, build.abi_flags)),
        markers=_markers(version, target, build),
    )


def parse_python(text: str) -> Version:
    """Return the full version that ``3.12`` or ``3.12.4`` names.

    Raises:
        TargetError: It is no version of a CPython that pinwise knows.
    """
    hint = "say for example `--python 3.12` or `--python 3.11.9`"
    text = text.strip()
    try:
        version = Version(text) if re.fullmatch(r"\d{1,3}(\.\d{1,3}){1,2}[a-z0-9]*", text) else None
    except InvalidVersion:
        version = None
    if version is None:
        raise TargetError(f"`{text[:60]}` is not a Python version", hint=hint)
    if not OLDEST_PYTHON <= version.release[:2] <= NEWEST_PYTHON:
        oldest, newest = (".".join(map(str, pair)) for pair in (OLDEST_PYTHON, NEWEST_PYTHON))
        raise TargetError(
            f"Python `{version}` is not among the targets: CPython {oldest} to {newest}", hint=hint
        )
    return version if len(version.release) > 2 else Version(_with_micro(version))  # noqa: PLR2004  # X.Y.Z


def _with_micro(version: Version) -> str:
    """Return ``X.Y`` as ``X.Y.0``, what follows the release (``rc1``) included."""
    release = f"{version.major}.{version.minor}"
    return f"{release}.0{str(version).removeprefix(release)}"


def parse_platform(text: str) -> Platform:
    """Return the platform that a tag names; an alias gives the same value as the name it stands for.

    Raises:
        TargetError: It is none of the known forms.
    """
    platform = _match_platform(text.strip())
    if platform is None:
        from difflib import get_close_matches  # noqa: PLC0415  # for an error only

        near = get_close_matches(text.strip(), _EXAMPLES, n=1, cutoff=0.5)
        guess = f"did you mean `{near[0]}`? " if near else ""
        raise TargetError(
            f"`{text[:60]}` is not a platform that pinwise knows",
            hint=f"{guess}the known forms are {', '.join(KNOWN_PLATFORMS)}",
        )
    return platform


def _match_platform(text: str) -> Platform | None:
    match = re.fullmatch(r"(.+?)_(x86_64|aarch64)", text)
    if match is None:
        return None
    family, architecture = match.groups()
    if musl := re.fullmatch(r"musllinux_1_(\d{1,2})", family):
        return Platform("musllinux", int(musl[1]), architecture)
    minor = _glibc_minor(family)
    if minor is None or minor < OLDEST_GLIBC[architecture]:
        return None
    return Platform("manylinux", minor, architecture)


def _glibc_minor(family: str) -> int | None:
    if family == "linux":
        return PLAIN_LINUX_GLIBC
    if match := re.fullmatch(r"manylinux_2_(\d{1,2})", family):
        return int(match[1])
    return {name: minor for minor, name in LEGACY_MANYLINUX.items()}.get(family)


def platform_tags(platform: Platform) -> Iterator[str]:
    """Yield the platform tags that run on `platform`, in pip's order of preference."""
    architecture = platform.architecture
    yield f"linux_{architecture}"
    if platform.libc == "musllinux":
        for minor in range(platform.minor, -1, -1):
            yield f"musllinux_1_{minor}_{architecture}"
        return
    for minor in range(platform.minor, OLDEST_GLIBC[architecture] - 1, -1):
        yield f"manylinux_2_{minor}_{architecture}"
        if minor in LEGACY_MANYLINUX:
            yield f"{LEGACY_MANYLINUX[minor]}_{architecture}"


def _tags(version: Version, platform: Platform, abi_flags: str | None) -> Iterator[str]:
    python = version.release[:2]
    platforms = tuple(platform_tags(platform))
    interpreter = f"cp{python[0]}{python[1]}"
    for tag in cpython_tags(python, _abis(interpreter, python, abi_flags), platforms):
        yield str(tag)
    for tag in compatible_tags(python, interpreter, platforms):
        yield str(tag)


def _abis(interpreter: str, python: tuple[int, ...], abi_flags: str | None) -> list[str]:
    pymalloc_is_named = python < (3, 8)
    flags = ("m" if pymalloc_is_named else "") if abi_flags is None else abi_flags
    abis = [f"{interpreter}{flags}"]
    if "d" in flags and not pymalloc_is_named:  # a debug build loads normal extension modules too
        abis.append(f"{interpreter}{flags.replace('d', '')}")
    return abis


def _markers(version: Version, platform: Platform, build: Build) -> dict[str, str]:
    """Return every variable of PEP 508 but ``extra``."""
    return {
        "implementation_name": "cpython",
        "implementation_version": str(version),
        "os_name": "posix",
        "platform_machine": platform.architecture,
        "platform_python_implementation": "CPython",
        "platform_release": build.release,
        "platform_system": "Linux",
        "platform_version": build.version,
        "python_full_version": str(version),
        "python_version": f"{version.major}.{version.minor}",
        "sys_platform": "linux",
    }
