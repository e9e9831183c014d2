"""An environment from its names: a Python and a platform tag. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.tags import Tag, compatible_tags, cpython_tags, generic_tags

from pinwise.environment.platforms import Platform, parse_platform, platform_tags
from pinwise.formats.python_names import PYPY_ABI, Python, parse_python
from pinwise.model.environment import Environment


@dataclass(frozen=True, slots=True)
class Build:
    """What a detected interpreter and its machine add to a Python and a platform.

    Attributes:
        abi_flags: `sys.abiflags`: "t" free-threaded, "d" debug, "m" pymalloc (before 3.8); None where no
            interpreter was asked.
        release, version: The operating system's, as `platform` says them; "" where they are not known.
        machine: As `platform` says it; "" where the platform's tag tells. A 32-bit Python may run on a
            64-bit machine.
    """

    abi_flags: str | None = None
    release: str = ""
    version: str = ""
    machine: str = ""


def declare(python: str, platform: str, *, build: Build | None = None) -> Environment:
    """Return the environment of `python` on `platform`.

    Args:
        python: A name that `parse_python` understands.
        platform: A platform tag, in one of the forms of `KNOWN_PLATFORMS`.
        build: What is known beyond the names, where an interpreter or machine was detected.

    Raises:
        TargetError: `python` or `platform` names no target that pinwise knows.
    """
    parsed = parse_python(python)
    target = parse_platform(platform)
    build = Build() if build is None else build
    is_cpython = parsed.implementation == "cpython"
    flags = _usual_flags(parsed) if build.abi_flags is None else build.abi_flags
    tags = _cpython_tags(parsed, target, flags) if is_cpython else _pypy_tags(parsed, target)
    return Environment(
        python=parsed.version,
        implementation=parsed.implementation,
        platform=str(target),
        tags=tuple(map(str, tags)),
        markers=_markers(parsed, target, build),
        abi_flags=flags.replace("m", "") if is_cpython else "",
    )


def _usual_flags(python: Python) -> str:
    """Return the flags of an interpreter that nobody has asked."""
    if python.is_free_threaded:
        return "t"
    return "m" if python.version.release[:2] < (3, 8) else ""


def _cpython_tags(python: Python, platform: Platform, flags: str) -> Iterator[Tag]:
    version = python.version.release[:2]
    platforms = tuple(platform_tags(platform))
    interpreter = f"cp{version[0]}{version[1]}"
    yield from cpython_tags(version, _abis(interpreter, version, flags), platforms)
    yield from compatible_tags(version, interpreter, platforms)


def _pypy_tags(python: Python, platform: Platform) -> Iterator[Tag]:
    version = python.version.release[:2]
    platforms = tuple(platform_tags(platform))
    digits = f"{version[0]}{version[1]}"
    yield from generic_tags(f"pp{digits}", (f"pypy{digits}_{PYPY_ABI}",), platforms)
    yield from compatible_tags(version, f"pp{version[0]}", platforms)


def _abis(interpreter: str, python: tuple[int, ...], flags: str) -> list[str]:
    pymalloc_is_named = python < (3, 8)
    abis = [f"{interpreter}{flags}"]
    if "d" in flags and not pymalloc_is_named:  # a debug build loads normal extension modules too
        abis.append(f"{interpreter}{flags.replace('d', '')}")
    return abis


def _markers(python: Python, platform: Platform, build: Build) -> dict[str, str]:
    """Return every variable of PEP 508 but ``extra``."""
    markers = {
        "implementation_name": python.implementation,
        "implementation_version": python.own_version,
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}[python.implementation],
        "platform_release": build.release,
        "platform_version": build.version,
        "python_full_version": str(python.version),
        "python_version": f"{python.version.major}.{python.version.minor}",
        **platform.markers,
    }
    if build.machine:
        markers["platform_machine"] = build.machine
    return dict(sorted(markers.items()))
