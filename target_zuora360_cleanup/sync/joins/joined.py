"""What is made for the rows of one object: from the record itself, and from what others say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.field_maps import DELETED
from target_zuora360_cleanup.catalog.paths import KEY, by_lower, sent_name
from target_zuora360_cleanup.sync.columns import source_of
from target_zuora360_cleanup.sync.joins.forms import NotKnown, made_of
from target_zuora360_cleanup.sync.records import is_deleted

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import Made
    from target_zuora360_cleanup.catalog.paths import Path
    from target_zuora360_cleanup.sync.joins.facts import Facts


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

    def values(self, key: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """What is made for fields of a record's row, by the names that columns have for it.

        A value that is not known is left out.
        """
        known = (self.facts.of(self.stream, key) or {}) if self._asks else {}
        return dict(_values(self.made, lambda each: self._found(each, key, record, known), key))

    @property
    def _asks(self) -> bool:
        return any(not each.is_own for each in self.made)

    def _found(
        self, made: Made, key: str, record: Mapping[str, Any], known: Mapping[str, Any]
    ) -> list[list[Any]]:
        if not made.is_own:
            return [self.facts.found(path, key, known) for path in made.paths]
        first, *rest = made.paths
        return [[self._own(first, record)], *([self._own_or_none(each, record)] for each in rest)]

    def _own(self, path: Path, record: Mapping[str, Any]) -> object:
        name = sent_name(path.names, self.names)
        if not name or name not in record:
            raise NotKnown
        return record[name]

    def _own_or_none(self, path: Path, record: Mapping[str, Any]) -> object:
        return record.get(sent_name(path.names, self.names))


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
        found = dict(
            _values(
                made,
                lambda each, key=key, own=own: [facts.found(path, key, own) for path in each.paths],
                key,
            )
        )
        if found:
            yield {KEY: key, **found}


def _values(made: Sequence[Made], find: Any, key: str) -> Iterator[tuple[str, object]]:  # noqa: ANN401
    seen = set[str]()
    for each in made:
        if each.field in seen:
            continue
        try:
            value = made_of(each.form, find(each), key)
        except NotKnown:
            continue
        seen.add(each.field)
        yield source_of(each), value


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

    def take(self, record: Mapping[str, Any]) -> None:
        """Take note of a record."""
        key = record.get(self._id)
        if key in (None, ""):
            return
        if is_deleted(record, self._deleted):
            self.facts.forget(self.stream, str(key))
        else:
            self.facts.take(self.stream, str(key), record, self.names)

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Take nothing of a record that can't be loaded."""

    @cached_property
    def _id(self) -> str:
        return sent_name([KEY], self.names)

    @cached_property
    def _deleted(self) -> str:
        return sent_name([DELETED], self.names)
