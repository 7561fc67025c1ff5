"""What has become of an object's rows, and which of their values are others now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.verify.reading import cells_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.verify.columns import Columns
    from target_zuora360_cleanup.verify.store import Store

ROWS: Final = ""
"""In place of a field: the rows themselves."""
_PARENTS: Final = 50_000
"""Lookups that are remembered: rows that follow each other often have the same parent."""


class Difference(NamedTuple):
    """One thing of one record that is not as it was.

    Attributes:
        id: The record's as it was; its new one where a value is another.
        key: Its external id; blank where it has none.
        kind: `not_back`, `no_key`, `twice` or `changed`.
        field: Of a value that is another.
        was: That value.
        now: The same now.
    """

    object_name: str
    id: str
    key: str
    kind: str
    field: str = ""
    was: str = ""
    now: str = ""


@dataclass(frozen=True)
class Compared:
    """What has become of one object type's rows.

    Attributes:
        in_backup: Rows of the backup; the sum of the next four.
        stayed: Rows that are there under the same Salesforce id: kept, or left.
        back: Rows that are there again with the same external id.
        not_back: Rows with an external id that no row of the org has.
        no_key: Rows that had no external id, so that nothing could bring them back.
        twice: External ids that more rows have now than had them.
        new_since: Rows that no backup has.
        changed: How many rows have another value, by field.
        rows_changed: Rows with at least one.
        not_compared: Rows whose values nobody can compare, since they share an external id.
        is_whole: Whether the backup has whole rows, so that values could be compared.
        why: What explains that rows are not back, under `ROWS`, and that a field has changed.
        unknown: Why nothing of it is known; blank where it is.
    """

    object_name: str
    label: str
    in_backup: int = 0
    stayed: int = 0
    back: int = 0
    not_back: int = 0
    no_key: int = 0
    twice: int = 0
    new_since: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    rows_changed: int = 0
    not_compared: int = 0
    is_whole: bool = False
    why: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""

    @property
    def left(self) -> int:
        """Records that are not as they were, and of which nobody has said why."""
        rows = 0 if ROWS in self.why else self.not_back
        values = max((n for name, n in self.changed.items() if name not in self.why), default=0)
        return rows + values + self.twice


def compare(store: Store, number: int, columns: Columns, why: Mapping[str, str]) -> Compared:
    """Count what has become of the rows of one object.

    Args:
        store: Has the rows.
        number: Of the object in it.
        columns: What is compared.
        why: As `Compared` has it.
    """
    fates, changed = store.fates(number), Counter[str]()
    rows, last = 0, ""
    for each in changes(store, number, columns):
        changed[each.field] += 1
        rows += each.id != last
        last = each.id
    return Compared(
        columns.object_name,
        columns.label,
        in_backup=sum(fates.values()),
        stayed=fates.get("stayed", 0),
        back=fates.get("back", 0),
        not_back=fates.get("not_back", 0),
        no_key=fates.get("no_key", 0),
        twice=sum(1 for _ in store.twice(number)),
        new_since=store.new_since(number),
        changed=changed,
        rows_changed=rows,
        not_compared=store.not_paired(number) if columns.compared else 0,
        is_whole=bool(columns.compared),
        why=why,
    )


def differences(store: Store, number: int, columns: Columns) -> Iterator[Difference]:
    """Everything that is not as it was, record by record."""
    name = columns.object_name
    for id_, key, fate in store.not_back(number):
        yield Difference(name, id_, key, fate)
    for key, rows in store.twice(number):
        yield Difference(name, "", key, "twice", now=f"{rows} rows")
    yield from changes(store, number, columns)


def changes(store: Store, number: int, columns: Columns) -> Iterator[Difference]:
    """The values that are others now, of rows that are back; lookups are told by external ids."""
    key_was = lru_cache(_PARENTS)(store.key_was)
    key_now = lru_cache(_PARENTS)(store.key_now)
    for pair in store.pairs(number):
        values = zip(columns.compared, cells_of(pair.was), cells_of(pair.now), strict=True)
        for column, before, after in values:
            # (a record that nobody gives a name has its id for one)
            if before == after or (before, after) == (pair.id_was, pair.id_now):
                continue
            if not before and column.may_be_blanked:
                continue
            was = key_was(before) or before if column.is_lookup else before
            now = key_now(after) or after if column.is_lookup else after
            if was != now:
                yield Difference(
                    columns.object_name, pair.id_now, pair.key, "changed", column.name, was, now
                )
