"""Takes what belongs to a cleaned stream out of state whose nesting nobody has seen before."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOTHING", "Nothing", "without"]


class Nothing(Enum):
    """The type of ``NOTHING``, apart from every JSON value."""

    NOTHING = "nothing is left"


NOTHING: Final = Nothing.NOTHING


def without(value: Any, cleaned: Callable[[str], bool]) -> Any:  # noqa: ANN401 - JSON
    """A copy of a JSON value without what belongs to a cleaned stream.

    Nested objects under a cleaned stream's name are left out, as are list items that are or hold
    the name. Where a plain value stands under such a name it may just as well be a field of the
    entry around it, and half an entry is worse than none: the entry goes.

    Returns:
        The copy, or ``NOTHING`` where nothing of it may stay.
    """
    if isinstance(value, dict):
        return _object_without(value, cleaned)
    if isinstance(value, list) and not _are_sdk_partitions(value):
        return _list_without(value, cleaned)
    return value


def _object_without(value: dict[str, Any], cleaned: Callable[[str], bool]) -> Any:  # noqa: ANN401
    named = [inner for key, inner in value.items() if cleaned(key)]
    if not all(isinstance(inner, dict | None) for inner in named):
        return NOTHING
    rest = {key: without(inner, cleaned) for key, inner in value.items() if not cleaned(key)}
    left = {key: inner for key, inner in rest.items() if inner is not NOTHING}
    return left if left or not value else NOTHING


def _list_without(value: list[Any], cleaned: Callable[[str], bool]) -> Any:  # noqa: ANN401
    rest = [without(item, cleaned) for item in value if not _is_about_cleaned(item, cleaned)]
    left = [item for item in rest if item is not NOTHING]
    return left if left or not value else NOTHING


def _is_about_cleaned(item: object, cleaned: Callable[[str], bool]) -> bool:
    """A list item such as ``"Account"`` or ``{"stream": "Account", "cursor": 1}``."""
    values = item.values() if isinstance(item, dict) else (item,)
    return any(isinstance(value, str) and cleaned(value) for value in values)


def _are_sdk_partitions(value: list[Any]) -> bool:
    """Whether this is the ``partitions`` of an SDK tap, whose contexts may name anything."""
    return all(isinstance(item, dict) and isinstance(item.get("context"), dict) for item in value)
