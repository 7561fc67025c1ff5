"""What is known, and what is not: two types, so that whoever reads a fact decides about both."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from target_zuora360_cleanup.salesforce.errors import ApiError

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Known(Generic[T_co]):
    """A fact that was read."""

    value: T_co

    def or_else(self, instead: object) -> T_co:  # noqa: ARG002 - the decision about `Unknown`
        """The value."""
        return self.value

    def then(self, read: Callable[[T_co], Fact[U]]) -> Fact[U]:
        """What follows from the value."""
        return read(self.value)


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be read; it is neither zero nor none.

    Attributes:
        why: In words; where Salesforce refused, its code and message.
        is_refused: Whether Salesforce refused to tell, and not only had nothing to tell.
    """

    why: str
    is_refused: bool = False

    def or_else(self, instead: T) -> T:
        """What the caller takes in its place; say beside the call why that is safe."""
        return instead

    def then(self, read: Callable[[Any], object]) -> Unknown:  # noqa: ARG002 - nothing to read
        """Nothing follows."""
        return self


Fact: TypeAlias = Known[T] | Unknown


def refusal(error: ApiError) -> Unknown:
    """What Salesforce would not tell, with its reason; the query that it repeats is left out."""
    _, mark, reason = error.message.partition("\nERROR at Row:")
    words = reason.partition("\n")[2] if mark else error.message
    return Unknown(f"{error.code}: {words.strip().rstrip('.')}", is_refused=True)
