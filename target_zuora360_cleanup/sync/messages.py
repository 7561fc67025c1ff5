"""Refuses messages of a form that Singer does not know, before the SDK stumbles over them. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - public shape
from typing import Any, Final

from target_zuora360_cleanup.errors import InputError

_STREAM: Final = "stream"
_OBJECTS: Final = {"RECORD": "record", "SCHEMA": "schema", "STATE": "value", "BATCH": "encoding"}
"""What a message of a type holds that has to be an object."""
_WITHIN: Final = {"SCHEMA": ("schema", "properties"), "STATE": ("value", "bookmarks")}
"""What that holds in turn."""
_BATCH: Final = "BATCH"
_ENCODING: Final = {"format", "compression"}
"""What the SDK knows of an encoding."""


def check(message: Mapping[str, Any]) -> None:
    """Refuse a message that no tap should write; what it lacks altogether the SDK tells.

    Args:
        message: One of a type that Singer knows.

    Raises:
        InputError: It has another form; nothing of its content is repeated.
    """
    kind = message["type"]
    if kind != "STATE" and not isinstance(message.get(_STREAM), str):
        raise _broken(kind, "names no stream")
    name = _OBJECTS.get(kind, "")
    if name in message and not isinstance(message[name], dict):
        raise _broken(kind, f"has a {name} that is no object")
    outer, inner = _WITHIN.get(kind, ("", ""))
    if not isinstance(message.get(outer, {}).get(inner, {}), dict):
        raise _broken(kind, f"has {inner} whose value is no object")
    if kind == _BATCH:
        _check_batch(message)
    keys = message.get("key_properties") or []
    if not (isinstance(keys, list) and all(isinstance(each, str) for each in keys)):
        raise _broken(kind, "has key_properties that are no list of names")


def _check_batch(message: Mapping[str, Any]) -> None:
    """The same of what the SDK takes for granted."""
    encoding, files = message.get("encoding"), message.get("manifest")
    if encoding is None:
        raise _broken(_BATCH, "names no encoding")
    if not isinstance(encoding.get("format"), str):
        raise _broken(_BATCH, "has an encoding that names no format")
    compression = encoding.get("compression")
    if not (encoding.keys() <= _ENCODING and isinstance(compression, (str, type(None)))):
        raise _broken(_BATCH, "has an encoding of another form than format and compression")
    if not (isinstance(files, list) and all(isinstance(each, str) for each in files)):
        raise _broken(_BATCH, "names no files")


def _broken(kind: str, what: str) -> InputError:
    return InputError(f"A {kind} message of the tap {what}: check what the tap writes to stdout.")
