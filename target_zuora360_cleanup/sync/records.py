"""What each record of a stream means for one object type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from target_zuora360_cleanup.catalog.field_maps import DELETED
from target_zuora360_cleanup.catalog.paths import sent_name
from target_zuora360_cleanup.sync.changes import Change, removal
from target_zuora360_cleanup.sync.columns import JOINED_KEY, joined_key
from target_zuora360_cleanup.sync.field_values import Unfit
from target_zuora360_cleanup.sync.passing import ALL_SENT, Earlier
from target_zuora360_cleanup.sync.tally import (
    NO_ACCOUNT,
    NO_PARENT,
    NOT_THERE,
    OTHER_ACCOUNT,
    UNFIT,
)

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.rows import RowLayout
    from target_zuora360_cleanup.sync.tally import Tally

SDC_DELETED: Final = "_sdc_deleted_at"
"""A field of the SDK's own, which says when a record was deleted."""
_CREATED: Final = "CreatedDate"
_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0", ""})
_NUMBERS: Final = (0, 1)
_NO_FLAG: Final = frozenset({bool, type(None)})
_MOST_NAMES: Final = 10_000
"""So many names are remembered as made; one beyond that is only made again."""
_ACCOUNT_ID: Final = re.compile(r"001[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?")


Values = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Of a record's id and the record: what is made for fields of its row, by the names that columns
have for it. A value that is not known is left out."""


class Joins(Protocol):
    """What other records say of some; see `joins.joined.Joined`."""

    def block(self) -> Values:
        """What makes the values for records that are taken together."""


@dataclass(frozen=True)
class ChangeMaker:
    """Turns the records of one stream into changes of one object type.

    Attributes:
        made_by: The map.
        layout: The rows that it makes.
        number: The layout's number.
        add: Takes a change in, by API name.
        names: The stream's fields by their names without case (`by_lower`).
        flags_deleted: Whether what is deleted in Zuora is kept and marked, as the 360 sync does
            with the product catalogue, which quotes use.
        joins: What other records say; None where the map asks for nothing.
        made: Names that have a row in this run, of any stream.
        earlier: Which records the tap may have sent before.
        asks_age: Whether that matters of rows that shall be there, too.
    """

    made_by: FieldMap
    layout: RowLayout
    number: int
    add: Callable[[str, Change], None]
    tally: Tally
    names: Mapping[str, str]
    flags_deleted: bool = False
    joins: Joins | None = None
    made: set[str] = dataclass_field(default_factory=set)
    earlier: Earlier = ALL_SENT
    asks_age: bool = False

    def take(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take records in."""
        if self.made_by.by_name:
            if not self._are_made(records):
                self._upsert([named for each in records for named in self._named(each)])
            return
        self.tally.of(self.made_by.object).received += len(records)
        values = self.joins.block() if self.joins else None
        if records and self._all_stay(records):
            self._upsert([self._whole(each, values) for each in records])
            return
        whole: list[Mapping[str, Any]] = []
        for each in records:
            if why := self._unclear(each):
                self.tally.fail(self.made_by.object, self._key(each), UNFIT, why)
            elif removed := self._removal(each):
                # (changes of one row stay in their order)
                self._upsert(whole)
                whole = []
                self.add(self.made_by.object, removed)
            elif self._has_place(each):
                whole.append(self._whole(each, values))
        self._upsert(whole)

    def refuse(self, record: Mapping[str, Any], why: str) -> None:
        """Take note of a record that can't be loaded."""
        if not self.made_by.by_name:
            self.tally.of(self.made_by.object).received += 1
            self.tally.fail(self.made_by.object, self._key(record), UNFIT, why)

    def _are_made(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Whether each name that records have has its row, plainly; as `_all_stay`, of many."""
        first, *more = self._names
        names = [each.get(first) for each in records]
        return not more and _are_texts(names) and self.made.issuperset(names)

    def _all_stay(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Whether all have their place, plainly: to ask that of many at once costs much less."""
        said = zip(*[map(each.get, self._judged) for each in records], strict=True)
        keys, deleted, sdc, status, account, *owners = said
        return (
            all(map(_are_texts, (keys, *owners)))
            and _NO_FLAG.issuperset(map(type, (*deleted, *sdc)))
            and not any((*deleted, *sdc))
            and (not self._elsewhere or _are_texts(status))
            and self._elsewhere.isdisjoint(map(str.lower, status if self._elsewhere else ()))
            and (not self._account or _are_texts(account))
            and all(map(_ACCOUNT_ID.fullmatch, account if self._account else ()))
        )

    def _unclear(self, record: Mapping[str, Any]) -> str:
        """Why nobody can tell whether a record has a place; blank where it can be told."""
        said = record.get(self._deleted)
        if said is not None and not is_flag(said):
            return f"{self._deleted} says neither that it is deleted nor that it is not"
        for each in self._deciding:
            if isinstance(record.get(each), (list, dict)):
                return f"{each} is no text"
        return ""

    def _removal(self, record: Mapping[str, Any]) -> Change | None:
        """The change by which a record's row goes; None for one that shall be there."""
        key = self._key(record)
        if not key:
            return None
        if is_deleted(record, self._deleted) and not self.flags_deleted:
            return removal(key)
        if self._is_elsewhere(record):
            return self._outside(record, f"{self._status} {record[self._status]}", NOT_THERE)
        if why := self._without_account(record):
            is_blank = not _text(record[self._account]).strip()
            return self._outside(record, why, NO_ACCOUNT if is_blank else OTHER_ACCOUNT)
        return None

    def _outside(self, record: Mapping[str, Any], why: str, code: str) -> Change:
        is_old = self.earlier.may_have(record.get(self._created))
        return removal(self._key(record), why, code, is_old=is_old)

    def _has_place(self, record: Mapping[str, Any]) -> bool:
        """Whether a record may become a row; why not is told."""
        name, key = self.made_by.object, record.get(self._id)
        for each in self._owners:
            if each in record and record[each] in (None, ""):
                self.tally.skip(name, _text(key), NO_PARENT, f"no {each}")
                return False
        return True

    def _named(self, record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A row for a name that a record has, once; that the record goes does not remove it."""
        parts = [_text(record.get(each)) for each in self._names]
        key = joined_key(parts)
        if not all(parts) or key in self.made or is_deleted(record, self._deleted):
            return
        if len(self.made) < _MOST_NAMES:
            self.made.add(key)
        self.tally.of(self.made_by.object).received += 1
        yield {**record, JOINED_KEY: key}

    def _whole(self, record: Mapping[str, Any], values: Values | None) -> Mapping[str, Any]:
        """A record with what is made for it."""
        if self.flags_deleted:
            record = {**record, self._deleted or DELETED: is_deleted(record, self._deleted)}
        return {**record, **values(self._key(record), record)} if values else record

    def _upsert(self, records: Sequence[Mapping[str, Any]]) -> None:
        name, number = self.made_by.object, self.number
        for record, row in zip(records, self.layout.rows(records), strict=True):
            if isinstance(row, Unfit):
                self.tally.fail(name, self._key(record), UNFIT, str(row))
                continue
            for header in row.cut:
                self.tally.of(name).cut[header] += 1
            change = Change(row.key, number, row.cells, row.links, row.is_partial)
            if self.asks_age and self.earlier.may_have(record.get(self._created)):
                change = change._replace(is_old=True)
            self.add(name, change)

    def _key(self, record: Mapping[str, Any]) -> str:
        return _text(record.get(self._id))

    def _is_elsewhere(self, record: Mapping[str, Any]) -> bool:
        return bool(self._elsewhere) and _text(record.get(self._status)).lower() in self._elsewhere

    def _without_account(self, record: Mapping[str, Any]) -> str:
        """Why a record has no place without its Salesforce Account; blank if it has one.

        A record that does not say whose it is, since it lacks the column, is taken for what it is.
        """
        field = self._account
        if not field or field not in record:
            return ""
        said = _text(record[field]).strip()
        return "" if _ACCOUNT_ID.fullmatch(said) else f"no Salesforce id in {field}"

    @cached_property
    def _id(self) -> str:
        return self.layout.columns[0].source

    @cached_property
    def _names(self) -> list[str]:
        """The fields that a name is made of, under the names that the stream has."""
        return [sent_name([each], self.names) for each in self.made_by.key]

    @cached_property
    def _owners(self) -> tuple[str, ...]:
        """The fields that name parents without which a row has no place."""
        return tuple(each.source for each in self.layout.parents if each.relationship.owning)

    @cached_property
    def _judged(self) -> tuple[str, ...]:
        """The fields by which a record stays or goes; blank for one that the stream lacks."""
        own = (self._id, self._deleted, SDC_DELETED, self._status, self._account)
        return (*own, *self._owners)

    @cached_property
    def _deciding(self) -> tuple[str, ...]:
        """The fields that decide on a record's place."""
        names = (self._id, self._status, self._account, *self._owners)
        return tuple(dict.fromkeys(filter(None, names)))

    @cached_property
    def _deleted(self) -> str:
        return sent_name([DELETED], self.names)

    @cached_property
    def _created(self) -> str:
        return sent_name([_CREATED], self.names)

    @cached_property
    def _status(self) -> str:
        return sent_name([self.made_by.status], self.names)

    @cached_property
    def _account(self) -> str:
        return sent_name([self.made_by.account], self.names)

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        return frozenset(each.lower() for each in self.made_by.elsewhere if self._status)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _are_texts(values: Sequence[object]) -> bool:
    """Whether all are texts that say something."""
    return set(map(type, values)) == {str} and "" not in values


def is_flag(said: object) -> bool:
    """Whether a value says yes or no."""
    return said in _NUMBERS or str(said).lower() in _TRUE | _FALSE


def is_deleted(record: Mapping[str, Any], flag: str) -> bool:
    """Whether a record is deleted in Zuora.

    Args:
        record: The record.
        flag: Its field that says so, under the name that the stream has; blank where it has none.
    """
    said = record.get(flag)
    is_flagged = said is not None and (said == 1 or str(said).lower() in _TRUE)
    return is_flagged or bool(record.get(SDC_DELETED))
