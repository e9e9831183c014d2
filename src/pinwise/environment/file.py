"""A target as a TOML file, in the form that ``pinwise environment --format toml`` prints."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pinwise.environment.declare import Build, declare
from pinwise.explain.names import near_names
from pinwise.formats.entries import shown
from pinwise.formats.python_names import OLDEST_FREE_THREADED, parse_python
from pinwise.formats.toml_text import MOST_CHARACTERS, Document
from pinwise.model.environment import Environment
from pinwise.model.errors import ManifestError, TargetError

KEYS = ("python", "platform", "implementation", "abi_flags", "tags", "markers", "origins")
MOST_TAGS = 20_000

_TAG = re.compile(r"[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+")
_ABI_FLAGS = ("", "d", "t", "td")
_PRINT_ONE = "`pinwise environment --format toml` prints such a file"


def read_environment_file(path: Path) -> Environment:
    """Read the target that a file describes.

    Raises:
        TargetError: It cannot be read or understood.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_CHARACTERS + 1).decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise TargetError(f"the target `{path}` cannot be read: {reason}", hint=_PRINT_ONE) from None
    except UnicodeDecodeError:
        raise TargetError("this file is not UTF-8", file=path, hint=_PRINT_ONE) from None
    return parse_environment_file(text, str(path))


def parse_environment_file(text: str, file: str) -> Environment:
    """Return the target that a TOML text describes.

    ``python`` and ``platform`` are needed and mean what the options mean. What else such a file holds is
    derived from them where it is not there, and counts as it is written where it is.

    Raises:
        TargetError: It is not valid, lacks a key, has an unknown one, or contradicts itself.
    """
    try:
        return _Reading(Document.parse(text, file)).environment()
    except ManifestError as error:
        raise TargetError(
            error.message, file=error.file, line=error.line, hint=error.hint or _PRINT_ONE
        ) from None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file while it is read."""

    document: Document

    def environment(self) -> Environment:
        """Return what the file describes, with the file as its origin."""
        self._refuse_unknown(self.document.tables, KEYS)
        declared = self._declared()
        tags = self._tags() or declared.tags
        origin = f"`{self.document.file}`"
        return replace(
            declared,
            tags=tags,
            markers={**declared.markers, **self._markers(declared)},
            has_own_tags=tags != declared.tags,
            origins={"python": origin, "platform": origin},
        )

    def _declared(self) -> Environment:
        """Return what follows from the names."""
        name, platform = self._needed("python"), self._needed("platform")
        implementation = self.document.string(self.document.tables, "implementation")
        if implementation == "pypy" and "pypy" not in name:
            name = f"pypy{name}"
        try:
            parse_python(name)
        except TargetError as error:
            raise self.document.error(error.message, "python", hint=error.hint) from None
        try:
            environment = declare(name, platform, build=Build(abi_flags=self._abi_flags(name)))
        except TargetError as error:
            raise self.document.error(error.message, "platform", hint=error.hint) from None
        if implementation not in (None, environment.implementation):
            raise self.document.error(
                f"`implementation` is `{shown(implementation or '')}`, but `python` names "
                f"`{environment.implementation}`",
                "implementation",
                hint="it may be `cpython` or `pypy`",
            )
        return environment

    def _needed(self, key: str) -> str:
        value = self.document.string(self.document.tables, key)
        if not value:
            raise self.document.error(f"this target has no `{key}`", hint=_PRINT_ONE)
        return value

    def _abi_flags(self, name: str) -> str | None:
        """Return the flags as a build has them, None where the file does not say."""
        flags = self.document.string(self.document.tables, "abi_flags")
        if flags is None:
            return None
        python = parse_python(name)
        version = python.version.release[:2]
        is_cpython = python.implementation == "cpython"
        agrees = "t" in flags or not python.is_free_threaded
        is_possible = "t" not in flags or (is_cpython and version >= OLDEST_FREE_THREADED)
        if flags not in _ABI_FLAGS or not agrees or not is_possible:
            raise self.document.error(
                f"`abi_flags` cannot be `{shown(flags)}` for Python `{shown(name)}`",
                "abi_flags",
                hint='it may be "t" (free-threaded), "d" (debug) or both, or be left out',
            )
        return flags + ("m" if version < (3, 8) else "")

    def _tags(self) -> tuple[str, ...]:
        tags = self.document.strings(self.document.tables, "tags")
        wrong = next((tag for tag in tags if _TAG.fullmatch(tag) is None), None)
        if wrong is not None or len(tags) > MOST_TAGS:
            reason = (
                f"`{shown(wrong)}` is not a wheel tag" if wrong is not None else "there are too many tags"
            )
            raise self.document.error(reason, "tags", hint="a tag looks like `py3-none-any`")
        return tuple(dict.fromkeys(tags))

    def _markers(self, declared: Environment) -> dict[str, str]:
        table = self.document.table("markers")
        self._refuse_unknown(table, tuple(declared.markers), "markers")
        markers = {name: self.document.string(table, "markers", name) or "" for name in table}
        for name in ("python_full_version", "python_version", "implementation_name"):
            if markers.get(name, declared.markers[name]) != declared.markers[name]:
                raise self.document.error(
                    f"the marker `{name}` is `{shown(markers[name])}`, but the target is "
                    f"`{declared.markers[name]}`",
                    "markers",
                    name,
                    hint="leave the marker out, or write the same in both places",
                )
        return markers

    def _refuse_unknown(self, table: object, known: tuple[str, ...], *path: str) -> None:
        assert isinstance(table, dict), "tables were parsed"
        for key in table:
            if key not in known:
                near = near_names(key, known)
                raise self.document.error(
                    f"`{shown(key)}` is not a {'marker' if path else 'key of a target'}",
                    *path,
                    key,
                    hint=f"did you mean `{near[0]}`?" if near else f"it may be {', '.join(known)}",
                )
