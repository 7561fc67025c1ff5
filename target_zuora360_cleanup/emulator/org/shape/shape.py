"""One shape, read from its JSON text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.org.shape.form import FORM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Part", "Shape", "ShapeError", "read_shape"]

Part = dict[str, Any]


class ShapeError(ValueError):
    """A shape that can't be had; the message says where it is wrong and what would be right."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"The shape at {place}: {message}")


@dataclass(frozen=True)
class Shape:
    """A shape that follows the form. Whether the org has what it names shows when it is filled.

    Attributes:
        given: The JSON data.
    """

    given: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.given)

    def parts(self, key: str) -> Sequence[Part]:
        """The entries of one of its lists, such as `objects`, `fields` or `rows`."""
        found: Sequence[Part] = self.given.get(key, ())
        return found

    @property
    def hidden(self) -> Part:
        """What the user can't see."""
        found: Part = self.given.get("hidden", {})
        return found

    @property
    def permissions(self) -> Part:
        """What the user may do with everybody's rows."""
        found: Part = self.given.get("permissions", {})
        return found


@lru_cache(maxsize=64)
def read_shape(text: str) -> Shape:
    """Read a shape; no text is none.

    Raises:
        ShapeError: It is no JSON or doesn't follow the form.
    """
    if not text:
        return Shape()
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ShapeError("its beginning", f"it is no JSON ({error}). Mend the file.") from error
    _validate(data)
    return Shape(data)


def _validate(data: object) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(FORM).iter_errors(data))
    if error is not None:
        raise ShapeError(error.json_path, f"{error.message}. docs/emulator.md says what may be.")
