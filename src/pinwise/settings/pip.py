"""What pip's configuration says of indexes: its files (INI) and its variables (``PIP_*``)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pinwise.formats.entries import parse_index, shown
from pinwise.model.errors import UsageError
from pinwise.model.request import Index, Place

KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "proxy")
"""All that is read; what else pip may be told decides nothing about where files come from."""

SECTIONS = ("global", "install")
"""Read in this order, the later ones outranking the earlier ones, as pip does when it installs."""

_TRUE = frozenset(("1", "true", "yes", "on", "y", "t"))


@dataclass(frozen=True, slots=True)
class PipValue:
    """One value with the place where it was written."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class PipConfiguration:
    """What pip would take for its indexes.

    Attributes:
        index: The index URL, None where pip's own default holds.
        extra, flat: ``extra-index-url`` and ``find-links``, in their order.
        has_no_index: ``no-index``: only `flat` counts.
        trusted_hosts: Hosts (``host`` or ``host:port``) whose certificates are not checked.
        certificates: Path of a file of certificates, or None.
        proxy: URL of a proxy, or None.
    """

    index: Index | None = None
    extra: tuple[Index, ...] = ()
    flat: tuple[Index, ...] = ()
    has_no_index: bool = False
    trusted_hosts: frozenset[str] = frozenset()
    certificates: str | None = None
    proxy: str | None = None


def parse_pip_file(text: str, file: str) -> dict[str, PipValue]:
    """Return the values of one configuration file by their key.

    Raises:
        UsageError: It is no INI file.
    """
    import configparser  # noqa: PLC0415  # 6 ms, where there is such a file only

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", ())), (None,))[0]
        raise UsageError(
            "this file of pip's is not valid",
            file=file,
            line=line,
            hint="correct it, or set `PIP_CONFIG_FILE` to a file of your own",
        ) from None
    values: dict[str, PipValue] = {}
    for section in SECTIONS:
        for key, value in parser.items(section) if parser.has_section(section) else ():
            name = key.strip().lower().replace("_", "-")
            if name in KEYS and value:
                values[name] = PipValue(value, Place(file, _line_of(key, text)))
    return values


def _line_of(key: str, text: str) -> int | None:
    """Return the last line that begins with `key`."""
    found = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lower().startswith(key):
            found = number
    return found


def parse_pip_variables(environ: Mapping[str, str]) -> dict[str, PipValue]:
    """Return the values of ``PIP_*`` by their key; an empty variable counts as not set."""
    names = {key: "PIP_" + key.upper().replace("-", "_") for key in KEYS}
    return {key: PipValue(environ[name], Place(name)) for key, name in names.items() if environ.get(name)}


def parse_pip_configuration(layers: Iterable[Mapping[str, PipValue]]) -> PipConfiguration:
    """Return what `layers` say together, each outranking those before it.

    Raises:
        UsageError: A value is no URL of an index.
    """
    values: dict[str, PipValue] = {}
    for layer in layers:
        values.update(layer)
    trusted = frozenset(_words(values.get("trusted-host")))
    no_index = values.get("no-index")
    index = _indexes(values.get("index-url"), is_flat=False)
    return PipConfiguration(
        index=index[0] if index else None,
        extra=_indexes(values.get("extra-index-url"), is_flat=False),
        flat=_indexes(values.get("find-links"), is_flat=True),
        has_no_index=no_index is not None and no_index.text.strip().lower() in _TRUE,
        trusted_hosts=trusted,
        certificates=values["cert"].text.strip() if "cert" in values else None,
        proxy=values["proxy"].text.strip() if "proxy" in values else None,
    )


def _words(value: PipValue | None) -> list[str]:
    return [] if value is None else value.text.split()


def _indexes(value: PipValue | None, *, is_flat: bool) -> tuple[Index, ...]:
    if value is None:
        return ()
    try:
        return tuple(parse_index(url, value.place, is_flat=is_flat) for url in value.text.split())
    except UsageError as error:
        raise UsageError(
            f"pip's configuration: {shown(error.message, 200)}",
            file=error.file,
            line=error.line,
            hint=error.hint,
        ) from None
