"""Finds what the deletion of rows takes along, and which would take along what must not go.

It goes down from the rows to be deleted: each level is asked for by the ids of the one above, so
that no lookup has to be followed upwards. What Salesforce won't tell holds a deletion as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.errors import ApiError, is_passing
from target_zuora360_cleanup.sync.hazards import Hazard, question

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from target_zuora360_cleanup.reach import Relationship
    from target_zuora360_cleanup.salesforce.rest import Rest
    from target_zuora360_cleanup.sync.hazards import Cascades

PART: Final = 200
"""Ids, or external ids, that one query names."""
_Level = dict[str, dict[str, set[str]]]
"""By object and id: the rows to be deleted that a row goes along with."""


@dataclass
class Endangered:
    """Looks below rows of one object that are to be deleted.

    Attributes:
        go_on: Raises when the run may not go on.
        held: The ids of those whose deletion would take along what must not go, with the first
            such hazard.
        along: What may go along, by the way to it and id: the row that it hangs on, and the rows
            to be deleted that it goes along with.
    """

    rest: Rest
    cascades: Cascades
    go_on: Callable[[], None]
    held: dict[str, Hazard] = field(default_factory=dict)
    along: dict[Relationship, dict[str, tuple[str, set[str]]]] = field(default_factory=dict)
    _known: dict[str, set[str]] = field(default_factory=dict)

    def look(self, name: str, ids: Iterable[str]) -> None:
        """Look below these rows, to the last level.

        Raises:
            ApiError, requests.RequestException: Salesforce does not answer.
            Stopped, QuotaReached: The run may not go on.
        """
        level: _Level = {name: {each: {each} for each in ids}}
        while level:
            self.go_on()
            level = self._new(self._below(level))

    def parents_of_along(self, roots: AbstractSet[str]) -> dict[Relationship, list[str]]:
        """Of each way to rows that go along with one of these, the rows that those hang on."""
        found = {
            link: sorted({parent for parent, of in rows.values() if not roots.isdisjoint(of)})
            for link, rows in self.along.items()
        }
        return {link: parents for link, parents in found.items() if parents}

    def taken_along(self, roots: AbstractSet[str]) -> dict[str, int]:
        """How many other rows go along with these, by API name."""
        found: dict[str, set[str]] = {}
        for link, rows in self.along.items():
            going = {each for each, (_, of) in rows.items() if not roots.isdisjoint(of)}
            found.setdefault(link.child, set()).update(going - roots)
        return {name: len(ids) for name, ids in found.items() if ids}

    def _below(self, level: _Level) -> _Level:
        """The rows that go along with these and may; what must not go is noted."""
        asked = [
            (link, part)
            for name, rows in level.items()
            for link in self.cascades.below.get(name, ())
            for part in parts(list(rows), PART)
        ]
        below: _Level = {}
        for (link, part), answer in zip(asked, self._answers(asked), strict=True):
            above = level[link.parent]
            if isinstance(answer, ApiError):
                self._hold(link, str(answer), (above[each] for each in part))
            elif link.child in self.cascades.may_go:
                along = self.along.setdefault(link, {})
                for row in answer:
                    row_id, parent = row["Id"], row[link.field]
                    of_child = below.setdefault(link.child, {})
                    of_child.setdefault(row_id, set()).update(above[parent])
                    along.setdefault(row_id, (parent, set()))[1].update(above[parent])
            else:
                self._hold(link, "", (above[row[link.field]] for row in answer))
        return below

    def _answers(
        self, asked: Sequence[tuple[Relationship, Sequence[str]]]
    ) -> Iterator[list[dict[str, Any]] | ApiError]:
        queries = [question(link, part) for link, part in asked]
        archived = {
            query
            for query, (link, _) in zip(queries, asked, strict=True)
            if link.child in soql.WITH_ARCHIVED
        }
        for answer in self.rest.query_each(queries, all_rows=archived):
            if isinstance(answer, ApiError) and is_passing(answer):
                raise answer
            yield answer

    def _hold(self, link: Relationship, refusal: str, rows: Iterable[set[str]]) -> None:
        for roots in rows:
            for root in roots:
                self.held.setdefault(root, Hazard(link.child, refusal))

    def _new(self, level: _Level) -> _Level:
        """What has not been looked below yet, for rows that are not held already."""
        new: _Level = {}
        for name, rows in level.items():
            for each, roots in rows.items():
                known = self._known.setdefault(each, set())
                if more := roots - known - self.held.keys():
                    known |= more
                    new.setdefault(name, {})[each] = more
        return new


def parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """So many at a time."""
    return (values[at : at + size] for at in range(0, len(values), size))
