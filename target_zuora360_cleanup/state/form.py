"""The forms of a tap's state: which can be reset, and which are refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import simplejson

from target_zuora360_cleanup.errors import InputError, Refused

__all__ = ["POSITIONS", "TapState", "bookmarks_of", "checked", "copied", "dumped", "loaded"]

TapState: TypeAlias = dict[str, Any]
_T = TypeVar("_T")

# Where a run had got to; no part of what a stream has loaded.
POSITIONS = frozenset({"current_stream", "currently_syncing"})

_DEEPEST = 64  # levels; real state has fewer than ten
_FOREIGN = (
    "The tap keeps its state in a form that can't be reset here ({found}): only `bookmarks` is "
    "known. Clear it with `meltano state clear <state id>`, which resets the whole tap, and run "
    "the cleanup with a tap that sends `bookmarks`."
)


def checked(value: object) -> TapState:
    """A copy of a state that is safe to work on and to write.

    Raises:
        InputError: it is no JSON object, or none that can be written again.
        Refused: it has another form than ``bookmarks``.
    """
    if not isinstance(value, dict):
        raise InputError(
            f"A STATE of the tap holds no object but {_kind(value)}. Check the tap's version."
        )
    if _too_deep(value):
        raise InputError(
            f"A STATE of the tap nests deeper than {_DEEPEST} levels. Check the tap's version."
        )
    _refuse_foreign(value)
    try:
        _refuse_half_characters(value)
        return copied(value)
    except (TypeError, ValueError):
        raise InputError(
            "A STATE of the tap holds a value that JSON has no word for, such as NaN. "
            "Check the tap's version."
        ) from None


def _refuse_foreign(value: TapState) -> None:
    if "airbyte_state" in value:
        raise Refused(_FOREIGN.format(found="`airbyte_state`, of an Airbyte source"))
    if not isinstance(value.get("bookmarks"), dict | None):
        raise Refused(_FOREIGN.format(found=f"`bookmarks` holds {_kind(value['bookmarks'])}"))
    if "bookmarks" not in value and value.keys() - POSITIONS:
        raise Refused(_FOREIGN.format(found="no `bookmarks` in it"))


def _refuse_half_characters(value: TapState) -> None:
    """Half a character can be written by JSON, and by little else that stores or shows a state."""
    try:
        simplejson.dumps(value, ensure_ascii=False, use_decimal=True, allow_nan=True).encode()
    except UnicodeEncodeError:
        raise InputError(
            "A STATE of the tap holds half a character (a lone surrogate), which can't be stored "
            "safely. Find it with `meltano state get <state id>` and set the state without it."
        ) from None


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def bookmarks_of(state: TapState | None) -> TapState:
    """The entries of a state, without null ones and without positions."""
    entries = (state or {}).get("bookmarks") or {}
    return {
        key: entry for key, entry in entries.items() if entry is not None and key not in POSITIONS
    }


def copied(value: _T) -> _T:
    """A deep copy of a JSON value; raises ValueError for NaN and the infinities."""
    copy: _T = loaded(dumped(value))
    return copy


def dumped(value: object) -> str:
    """A JSON value as one line of ASCII, with decimals to the last digit.

    Raises:
        ValueError: It holds NaN or an infinity.
        TypeError: It holds something that is no JSON.
    """
    return str(simplejson.dumps(value, use_decimal=True, allow_nan=False))


def loaded(text: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON value in a text, with decimals to the last digit.

    Raises:
        ValueError: There is none.
        RecursionError: It nests too deep to be read.
    """
    return json.loads(text, parse_float=Decimal)
