"""The pages on what programs get: each from its JSON schema."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference_pages.text import table

FOLDER = Path(__file__).parent.parent


def report() -> str:
    """Describe the JSON report from its schema."""
    schema = json.loads((FOLDER / "report.schema.json").read_text(encoding="utf-8"))
    parts = [
        _object("the report", schema, schema),
        *(_object(name, part, schema) for name, part in schema["$defs"].items()),
    ]
    several = json.loads((FOLDER / "overlays.schema.json").read_text(encoding="utf-8"))
    of_several = [
        f"\n## the report on overlays\n\n{several['description']} Its schema is "
        "[overlays.schema.json](../overlays.schema.json).\n\n"
        + _object("the report on overlays", several, several).partition("\n\n")[2],
        *(_object(name, part, several) for name, part in several["$defs"].items()),
    ]
    return (
        "# The report as JSON\n\n"
        f"{schema['description']} Its schema is [report.schema.json](../report.schema.json).\n"
        + "".join((*parts, *of_several))
    )


def reasons() -> str:
    """Describe the answers of `why`, `tree` and `outdated` from their schema."""
    schema = json.loads((FOLDER / "reasons.schema.json").read_text(encoding="utf-8"))
    parts = [_object(name, part, schema) for name, part in schema["$defs"].items()]
    return (
        "# The answers of why, tree and outdated as JSON\n\n"
        f"{schema['description']} Their schema is [reasons.schema.json](../reasons.schema.json).\n"
        + "".join(parts)
    )


def installed() -> str:
    """Describe what `install`, `sync` and `check --installed` print, from its schema."""
    schema = json.loads((FOLDER / "installed.schema.json").read_text(encoding="utf-8"))
    environment = {"description": "Where the lock is installed.", **schema["properties"]["environment"]}
    parts = [
        _object("installed", schema, schema),
        _object("environment", environment, {**schema, "$defs": {"environment": environment}}),
        *(_object(name, part, schema) for name, part in schema["$defs"].items()),
    ]
    return (
        "# What is installed as JSON\n\n"
        f"{schema['description']} Its schema is [installed.schema.json](../installed.schema.json).\n"
        + "".join(parts)
    )


def state() -> str:
    """Describe what commands about settings, knowledge and files print, from its schema."""
    schema = json.loads((FOLDER / "state.schema.json").read_text(encoding="utf-8"))
    parts = [_object(name, part, schema) for name, part in schema["$defs"].items()]
    return (
        "# Settings, knowledge base and conversions as JSON\n\n"
        f"{schema['description']} Their schema is [state.schema.json](../state.schema.json).\n"
        + "".join(parts)
    )


def _object(name: str, part: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    rows = (
        (f"`{key}`", _type(value), _meaning(value, schema))
        for key, value in part.get("properties", {}).items()
    )
    described = part["description"] + "\n\n" if "description" in part and name in schema["$defs"] else ""
    listed = table(("key", "value", "meaning"), rows) if "properties" in part else ""
    return f"\n## {name}\n\n{described}" + listed


def _type(value: Mapping[str, Any]) -> str:
    match value:
        case {"$ref": "urn:pinwise:report:1"}:
            return "[the report](#the-report)"
        case {"$ref": reference}:
            name = str(reference).rpartition("/")[2]
            return f"[{name}](#{name})"
        case {"oneOf": choices} | {"anyOf": choices}:
            return " or ".join(_type(choice) for choice in choices)
        case {"enum": names}:
            return " or ".join(f"`{name}`" for name in names)
        case {"const": constant}:
            return f"`{constant}`"
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "object", "additionalProperties": {"type": kind}}:
            return f"object of {kind}s"
        case {"type": "object", "additionalProperties": {"$ref": _}}:
            return "object"
        case {"type": list(kinds)}:
            return " or ".join(kinds)
        case {"type": kind}:
            return str(kind)
    raise ValueError(value)


def _meaning(value: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "description" in value:
        return str(value["description"])
    name = str(value.get("$ref", "")).rpartition("/")[2]
    return str(schema["$defs"].get(name, {}).get("description", ""))
