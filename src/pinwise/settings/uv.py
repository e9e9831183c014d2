"""What uv's configuration says of indexes: ``uv.toml``, ``[tool.uv]`` of a ``pyproject.toml``, ``UV_*``."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from pinwise.actions.request import IndexChoice, absolute_index
from pinwise.formats.entries import parse_index
from pinwise.formats.toml_text import MOST_CHARACTERS, Document, Table
from pinwise.model.errors import UsageError
from pinwise.model.request import Index, Place

_TRUE = frozenset(("1", "true", "yes", "on", "y", "t"))
_PAIR = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)=(?P<url>.*)")
_TABLE = re.compile(r"^\s*\[+\s*tool\s*\.\s*uv\s*[\].]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Layer:
    """The indexes of one source, in its own words."""

    default: Index | None = None
    extra: tuple[Index, ...] = ()
    flat: tuple[Index, ...] = ()
    has_no_index: bool = False


def read_uv_configuration(environ: Mapping[str, str], folder: Path) -> tuple[IndexChoice, bool]:
    """Return the indexes that uv would ask in `folder`, and whether it is told to ask none (``no-index``).

    Variables outrank the project's file, that the user's, that the system's; the extra indexes of all of
    them count, in this order. Indexes that are ``explicit`` serve single projects by name and are left out.

    Raises:
        UsageError: One of the sources cannot be understood.
    """
    layers = [_parse_variables(environ)]
    for path, is_pyproject in _files(environ, folder):
        text = _read(path)
        if text is not None and (not is_pyproject or _TABLE.search(text)):
            layers.append(_parse_file(text, path, is_pyproject=is_pyproject))
    default = next((layer.default for layer in layers if layer.default is not None), None)
    has_no_index = any(layer.has_no_index for layer in layers)
    choice = IndexChoice(
        None if default is None else _with_login(absolute_index(default, folder), environ),
        tuple(
            _with_login(absolute_index(index, folder), environ) for layer in layers for index in layer.extra
        ),
        tuple(absolute_index(index, folder) for layer in layers for index in layer.flat),
    )
    return (IndexChoice(flat=choice.flat) if has_no_index else choice), has_no_index


def _files(environ: Mapping[str, str], folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files that uv would read, the one that counts most first, and whether each is a project's."""
    if named := environ.get("UV_CONFIG_FILE"):
        yield folder / named, False
        return
    if environ.get("UV_NO_CONFIG", "").lower() in _TRUE:
        return
    for place in (folder, *folder.parents):
        if (place / "uv.toml").is_file():
            yield place / "uv.toml", False
            break
        text = _read(place / "pyproject.toml")
        if text is not None and _TABLE.search(text):
            yield place / "pyproject.toml", True
            break
    home = Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111  # never fails
    own = environ.get("APPDATA") if os.name == "nt" else environ.get("XDG_CONFIG_HOME")
    yield Path(own or home / ".config") / "uv" / "uv.toml", False
    if os.name == "posix":
        for config in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
            yield Path(config) / "uv" / "uv.toml", False
        yield Path("/etc/uv/uv.toml"), False


def _read(path: Path) -> str | None:
    """Return the text of a file, None where there is none to read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_CHARACTERS).decode("utf-8-sig", "replace")
    except OSError:
        return None


def _parse_file(text: str, path: Path, *, is_pyproject: bool) -> _Layer:
    try:
        document = Document.parse(text, str(path))
        prefix = ("tool", "uv") if is_pyproject else ()
        return _parse_table(document, document.table(*prefix), prefix)
    except UsageError as error:
        raise UsageError(
            f"uv's configuration: {error.message}",
            file=error.file,
            line=error.line,
            hint=error.hint or "correct it, or set `UV_NO_CONFIG=1`",
        ) from None


def _parse_table(document: Document, table: Table, prefix: tuple[str, ...]) -> _Layer:
    default, extra = None, list[Index]()
    for index, is_default in _tables(document, table, prefix):
        if not is_default:
            extra.append(index)
        elif default is None:
            default = index
    url = document.string(table, *prefix, "index-url")
    if default is None and url:
        default = parse_index(url, document.place(*prefix, "index-url"))
    place = document.place(*prefix, "extra-index-url")
    extra += [parse_index(each, place) for each in document.strings(table, *prefix, "extra-index-url")]
    links = document.strings(table, *prefix, "find-links")
    flat = (parse_index(each, document.place(*prefix, "find-links"), is_flat=True) for each in links)
    return _Layer(default, tuple(extra), tuple(flat), document.flag(table, *prefix, "no-index"))


def _tables(document: Document, table: Table, prefix: tuple[str, ...]) -> Iterator[tuple[Index, bool]]:
    """Yield the ``[[index]]`` tables, and whether each is the default one."""
    entries = table.get("index", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise document.error("`index` must be an array of tables (`[[index]]`)", *prefix, "index")
    for number, entry in enumerate(entries):
        path = (*prefix, "index", str(number))
        url = document.string(entry, *path, "url")
        if not url:
            raise document.error("an index has no `url`", *path)
        if document.flag(entry, *path, "explicit"):
            continue
        name = document.string(entry, *path, "name")
        yield (
            parse_index(url, document.place(*path, "url"), name=name, is_flat=entry.get("format") == "flat"),
            document.flag(entry, *path, "default"),
        )


def _parse_variables(environ: Mapping[str, str]) -> _Layer:
    """Return what ``UV_*`` name; an empty variable counts as not set."""
    default = [
        index for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") for index in _parse_variable(name, environ)
    ]
    extra = [index for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL") for index in _parse_variable(name, environ)]
    words = environ.get("UV_FIND_LINKS", "").split(",")
    flat = [parse_index(word.strip(), Place("UV_FIND_LINKS"), is_flat=True) for word in words if word.strip()]
    is_off = environ.get("UV_NO_INDEX", "").lower() in _TRUE
    return _Layer(default[0] if default else None, tuple(extra), tuple(flat), is_off)


def _parse_variable(name: str, environ: Mapping[str, str]) -> Iterable[Index]:
    """Return the indexes in a variable: URLs between white space, some as ``NAME=URL``."""
    for word in environ.get(name, "").split():
        pair = _PAIR.fullmatch(word)
        if pair is not None:
            yield parse_index(pair["url"], Place(name), name=pair["name"])
        else:
            yield parse_index(word, Place(name))


def _with_login(index: Index, environ: Mapping[str, str]) -> Index:
    """Return a named index with the user and password that ``UV_INDEX_NAME_USERNAME`` and the like hold."""
    if index.name is None or index.secret is not None or "://" not in index.url:
        return index
    stem = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", index.name.upper())
    user, password = environ.get(f"{stem}_USERNAME"), environ.get(f"{stem}_PASSWORD")
    if not user and not password:
        return index
    scheme, _, rest = index.url.partition("://")
    login = quote(user or "", safe="") + (f":{quote(password, safe='')}" if password else "")
    return replace(index, secret=f"{scheme}://{login}@{rest}")
