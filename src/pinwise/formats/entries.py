"""One requirement, marker, version or index URL: text from a manifest or from METADATA -> a checked value.

Everything here is parsed under limits, so that no text can end in a traceback or a hang later:
`parse_requirement` and its kin raise `ValueError` with one short reason, and whoever knows the file and the
line turns that into a `ManifestError` or into an unusable release.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinwise.model.errors import ManifestError, UsageError
from pinwise.model.limits import USUAL, TextLimits
from pinwise.model.names import normalise, parse_name
from pinwise.model.request import DirectRequirement, Index, LocalProject, Place

MOST_DIGITS = 200
"""The longest number in one of them; Python itself refuses 4,301 digits, but only when it is too late."""

DEEPEST_MARKER = 200
"""How deep parentheses may be nested whatever the limits say: markers are read again, by recursion."""

_LONG_NUMBER = re.compile(rf"[0-9]{{{MOST_DIGITS + 1}}}")
_SHA256 = re.compile(r"sha256:[0-9a-fA-F]{64}")
_CONTROL = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\\]"
)
"""What moves a terminal's cursor, turns its text around or cannot be written, and the backslash."""

_CREDENTIALS = re.compile(r"://[^/\s]*@")
_ANY_CREDENTIALS = re.compile(r"://.*@", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_USER_INFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)@")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A variable in the credentials of an index."""

_VARIABLE = re.compile(r"\$\{[^}]*\}?|\$[A-Za-z_][A-Za-z0-9_]*")

_ANY_ENVIRONMENT: dict[str, str] = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.11.1",
    "python_version": "3.11",
    "sys_platform": "linux",
    "extra": "",
}
"""Markers are tried once on these values: one that cannot be evaluated here cannot be anywhere."""


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A project that a manifest names by its path.

    Attributes:
        path: As written, without extras and marker.
        is_editable: Whether the manifest asked for an editable installation.
        place: Where it was written.
    """

    path: str
    is_editable: bool
    place: Place


ReadLocal = Callable[[LocalPath], LocalProject]
"""Gives the static metadata of a local project; parsers of manifests get it from whoever may read files."""


def no_local_projects(local: LocalPath) -> LocalProject:
    """Refuse every local project: for whoever parses a manifest without a folder around it."""
    raise ManifestError(
        f"the local project `{shown(local.path)}` cannot be read here",
        file=local.place.file,
        line=local.place.line,
    )


def shown(text: str, limit: int = 80) -> str:
    """Return text from outside as it may stand in a message: one line, short, without credentials."""
    clean = _CREDENTIALS.sub("://****@", text[:4096])
    clean = "".join(character if character.isprintable() else "?" for character in clean).replace("`", "'")
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def near(word: str, known: Iterable[str]) -> str:
    """Return a hint that offers the known words near to `word`, or "" where none is near."""
    import difflib  # noqa: PLC0415  # for errors only

    found = difflib.get_close_matches(word[:200], list(known), n=2, cutoff=0.6)
    return f"did you mean {' or '.join(f'`{shown(one)}`' for one in found)}?" if found else ""


def parse_requirement(text: str, limits: TextLimits = USUAL) -> Requirement:
    """Return a dependency specifier (PEP 508) that is safe to compare, print and evaluate.

    Raises:
        ValueError: It is none, or breaks a limit; the message is one short reason.
    """
    _check_limits(text, limits)
    try:
        requirement = Requirement(text)
        parse_name(requirement.name)
        if requirement.marker is not None:
            _check_marker(requirement.marker)
    except UsageError:
        raise ValueError(f"`{shown(requirement.name)}` is not a valid project name") from None
    except (ValueError, SyntaxError, RecursionError) as error:
        raise ValueError(_reason(error)) from None
    return requirement


def parse_marker(text: str, limits: TextLimits = USUAL) -> Marker:
    """Return an environment marker that is safe to print and evaluate; raise `ValueError` as above."""
    _check_limits(text, limits)
    try:
        marker = Marker(text)
        _check_marker(marker)
    except (ValueError, SyntaxError, RecursionError) as error:
        raise ValueError(_reason(error)) from None
    return marker


def parse_specifiers(text: str, limits: TextLimits = USUAL) -> SpecifierSet:
    """Return a set of version specifiers (PEP 440); raise `ValueError` as above."""
    _check_limits(text, limits)
    try:
        specifiers = SpecifierSet(text)
        specifiers.prereleases  # noqa: B018  # parses the versions, which happens lazily
    except (ValueError, RecursionError) as error:
        raise ValueError(_reason(error)) from None
    return specifiers


def parse_version(text: str, limits: TextLimits = USUAL) -> Version:
    """Return a version (PEP 440); raise `ValueError` as above."""
    _check_limits(text, limits)
    try:
        return Version(text)
    except ValueError:
        raise ValueError(f"`{shown(text)}` is not a version") from None


def _check_limits(text: str, limits: TextLimits) -> None:
    if len(text) > limits.entry_length:
        raise ValueError(f"it is longer than {limits.entry_length:,} characters (setting `entry_length`)")
    if _CONTROL.search(text):
        raise ValueError("it holds a control character or a backslash")
    if _LONG_NUMBER.search(text):
        raise ValueError(f"it holds a number of more than {MOST_DIGITS} digits")
    deepest = min(limits.marker_depth, DEEPEST_MARKER)
    if text.count("(") > deepest and _nesting(text) > deepest:
        raise ValueError(f"it nests parentheses more than {deepest} deep (setting `marker_depth`)")


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _check_marker(marker: Marker) -> None:
    """Raise `ValueError` for a marker that parses and yet can be neither printed nor evaluated."""
    str(marker)
    try:
        marker.evaluate(_ANY_ENVIRONMENT)
        if "~= platform_" in str(marker):
            marker.evaluate({**_ANY_ENVIRONMENT, "platform_release": "x y", "platform_version": "x y"})
    except KeyError as error:
        raise ValueError(f"its marker uses `{shown(str(error.args[0]))}`, which has no value") from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    first, *_ = str(error).splitlines() or ["it cannot be read"]
    return shown(first, 160)


def checked_name(text: str, place: Place) -> str:
    """Return the normalised name of a project, or raise a `ManifestError` that says where it stands."""
    try:
        return parse_name(text)
    except UsageError as error:
        raise ManifestError(
            f"`{shown(text)}` is not a valid project name", file=place.file, line=place.line, hint=error.hint
        ) from None


def direct_requirement(
    text: str,
    place: Place,
    *,
    index: str | None = None,
    hashes: frozenset[str] = frozenset(),
    limits: TextLimits = USUAL,
) -> DirectRequirement:
    """Return what a manifest requires from an index.

    Raises:
        ManifestError: `text` is no requirement, or asks for something that is not on an index.
    """
    try:
        requirement = parse_requirement(text, limits)
    except ValueError as error:
        raise ManifestError(
            f"`{shown(text)}` is not a valid requirement: {error}",
            file=place.file,
            line=place.line,
            hint='write it like `flask>=3`, `celery[redis]~=5.4` or `tomli; python_version < "3.11"`',
        ) from None
    if requirement.url is not None:
        raise remote_error(f"{requirement.name} @ {requirement.url}", place)
    return DirectRequirement(
        name=normalise(requirement.name),
        extras=tuple(sorted(normalise(extra) for extra in requirement.extras)),
        requirement=requirement,
        place=place,
        index=index,
        hashes=hashes,
    )


def local_requirement(
    project: LocalProject,
    place: Place,
    *,
    extras: Iterable[str] = (),
    marker: str = "",
    limits: TextLimits = USUAL,
) -> DirectRequirement:
    """Return what a manifest requires by its path."""
    names = tuple(sorted({normalise(extra) for extra in extras}))
    text = project.name + (f"[{','.join(names)}]" if names else "") + (f"; {marker}" if marker else "")
    try:
        requirement = parse_requirement(text, limits)
    except ValueError as error:
        raise ManifestError(
            f"the extras or the marker of `{shown(project.path)}` are not valid: {error}",
            file=place.file,
            line=place.line,
        ) from None
    return DirectRequirement(
        name=project.name,
        extras=names,
        requirement=requirement,
        place=place,
        path=project.path,
        is_editable=project.is_editable,
    )


def is_sha256(digest: str) -> bool:
    """Whether `digest` reads ``sha256:`` and 64 hexadecimal digits."""
    return _SHA256.fullmatch(digest) is not None


def is_remote(text: str) -> bool:
    """Whether `text` begins with a scheme (``https:``, ``git+ssh:``) other than ``file:``."""
    scheme = _SCHEME.match(text)
    return scheme is not None and scheme.group().lower() != "file:"


def remote_error(text: str, place: Place) -> ManifestError:
    """Return the error for a project that stands behind a URL or in a version control system."""
    return ManifestError(
        f"`{shown(text, 120)}` is a remote URL: pinwise reads projects from indexes and local paths only",
        file=place.file,
        line=place.line,
        hint="put the project on an index, or fetch it and name its folder, wheel or sdist by path",
    )


def refuse_variables(text: str, place: Place, what: str) -> None:
    """Raise a `ManifestError` where `text` holds ``${NAME}`` or ``$NAME``: nothing is put in its place."""
    found = _VARIABLE.search(text)
    if found is not None:
        raise ManifestError(
            f"`{shown(found.group())}` in {what}: environment variables are read for the user and password "
            "of an index only",
            file=place.file,
            line=place.line,
            hint="write the value itself, or give the index by `--index-url` or `PINWISE_INDEX_URL`",
        )


def _refuse_other_variables(url: str, place: Place) -> None:
    """Raise a `ManifestError` for variables that are no credentials: what they hold would be locked."""
    user_info = _USER_INFO.match(url.strip())
    if user_info is None:
        refuse_variables(url, place, "an index URL")
        return
    refuse_variables(url.strip()[user_info.end() :], place, "an index URL")
    bare = VARIABLE.sub("", user_info[1])
    if found := _VARIABLE.search(bare):
        raise ManifestError(
            f"`{shown(found.group())}` in an index URL is not understood",
            file=place.file,
            line=place.line,
            hint="write a variable as `${NAME}`, and a dollar sign in a password as `%24`",
        )


def has_variables_only(index: Index) -> bool:
    """Whether the credentials of an index are nothing but ``${NAME}``, which is no secret."""
    user_info = _USER_INFO.match(index.secret or "")
    return user_info is not None and VARIABLE.sub("", user_info[1]) in ("", ":")


def fill_variables(index: Index, variables: Mapping[str, str]) -> Index:
    """Return `index` with the value of each ``${NAME}`` in its credentials, percent-encoded where need be.

    Raises:
        ManifestError: A variable is not set.
    """
    if index.secret is None:
        return index

    def value(match: re.Match[str]) -> str:
        text = variables.get(match[1])
        if not text:
            raise ManifestError(
                f"the index `{shown(index.name or index.url)}` needs the variable `{match[1][:80]}`, "
                "which is not set",
                hint="set it to the user or the password, or work `--offline`",
            )
        return quote(text, safe="%:!$&'()*+,;=~")

    user_info = _USER_INFO.match(index.secret)
    if user_info is None:
        return index
    start, end = user_info.span(1)
    filled = VARIABLE.sub(value, user_info[1])
    return replace(index, secret=f"{index.secret[:start]}{filled}{index.secret[end:]}")


def parse_index(
    url: str, place: Place, *, name: str | None = None, verify_ssl: bool = True, is_flat: bool = False
) -> Index:
    """Return one index; its credentials, if any, go to `Index.secret` only, ``${NAME}`` as written.

    Raises:
        ManifestError: `url` is no ``https:``, ``http:`` or ``file:`` URL and no path.
    """
    _refuse_other_variables(url, place)
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _index_error(text, place) from None
    if not text or not text.isprintable() or any(character.isspace() for character in text):
        raise _index_error(text, place)
    if _SCHEME.match(text) is None:
        return Index(text.rstrip("/") or "/", name, verify_ssl, is_flat, place=place)
    if parts.scheme.lower() not in {"http", "https", "file"} or (parts.scheme.lower() != "file" and not host):
        raise _index_error(text, place)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl().rstrip("/")
    secret = text.rstrip("/") if "@" in parts.netloc else None
    return Index(bare, name, verify_ssl, is_flat, secret, place)


def _index_error(text: str, place: Place) -> ManifestError:
    return ManifestError(
        f"`{shown(_ANY_CREDENTIALS.sub('://****@', text))}` is not the URL of an index",
        file=place.file,
        line=place.line,
        hint="it looks like `https://index.example/simple`",
    )
