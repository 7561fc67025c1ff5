"""Refuses messages of a form that Singer does not know, before the SDK stumbles over them. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - public shape
from typing import Any, Final

from target_zuora360_cleanup.errors import InputError

_STREAM: Final = "stream"
_OBJECTS: Final = {"RECORD": "record", "SCHEMA": "schema", "STATE": "value"}
"""What a message of a type holds that has to be an object."""
_BOOKMARKS: Final = "bookmarks"


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
    if kind == "STATE" and not isinstance(message.get("value", {}).get(_BOOKMARKS, {}), dict):
        raise _broken(kind, f"has {_BOOKMARKS} whose value is no object")


def _broken(kind: str, what: str) -> InputError:
    return InputError(f"A {kind} message of the tap {what}: check what the tap writes to stdout.")
