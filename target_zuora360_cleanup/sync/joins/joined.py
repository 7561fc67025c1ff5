"""What is made for the rows of one object: from the record itself, and from what others say."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import DELETED
from target_zuora360_cleanup.catalog.paths import KEY, by_lower, sent_name
from target_zuora360_cleanup.sync.columns import source_of
from target_zuora360_cleanup.sync.joins.facts import Others
from target_zuora360_cleanup.sync.joins.forms import NotKnown, made_of
from target_zuora360_cleanup.sync.records import Values, is_deleted

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import Made
    from target_zuora360_cleanup.sync.joins.facts import Facts


_NOTHING: Final = (None, "")
_OF_ONE: Final = frozenset({"", "text"})
"""Forms that make nothing of nothing."""


@dataclass(frozen=True)
class Joined:
    """Makes values for the rows that the records of one stream fill.

    Attributes:
        stream: Zuora's name of the object.
        made: What is made.
        facts: What is known of other records.
        names: The stream's fields by their names without case.
    """

    stream: str
    made: Sequence[Made]
    facts: Facts
    names: Mapping[str, str]

    def block(self) -> Values:
        """What makes the values for records that are taken together; see `records.Joins`."""
        return partial(self._values, Others())

    def _values(self, others: Others, key: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        known = (self.facts.of(self.stream, key) or {}) if self._asks else {}
        blank = frozenset(
            [lead for lead in self._leads if lead in known and known[lead] in _NOTHING]
        )
        if blank not in self._rests:
            self._rests[blank] = self._rest(blank)
        nothing, rest = self._rests[blank]
        if not rest:
            return nothing
        found = {**nothing}
        for made, source, lead in rest:
            if source in found:
                continue
            if lead in blank:
                found[source] = None
                continue
            try:
                values = self._found(made, key, record, known, others)
                found[source] = made_of(made.form, values, key)
            except NotKnown:
                continue
        return found

    @cached_property
    def _plan(self) -> list[tuple[Made, str, str]]:
        """What is made, under which name, and by which of a record's fields others are found."""
        return [(each, source_of(each), _lead(each)) for each in self.made]

    @cached_property
    def _rests(self) -> dict[frozenset[str], tuple[dict[str, Any], list[tuple[Made, str, str]]]]:
        """What `_rest` says, once asked."""
        return {}

    def _rest(self, blank: Collection[str]) -> tuple[dict[str, Any], list[tuple[Made, str, str]]]:
        """What is blank where these leads are, by its names, and the plan for all else."""
        leads = {source: lead for _, source, lead in reversed(self._plan)}
        nothing: dict[str, Any] = {source: None for source, lead in leads.items() if lead in blank}
        return nothing, [each for each in self._plan if leads[each[1]] not in blank]

    @cached_property
    def _leads(self) -> set[str]:
        return {lead for _, _, lead in self._plan if lead}

    @cached_property
    def _asks(self) -> bool:
        return any(not each.is_own for each in self.made)

    def _found(
        self,
        made: Made,
        key: str,
        record: Mapping[str, Any],
        known: dict[str, Any],
        others: Others,
    ) -> list[list[Any]]:
        if not made.is_own:
            found = self.facts.found
            return [found(path, key, known, others) for path in made.paths]
        first, *rest = self._fields[made]
        if not first or first not in record:
            raise NotKnown
        return [[record[first]], *([record.get(each)] for each in rest)]

    @cached_property
    def _fields(self) -> dict[Made, list[str]]:
        """What the stream calls the fields of what a record alone says."""
        return {
            each: [sent_name(path.names, self.names) for path in each.paths]
            for each in self.made
            if each.is_own
        }


def refilled(
    facts: Facts, stream: str, made: Sequence[Made], keys: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Records that hold what others say of some, by the names that columns have for it.

    Args:
        facts: What is known.
        stream: Zuora's name of the object that the rows are of.
        made: What is made for them.
        keys: Their ids.
    """
    for key in keys:
        own = facts.of(stream, key)
        if own is None:
            continue
        found, others = dict[str, Any](), Others()
        for each in made:
            if source_of(each) not in found:
                with contextlib.suppress(NotKnown):
                    values = [facts.found(path, key, own, others) for path in each.paths]
                    found[source_of(each)] = made_of(each.form, values, key)
        if found:
            yield {KEY: key, **found}


def _lead(made: Made) -> str:
    """The field that is blank where all of this is; blank itself where there is no such."""
    names = {path.names[0] for path in made.paths}
    goes_up = all(path.steps and not path.steps[0].down for path in made.paths)
    return names.pop() if made.form in _OF_ONE and len(names) == 1 and goes_up else ""


@dataclass(frozen=True)
class FactTaker:
    """Takes note of a stream's records, before they become rows.

    Attributes:
        stream: Zuora's name of the object.
        facts: Where to.
        names: The stream's fields by their names without case.
    """

    stream: str
    facts: Facts
    names: Mapping[str, str]

    @classmethod
    def of(cls, stream: str, facts: Facts, fields: Sequence[str]) -> FactTaker:
        """One for a stream with these fields."""
        return cls(stream, facts, by_lower(fields))

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take note of records."""
        said: dict[str, dict[str, Any]] = {}
        for record in records:
            key = record.get(self._id)
            if key in _NOTHING:
                continue
            if is_deleted(record, self._deleted):
                self.facts.take(self.stream, said)
                self.facts.forget(self.stream, str(key))
                said = {}
            else:
                now = {name: record[sent] for name, sent in self._sent if sent in record}
                before = said.get(str(key))
                said[str(key)] = {**before, **now} if before else now
        self.facts.take(self.stream, said)

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Take nothing of a record that can't be loaded."""

    @cached_property
    def _sent(self) -> list[tuple[str, str]]:
        return list(self.facts.sent(self.stream, self.names).items())

    @cached_property
    def _id(self) -> str:
        return sent_name([KEY], self.names)

    @cached_property
    def _deleted(self) -> str:
        return sent_name([DELETED], self.names)
