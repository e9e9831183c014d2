"""The hash of a Pipfile that ``Pipfile.lock`` records, as pipenv computes it.

``plette`` hashes names as they are written; pipenv since 2026 normalises them first (its issue 4699). For
names that are already normal, and those are nearly all, both give the same.
"""

import hashlib
import json

from pinwise.formats.toml_text import Document, Table, parse_toml
from pinwise.model.errors import ManifestError
from pinwise.model.names import normalise
from pinwise.model.request import DEFAULT_GROUP, DEVELOP_GROUP

NO_CATEGORIES = ("source", "requires", "scripts", "pipfile", "pipenv")
"""Tables of a Pipfile that hold no packages."""

CATEGORIES = {"packages": DEFAULT_GROUP, "dev-packages": DEVELOP_GROUP}
"""Tables of packages whose groups have other names; any further table is the group of its own name."""


def pipfile_hash(document: Document) -> str:
    """Return the hash over sources, requirements on Python, and packages of every category.

    Raises:
        ManifestError: A date or time stands in one of them, which pipenv cannot hash.
    """
    data: dict[str, object] = {
        "_meta": {"sources": _sources(document), "requires": document.table("requires")},
        DEFAULT_GROUP: _by_normal_names(document.table("packages")),
        DEVELOP_GROUP: _by_normal_names(document.table("dev-packages")),
    }
    for key in document.tables:
        if key not in {*CATEGORIES, *NO_CATEGORIES}:
            data[key] = _by_normal_names(document.table(key))
    try:
        content = json.dumps(data, sort_keys=True, separators=(",", ":"))
    except TypeError:
        raise ManifestError(
            "a date or time stands where a Pipfile can have none", file=document.file
        ) from None
    return hashlib.sha256(content.encode()).hexdigest()


def _sources(document: Document) -> object:
    if "source" in document.tables:
        return document.tables["source"]
    from plette.pipfiles import DEFAULT_SOURCE_TOML  # noqa: PLC0415  # imports tomlkit: 25 ms

    return parse_toml(DEFAULT_SOURCE_TOML, document.file)["source"]


def _by_normal_names(table: Table) -> dict[str, object]:
    return {normalise(name): entry for name, entry in table.items()}
