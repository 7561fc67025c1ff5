"""Settings for the command line, from files or from variables as Meltano passes them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft7Validator

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.reading import read_settings, unknown_settings
from target_zuora360_cleanup.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import ValidationError

    from target_zuora360_cleanup.settings.declared import Settings

PREFIX: Final = "ZUORA360_"
ENVIRONMENT: Final = "ENV"
"""In place of a file: read the environment."""
_OTHERS: Final = ("EMULATOR_", "DEMO_", "_")
"""Variables of this package's other programs, and Meltano's own extras of a plugin."""
_TRUE: Final = frozenset({"true", "1", "yes", "on"})


def read_cli_settings(sources: Iterable[str], environ: Mapping[str, str], mode: str) -> Settings:
    """The settings of some sources together, a later one before an earlier one.

    Args:
        sources: Paths of JSON files, or `ENV`.
        environ: The environment.
        mode: The mode; what the sources say of it counts for the target only.

    Raises:
        InputError: A source can't be read, or a setting is wrong.
    """
    config: dict[str, Any] = {}
    for source in sources:
        config |= from_environment(environ) if source == ENVIRONMENT else _from_file(source)
    _check(config)
    return dataclasses.replace(read_settings(config | {"mode": None}), mode=mode)


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings in the environment; lists and objects are JSON there.

    Raises:
        InputError: A value is none of its setting.
    """
    properties = json_schema()["properties"]
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value
    }
    # Meltano also passes each entry of an object, as STREAM_OBJECTS_<ENTRY>.
    parts = tuple(
        f"{name.upper()}_" for name, about in properties.items() if about["type"][0] == "object"
    )
    return {
        name.lower(): _parsed(name, value, properties.get(name.lower(), {"type": ["string"]}))
        for name, value in given.items()
        if not name.startswith((*_OTHERS, *parts))
    }


def _parsed(name: str, value: str, about: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    kind = about["type"][0]
    if kind == "string":
        return value
    if kind == "boolean":
        return value.lower() in _TRUE
    try:
        return json.loads(value)
    except ValueError:
        raise InputError(f"{PREFIX}{name} must hold JSON: an {kind}.") from None


def _from_file(path: str) -> dict[str, Any]:
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"--config: can't read '{path}': {exc.strerror or exc}.") from None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise InputError(f"--config: '{path}' holds no JSON object.")
    return config


def _check(config: Mapping[str, Any]) -> None:
    if unknown := unknown_settings(config):
        raise InputError(" ".join(unknown))
    schema = json_schema()
    if errors := [_words(each, schema) for each in Draft7Validator(schema).iter_errors(config)]:
        raise InputError(" ".join(errors))


def _words(error: ValidationError, schema: Mapping[str, Any]) -> str:
    """One sentence; a secret's value is not in it."""
    name = str(error.absolute_path[0]) if error.absolute_path else ""
    about = schema["properties"].get(name, {})
    why = "must be text" if about.get("writeOnly") else error.message
    return f"{name}: {why}."
