"""What is wrong with settings by their JSON Schema, in words that show no value.

A secret may stand where it does not belong, so that no value is safe to be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft7Validator

from target_zuora360_cleanup.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import ValidationError

_KINDS: Final = {
    "string": "text", "integer": "a whole number", "boolean": "true or false", "array": "a list",
    "object": "an object of names and values",
}  # fmt: skip


def violations(config: Mapping[str, Any]) -> list[str]:
    """One sentence for each value that its setting can't have."""
    return [_sentence(each) for each in Draft7Validator(json_schema()).iter_errors(dict(config))]


def _sentence(error: ValidationError) -> str:
    name, *inside = (str(part) for part in error.absolute_path)
    where = f"{name}: each entry" if inside else f"{name}:"
    return f"{where} must be {_wanted(error)}."


def _wanted(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "enum":
        return "one of " + ", ".join(each for each in wanted if each is not None)
    if error.validator in ("minimum", "maximum"):
        return f"at {'least' if error.validator == 'minimum' else 'most'} {wanted:,}"
    return _KINDS[wanted if isinstance(wanted, str) else wanted[0]]
