"""The settings as a JSON Schema, for the Singer SDK and for `--about`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from target_zuora360_cleanup.settings.declared import Settings


def json_schema() -> dict[str, Any]:
    """The settings as the JSON Schema that the Singer SDK validates and shows in `--about`."""
    hints = get_type_hints(Settings)
    return {
        "type": "object",
        "properties": {
            each.name: _property(each, hints[each.name]) for each in dataclasses.fields(Settings)
        },
    }


def _property(field: dataclasses.Field[Any], hint: object) -> dict[str, Any]:
    about = field.metadata
    schema = {"title": about["label"], "description": about["description"], **_type(hint)}
    if about["sensitive"]:
        schema |= {"secret": True, "writeOnly": True}
    if about["options"]:
        holder = schema["items"] if schema["type"][0] == "array" else schema
        holder["enum"] = [*about["options"], *([None] if holder is schema else [])]
    schema |= {key: about[key] for key in ("minimum", "maximum") if about[key] is not None}
    if field.default not in (None, (), dataclasses.MISSING):
        schema["default"] = (
            list(field.default) if isinstance(field.default, tuple) else field.default
        )
    return schema


def _type(hint: object) -> dict[str, Any]:
    kinds: dict[object, str] = {str: "string", bool: "boolean", int: "integer"}
    holds = {"type": "string"}
    if get_origin(hint) is tuple:
        return {"type": ["array", "null"], "items": holds}
    if get_origin(hint) is Mapping:
        is_open = get_args(hint)[1] is Any
        # (an entry of a name with a dot comes nested, see `reading.py`)
        entry = {"type": ["string", "object"]}
        return {"type": ["object", "null"], "additionalProperties": is_open or entry}
    plain = next(kind for kind in kinds if hint is kind or kind in get_args(hint))
    return {"type": [kinds[plain], "null"]}
