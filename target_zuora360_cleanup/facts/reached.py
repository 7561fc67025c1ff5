"""Finds out what a deletion reaches, and counts it: level by level, each relationship by itself.

A level below is only looked at where rows of the one above are there. What can't be counted is
unknown, with its reason; the others are counted nevertheless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts.counter import Counter
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.reach import (
    Detaching,
    Path,
    is_kept_by_salesforce,
    read_lookups,
    read_relationships,
)
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.reach import Lookup, Lookups
    from target_zuora360_cleanup.salesforce.client import Salesforce

DEEPEST: Final = 6
"""Relationships of a path: five levels upwards, and the field that is there."""
_NOT_SHOWN: Final = Unknown("the object is not shown to this user")
_NOT_QUERYABLE: Final = Unknown("its describe says that this user may not query it")
_NOT_DESCRIBED: Final = Unknown("what hangs below them can't be read")
_TOO_DEEP: Final = Unknown(
    "they hang on each other in a circle, or deeper below than a query can follow"
)
Describes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Reach:
    """What the deletion of some object types reaches.

    Attributes:
        rows: How many rows are at the end of each path, none left out but those known to be none
            and what Salesforce keeps itself.
        lookups: Of all objects that were looked at.
        through: Ways to rows that are to be deleted themselves, over rows that are not: they must
            be gone before the record at the root.
    """

    rows: Mapping[Path, Fact[int]]
    lookups: Lookups
    through: tuple[Path, ...] = ()


def read_reach(
    salesforce: Salesforce,
    objects: Sequence[ObjectFacts],
    describes: Describes,
    shown: Mapping[str, Mapping[str, Any]],
    detaching: Detaching | None = None,
) -> Reach:
    """Everything that deleting these objects' rows does to rows that are not to be deleted.

    Args:
        salesforce: Where.
        objects: What is to be deleted, with its rows; object types without any reach nothing.
        describes: Of the objects; those of others that are looked at are added.
        shown: The global describe.
        detaching: Which rows need not go; none where it is not given.

    Raises:
        requests.RequestException: No answer came.
    """
    return _Reader(salesforce, objects, describes, shown, detaching or Detaching()).read()


class _Reader:
    """Goes down from the object types to be deleted, until nothing more is reached."""

    def __init__(
        self,
        salesforce: Salesforce,
        objects: Sequence[ObjectFacts],
        describes: Describes,
        shown: Mapping[str, Mapping[str, Any]],
        detaching: Detaching,
    ) -> None:
        self._salesforce = salesforce
        self._roots = [each.kind.api_name for each in objects if each.found != Known(0)]
        self._steps = {each.kind.api_name for each in objects}
        self._objects = objects
        self._others = {each.kind.api_name for each in objects if each.kind.where}
        self._describes = describes
        self._shown = shown
        self._detaching = detaching
        self._lookups: dict[tuple[str, str], Lookup] = {}
        self._through: list[Path] = []

    def read(self) -> Reach:
        reached: dict[Path, Fact[int]] = {}
        level = [Path((each,)) for root in self._roots for each in self._outsiders(root)]
        while level:
            self._describe({each.child for each in level})
            level = [self._detaching.weighed(each, self._lookups) for each in level]
            counted = self._counted(level)
            reached |= {each: rows for each, rows in counted.items() if rows != Known(0)}
            level = [below for each, rows in counted.items() for below in self._below(each, rows)]
        return Reach(reached, self._lookups, tuple(self._through))

    def _outsiders(self, parent: str) -> Iterator[Any]:
        """Relationships into an object from rows that are not to be deleted."""
        for each in read_relationships(parent, self._describes[parent]):
            is_step = each.child in self._steps and each.child not in self._others
            if not is_step and not is_kept_by_salesforce(each.child, self._shown.get(each.child)):
                yield each

    def _describe(self, names: Collection[str]) -> None:
        """What is not shown, or not told, stays unknown: its rows are asked for without it."""
        new = sorted((set(names) & self._shown.keys()) - self._describes.keys())
        for name, describe in self._salesforce.rest.describe_each(new).items():
            if not isinstance(describe, ApiError):
                self._describes[name] = describe
        for name in names & self._describes.keys():
            self._lookups |= read_lookups(name, self._describes[name])

    def _counted(self, level: Sequence[Path]) -> dict[Path, Fact[int]]:
        unknown = {each: why for each in level if (why := self._why_not(each))}
        paths = [each for each in level if each not in unknown]
        counter = Counter.of(self._salesforce, self._objects, self._lookups)
        return {**unknown, **counter.count(paths)}

    def _why_not(self, path: Path) -> Unknown | None:
        """Why rows can't be counted at all."""
        if path.child not in self._shown:
            return _NOT_SHOWN
        if not self._shown[path.child].get("queryable", True):
            return _NOT_QUERYABLE
        if path.on_delete == "cascade" and path.child not in self._describes:
            return _NOT_DESCRIBED
        return _TOO_DEEP if len(path.links) > DEEPEST else None

    def _below(self, path: Path, rows: Fact[int]) -> Iterator[Path]:
        """What hangs on rows that go along; where nobody knows whether there are any, nothing."""
        if path.on_delete != "cascade" or not rows.or_else(0):
            return
        for each in read_relationships(path.child, self._describes[path.child]):
            if each.child in self._steps and each.on_delete != "clear":
                self._through.append(path.then(each))
        for each in self._outsiders(path.child):
            yield path.then(each)
