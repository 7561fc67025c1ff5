"""Counts the rows at the end of paths: many at once where that says enough, else one by one.

What can't be counted is unknown, with its reason; the others are counted nevertheless.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.facts.counting import Question, ask
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.reach import Path, soql
from target_zuora360_cleanup.reach.junctions import junction_at
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.catalog.objects import Condition
    from target_zuora360_cleanup.facts.org_facts import ObjectFacts
    from target_zuora360_cleanup.reach import Lookup, Lookups
    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 10_000
_NO_QUERY: Final = "no query can count them"


@dataclass(frozen=True)
class Counter:
    """Counts rows at the end of paths.

    Attributes:
        lookups: Of the objects on these paths.
        wheres: What tells the records that are deleted from others, by object type.
        others: What tells the rows that are not deleted, of object types that have such and a
            query for them.
    """

    salesforce: Salesforce
    lookups: Lookups
    wheres: Mapping[str, Condition]
    others: Mapping[str, str]

    @classmethod
    def of(
        cls, salesforce: Salesforce, objects: Iterable[ObjectFacts], lookups: Lookups
    ) -> Counter:
        """A counter of what the deletion of these objects' rows reaches."""
        kinds = [each.kind for each in objects]
        return cls(
            salesforce,
            lookups,
            {kind.api_name: kind.rows for kind in kinds if kind.rows},
            {kind.api_name: kind.others for kind in kinds if kind.others},
        )

    def count(self, paths: Sequence[Path]) -> dict[Path, Fact[int]]:
        """How many rows are at the end of each path, in few calls."""
        rough = self._rough(paths)
        exact = [each for each in paths if not self.is_exact(each, rough.get(each))]
        return {each: rough[each] for each in paths if each in rough} | self._each(exact)

    def questions(self, paths: Sequence[Path]) -> Iterator[Question]:
        """Few questions whose answers are exact or too high, none of them too low.

        Paths of which no query can say as much have no question.
        """
        followed: dict[str, list[Path]] = {}
        for each in paths:
            lookup = self._lookup(each)
            if lookup and lookup.followed_as and len(each.links) == 1:
                followed.setdefault(each.child, []).append(each)
            elif found := self.condition(each) or soql.at_most(each, self.lookups):
                yield Question.of_rows(each, found)
        for child, group in followed.items():
            yield Question.of_object(child, group)

    def condition(self, path: Path) -> str | None:
        """The WHERE that finds the rows at the end of a path; None where no query can.

        Where no query tells the rows of an object type that are deleted from the others, both are
        found (`selection` tells them apart).
        """
        found = soql.condition(path, self.lookups, self.wheres.get(path.root))
        more = self.others.get(path.child)
        return f"{found} AND {more}" if found and more else found

    def deleted(self, path: Path) -> Condition | None:
        """What tells the rows that `condition` finds and that are deleted themselves."""
        return None if path.child in self.others else self.wheres.get(path.child)

    def _rough(self, paths: Iterable[Path]) -> dict[Path, Fact[int]]:
        """Counts of many relationships at once: those of one object, those of one lookup."""
        short = [each for each in paths if len(each.links) == 1]
        questions = [*self._of_objects(short), *self._of_types(short)]
        return ask(self.salesforce, questions)

    def _of_objects(self, paths: Iterable[Path]) -> Iterator[Question]:
        """All lookups of an object in one query: `COUNT(field)` counts what is not blank."""
        by_child: dict[str, list[Path]] = {}
        for each in paths:
            if (lookup := self._lookup(each)) and lookup.followed_as:
                by_child.setdefault(each.child, []).append(each)
        for child, group in by_child.items():
            if len(group) > 1:
                yield Question.of_object(child, group)

    def _of_types(self, paths: Iterable[Path]) -> Iterator[Question]:
        """All objects that a lookup leads to in one query."""
        by_field: dict[tuple[str, str], list[Path]] = {}
        for each in paths:
            if (lookup := self._lookup(each)) and not lookup.followed_as:
                by_field.setdefault((each.child, each.field), []).append(each)
        for (child, field), group in by_field.items():
            roots = [each.root for each in group]
            text = soql.count_by_type(child, field, self.lookups, roots)
            if text and len(group) > 1:
                yield Question.of_types(child, text, group)

    def _lookup(self, path: Path) -> Lookup | None:
        return self.lookups.get((path.child, path.field))

    def is_exact(self, path: Path, counted: Fact[int] | None) -> bool:
        """Whether a count that is not too low is right, so that nothing need be asked again.

        None of many is none of few; else only where no condition tells some rows from others.
        Marks that one query is refused for are not asked for again, one object at a time: they
        stop nothing; but those that can be made again are.
        """
        match counted:
            case Unknown() if path.nature == "mark" and junction_at(path) is None:
                return True
            case Known(rows):
                return not rows or not {path.root, path.child} & self.wheres.keys()
            case _:
                return False

    def _each(self, paths: Sequence[Path]) -> dict[Path, Fact[int]]:
        conditions = {each: self.condition(each) for each in paths}
        rough = {
            each: soql.at_most(each, self.lookups)
            for each, found in conditions.items()
            if found is None
        }
        asked = [
            Question.of_rows(each, found)
            for each, found in {**conditions, **rough}.items()
            if found is not None
        ]
        counted = ask(self.salesforce, asked)
        counted |= self._less_deleted(counted, conditions)
        return {
            each: _none_or_unknown(counted.get(each)) if found is None else counted[each]
            for each, found in conditions.items()
        }

    def _less_deleted(
        self, counted: Mapping[Path, Fact[int]], conditions: Mapping[Path, str | None]
    ) -> dict[Path, Fact[int]]:
        """The counts without the rows that are deleted themselves, where only a look tells them.

        Mostly all of them are, which a second count says; if not, they are looked at.
        """
        asked = {
            each: f"{conditions[each]} AND {own}"
            for each, rows in counted.items()
            if conditions[each] and rows != Known(0) and (own := self.deleted(each))
        }
        deleted = ask(self.salesforce, [Question.of_rows(*each) for each in asked.items()])
        return {
            each: Known(0) if deleted[each] == rows else self._looked_at(each, rows.value)
            for each in asked
            if isinstance(rows := counted[each], Known)
        }

    def _looked_at(self, path: Path, most: int) -> Fact[int]:
        try:
            return Known(sum(1 for _ in self.rows(path, (), most)))
        except (ApiError, JobFailed) as exc:
            return Unknown(f"which of them are deleted themselves can't be read ({exc})")

    def rows(self, path: Path, fields: Sequence[str], rows: int = 0) -> Iterator[list[str]]:
        """The rows at the end of a path that are not deleted themselves: their ids, these fields.

        Args:
            path: The way to them.
            fields: API names.
            rows: At most how many there may be.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
            ValueError: No query can.
        """
        if (found := self.condition(path)) is None:
            raise ValueError(f"no query finds {path.words}")
        own = self.deleted(path)
        found = f"{found} AND {own.outside}" if own else found
        columns = tuple(dict.fromkeys(("Id", *fields, *(own.fields if own else ()))))
        cells = [columns.index(each) for each in (own.fields if own else ())]
        is_archived = path.child in soql.WITH_ARCHIVED
        selection = Selection(path.child, columns, found, rows, all_rows=is_archived)
        table = read_table(self.salesforce, selection)
        width = 1 + len(fields)
        while block := list(islice(table, _BLOCK)):
            yield from (row[:width] for row in not_chosen(self.salesforce, block, cells))


def not_chosen(
    salesforce: Salesforce, rows: Sequence[list[str]], cells: Collection[int]
) -> Iterator[list[str]]:
    """The rows that belong to none of the billing accounts to which a run is limited.

    Args:
        salesforce: Knows these accounts.
        rows: Some rows.
        cells: Which of their cells hold ids of the accounts that they belong to.
    """
    chosen = salesforce.rest.chosen
    ids = {row[at] for row in rows for at in cells if row[at]}
    found = chosen.among(ids) if chosen else set[str]()
    return (row for row in rows if not any(row[at] in found for at in cells))


def _none_or_unknown(counted: Fact[int] | None) -> Fact[int]:
    match counted:
        case Known(0):
            return counted
        case Known(rows):
            return Unknown(f"{_NO_QUERY}; there are at most {rows:,}")
        case Unknown(why):
            return Unknown(f"{_NO_QUERY} ({why})")
        case None:
            return Unknown(_NO_QUERY)
