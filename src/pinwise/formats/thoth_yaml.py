"""Read ``.thoth.yaml``, the configuration of the forebear (Thoth's client, thamos).

Its schema is the one of thamos 1.29, with the keys of earlier versions; a number counts as the text that it
is written as, so that ``version: 8`` and ``python_version: 3.10`` mean what they say.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pinwise.formats.distributions import DISTRIBUTIONS, platform_of, releases_of
from pinwise.formats.entries import near, shown
from pinwise.formats.yaml_text import YamlValue, parse_yaml
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.request import Place

FORMATS: Mapping[str, tuple[str, ...]] = {
    "pipenv": ("Pipfile",),
    "pip": ("requirements.in", "requirements.txt"),
    "pip-tools": ("requirements.in", "requirements.txt"),
    "pip-compile": ("requirements.in", "requirements.txt"),
}
"""``requirements_format`` -> the manifests that it means, the one to look for first."""

RECOMMENDATION_TYPES = ("stable", "latest", "testing", "performance", "security")

READ_KEYS = ("overlays_dir", "recommendation_type", "requirements_format", "runtime_environments")
IDLE_KEYS = (
    *("host", "limit_latest_versions", "managers", "repositories"),
    *("tls_verify", "virtualenv", "virtualenv_dir"),
)
"""Keys for the forebear's server, bots and virtual environments."""

ENTRY_KEYS = ("name", "operating_system", "platform", "python_version", "recommendation_type")
HARDWARE_KEYS = ("cpu_family", "cpu_model", "gpu_model")
UNUSED_KEYS = (
    *("base_image", "cuda_version", "cudnn_version", "hardware", "labels", "limit_latest_versions"),
    *("mkl_version", "openblas_version", "openmpi_version"),
)
"""Keys of an environment that are understood and have no effect on an advice."""

USUAL_PLATFORM = "linux-x86_64"
"""What the forebear advised for; taken where an environment names an operating system and no platform."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,59}")  # thamos itself long wrote names such as `rhel:7.7`
_LINUX = re.compile(r"linux_(x86_64|aarch64)")


@dataclass(frozen=True, slots=True)
class RuntimeEnvironment:
    """One entry of ``runtime_environments``.

    Attributes:
        name: Its name; unique.
        place: Where it begins.
        python_version, recommendation_type: As written, with their places; None where they are not there.
        system: Name and version of the operating system, in small letters; None where it is not there.
        platform: As `sysconfig.get_platform` says it; None where it is not there.
        unused: Keys that have a value and no effect, in the order of the file.
    """

    name: str
    place: Place
    python_version: YamlValue | None
    recommendation_type: YamlValue | None
    system: YamlValue | None
    platform: YamlValue | None
    unused: tuple[str, ...]

    def platform_tag(self) -> tuple[str, Place] | None:
        """Return the platform tag of this environment and where it comes from; None if nothing tells one.

        Raises:
            ManifestError: The operating system or the platform is none that pinwise knows.
        """
        name = USUAL_PLATFORM if self.platform is None else self.platform.string("`platform`")
        tag = re.sub(r"[-.]", "_", name)
        if self.platform is not None and (self.system is None or tag.startswith(("manylinux", "musllinux"))):
            return tag, self.platform.place
        if self.system is None:
            return None
        linux = _LINUX.fullmatch(tag)
        if linux is None and self.platform is not None and tag.startswith("linux_"):
            return tag, self.platform.place  # a processor of which no wheels are known
        if linux is None:
            raise self.system.error(
                f"`{self.name}` names both a Linux distribution and the platform `{shown(name)}`",
                "keep one of them",
            )
        return _tag_of(self.system, linux[1]), self.system.place


def _tag_of(system: YamlValue, architecture: str) -> str:
    """Return the platform tag of a distribution's release."""
    parts = system.mapping("`operating_system`")
    name, version = (parts[key].string(f"`{key}`").lower() for key in ("name", "version"))
    tag = platform_of(name, version, architecture)
    if tag is not None:
        return tag
    own = f"or write its C library as a tag, as in `platform: manylinux_2_28_{architecture}`"
    if not releases_of(name):
        meant = near(name, DISTRIBUTIONS) or f"pinwise knows {', '.join(DISTRIBUTIONS)}"
        raise parts["name"].error(
            f"`{shown(name)}` is no operating system that pinwise knows", f"{meant.rstrip('?')}, {own}"
        )
    releases = releases_of(name)
    raise parts["version"].error(
        f"pinwise knows no release `{shown(version)}` of `{name}`",
        f"it knows {releases[0]} to {releases[-1]}, {own}",
    )


@dataclass(frozen=True, slots=True)
class ThothConfiguration:
    """What ``.thoth.yaml`` says, as far as it means something here.

    Attributes:
        file: Its name as people see it.
        environments: In the order of the file.
        overlays_dir: The folder of the overlays' own folders; None where they share the project's manifest.
        requirements_format: One of `FORMATS`, None where it is not named, with its place.
        idle: Keys that mean nothing here, in the order of the file.
    """

    file: str
    environments: tuple[RuntimeEnvironment, ...]
    overlays_dir: str | None
    requirements_format: tuple[str, Place] | None
    idle: tuple[str, ...]


def parse_thoth(text: str, file: str, *, limits: TextLimits = USUAL) -> ThothConfiguration:
    """Return what a ``.thoth.yaml`` says.

    Raises:
        ManifestError: It cannot be understood, with its line.
    """
    root = parse_yaml(text, file, limits)
    content = root.mapping("this file")
    root.refuse_unknown((*READ_KEYS, *IDLE_KEYS), "a key of `.thoth.yaml`")
    goal = _given(content, "recommendation_type")
    return ThothConfiguration(
        file=file,
        environments=tuple(_environments(content, goal)),
        overlays_dir=_overlays_dir(content),
        requirements_format=_requirements_format(content),
        idle=tuple(key for key in content if key in IDLE_KEYS),
    )


def _given(content: Mapping[str, YamlValue], key: str) -> YamlValue | None:
    value = content.get(key)
    return None if value is None or value.is_absent else value


def _overlays_dir(content: Mapping[str, YamlValue]) -> str | None:
    value = _given(content, "overlays_dir")
    if value is None:
        return None
    folder = value.string("`overlays_dir`").replace("\\", "/")
    parts = folder.split("/")
    if not folder or folder.startswith("/") or ":" in folder or ".." in parts or not folder.isprintable():
        raise value.error(
            f"`overlays_dir` must be a folder inside of the project's, not `{shown(folder)}`",
            "write it like `overlays_dir: overlays`",
        )
    return "/".join(part for part in parts if part not in {"", "."}) or "."


def _requirements_format(content: Mapping[str, YamlValue]) -> tuple[str, Place] | None:
    value = _given(content, "requirements_format")
    if value is None:
        return None
    written = value.string("`requirements_format`")
    if written not in FORMATS:
        raise value.error(
            f"`requirements_format` has no choice `{shown(written)}`",
            near(written, FORMATS) or f"it may be {', '.join(FORMATS)}",
        )
    return written, value.place


def _environments(content: Mapping[str, YamlValue], goal: YamlValue | None) -> Iterator[RuntimeEnvironment]:
    """Yield the environments, with `goal` for those that name none."""
    entries = _given(content, "runtime_environments")
    seen: dict[str, Place] = {}
    for entry in () if entries is None else entries.sequence("`runtime_environments`"):
        environment = _environment(entry, goal)
        if (first := seen.get(environment.name.casefold())) is not None:
            raise entry.error(
                f"two environments are named `{environment.name}` ({first})", "rename one of them"
            )
        seen[environment.name.casefold()] = environment.place
        yield environment


def _environment(entry: YamlValue, goal: YamlValue | None) -> RuntimeEnvironment:
    content = entry.mapping("a runtime environment")
    what = "a key of a runtime environment"
    YamlValue(content, "", entry.place).refuse_unknown((*ENTRY_KEYS, *UNUSED_KEYS), what)
    hardware = _given(content, "hardware")
    if hardware is not None and hardware.mapping("`hardware`"):
        hardware.refuse_unknown(HARDWARE_KEYS, "a key of `hardware`")
    return RuntimeEnvironment(
        name=_name(entry, content),
        place=entry.place,
        python_version=_given(content, "python_version"),
        recommendation_type=_recommendation_type(_given(content, "recommendation_type") or goal),
        system=_system(content),
        platform=_given(content, "platform"),
        unused=tuple(key for key in content if key in UNUSED_KEYS and _says_something(content[key])),
    )


def _name(entry: YamlValue, content: Mapping[str, YamlValue]) -> str:
    value = _given(content, "name")
    if value is None:
        raise entry.error("this runtime environment has no `name`", "write it like `- name: rhel-8`")
    name = value.string("`name`")
    if _NAME.fullmatch(name) is None:
        template = " (this is a template: write out what stands in braces)" if "{" in name else ""
        raise value.error(
            f"`{shown(name)}` is not a name of an environment",
            f"use letters, digits, `-`, `_`, `.` and `:`{template}",
        )
    return name


def _recommendation_type(value: YamlValue | None) -> YamlValue | None:
    if value is None:
        return None
    written = value.string("`recommendation_type`").lower()
    if written not in RECOMMENDATION_TYPES:
        raise value.error(
            f"`recommendation_type` has no choice `{shown(written)}`",
            near(written, RECOMMENDATION_TYPES) or f"it may be {', '.join(RECOMMENDATION_TYPES)}",
        )
    return YamlValue(written, written, value.place)


def _system(content: Mapping[str, YamlValue]) -> YamlValue | None:
    """Return the operating system, None where name or version are not there."""
    value = _given(content, "operating_system")
    if value is None:
        return None
    parts = value.mapping("`operating_system`")
    moved = next((key for key in parts if key in (*ENTRY_KEYS[1:], *UNUSED_KEYS)), None)
    if moved is not None:
        raise parts[moved].error(
            f"`{moved}` is not a key of `operating_system`", "indent it as `operating_system` itself"
        )
    value.refuse_unknown(("name", "version"), "a key of `operating_system`")
    missing = [key for key in ("name", "version") if _given(parts, key) is None]
    if len(missing) == 1:
        raise value.error(f"`operating_system` has no `{missing[0]}`", "write both `name` and `version`")
    return None if missing else value


def _says_something(value: YamlValue) -> bool:
    if isinstance(value.value, Mapping):
        return any(not each.is_absent for each in value.value.values())
    return not value.is_absent
