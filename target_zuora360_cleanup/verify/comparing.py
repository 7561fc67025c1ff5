"""What has become of an object's rows, and which of their values are others now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from target_zuora360_cleanup.verify.merging import Fate, fates
from target_zuora360_cleanup.verify.reading import cells_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.verify.columns import Columns
    from target_zuora360_cleanup.verify.store import Row, Store

ROWS: Final = ""
"""In place of a field: the rows themselves."""
_THERE: Final = ("back", "stayed")


class Difference(NamedTuple):
    """One thing of one record that is not as it was.

    Attributes:
        id: The record's as it was; its new one where a value is another, or of one too many.
        key: Its external id; blank where it has none.
        kind: `not_back`, `no_key`, `twice` or `changed`.
        field: Of a value that is another.
        was: That value.
        now: The same now.
        why: What explains it of this record alone; blank where nothing does.
    """

    object_name: str
    id: str
    key: str
    kind: str
    field: str = ""
    was: str = ""
    now: str = ""
    why: str = ""


@dataclass(frozen=True)
class Compared:
    """What has become of one object type's rows.

    Attributes:
        in_backup: Rows of the backup; the sum of the next four.
        stayed: Rows that are there under the same Salesforce id: kept, left, or taken back.
        back: Rows that are there again with the same external id.
        not_back: Rows with an external id that no row of the org has.
        undo_told: Of those, rows of which an undo has told why it could not bring them back.
        no_key: Rows that had no external id, so that nothing could bring them back.
        twice: Rows more with an external id than had it.
        new_since: Rows that no backup has.
        changed: How many rows have another value, by field.
        rows_changed: Rows with at least one.
        rows_left: Rows with at least one that nothing explains.
        not_compared: Rows whose values nobody can compare, since they share an external id.
        not_backed_up: Rows that were deleted and that no file of the backup has, so that nothing is
            known of them.
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
    undo_told: int = 0
    no_key: int = 0
    twice: int = 0
    new_since: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    rows_changed: int = 0
    rows_left: int = 0
    not_compared: int = 0
    not_backed_up: int = 0
    is_whole: bool = False
    why: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""

    @property
    def left(self) -> int:
        """Records that are not as they were, and of which nobody has said why."""
        return self._unless_known(self.not_back - self.undo_told) + self.rows_left + self.twice

    @property
    def only_by_sync(self) -> int:
        """Records that an undo could not bring back, so that only a sync can."""
        return self._unless_known(self.undo_told)

    @property
    def known_why(self) -> int:
        """Records of which it is known beforehand that they don't come back."""
        return self.no_key + (self.not_back if ROWS in self.why else 0)

    def _unless_known(self, rows: int) -> int:
        """None where it is known beforehand that they don't come back."""
        return 0 if ROWS in self.why else rows


def compare(
    store: Store,
    number: int,
    columns: Columns,
    why: Mapping[str, str],
    note: Callable[[Difference], None],
) -> Compared:
    """Count what has become of the rows of one object.

    Args:
        store: Has the rows.
        number: Of the object in it.
        columns: What is compared.
        why: As `Compared` has it.
        note: Is told of everything that is not as it was, record by record.
    """
    if same := store.same(number):
        rows, stayed = same
        counts = Counter({"stayed": stayed, "back": rows - stayed})
        return _compared(columns, why, counts, Counter())
    counts, changed = Counter[str](), Counter[str]()
    for fate in fates(store.side_by_side(number)):
        if (known := _by_id(store, fate)) is None:
            continue
        counts[known.kind] += 1
        found = list(_differences(store, columns, known))
        for each in found:
            note(each)
        counts["undo_told"] += known.kind == "not_back" and any(each.why for each in found)
        if known.kind in _THERE:
            changed.update(each.field for each in found)
            counts["rows_changed"] += bool(found)
            counts["rows_left"] += any(each.field not in why for each in found)
            counts["not_compared"] += bool(columns.compared) and not known.is_sure
    return _compared(columns, why, counts, changed)


def _compared(
    columns: Columns, why: Mapping[str, str], counts: Counter[str], changed: Counter[str]
) -> Compared:
    return Compared(
        columns.object_name,
        columns.label,
        in_backup=sum(counts[each] for each in ("stayed", "back", "not_back", "no_key")),
        stayed=counts["stayed"],
        back=counts["back"],
        not_back=counts["not_back"],
        undo_told=counts["undo_told"],
        no_key=counts["no_key"],
        twice=counts["twice"],
        new_since=counts["new_since"],
        rows_changed=counts["rows_changed"],
        rows_left=counts["rows_left"],
        not_compared=counts["not_compared"],
        changed=changed,
        is_whole=bool(columns.compared),
        why=why,
    )


def _by_id(store: Store, fate: Fate) -> Fate | None:
    """What has become of a row, if it is there under its Salesforce id with another external id.

    None of the row of the org that is meant: it is told with the one of the backup.
    """
    if fate.was and not fate.now:
        now = store.now(fate.was.id)
        return Fate("stayed", fate.was, now) if now else fate
    return None if fate.now and not fate.was and store.was(fate.now.id) else fate


def _differences(store: Store, columns: Columns, fate: Fate) -> Iterator[Difference]:
    """What is not as it was of one row."""
    row = fate.was or fate.now
    if fate.kind in ("not_back", "no_key", "twice") and row:
        why = store.reason(row.id) if fate.kind != "twice" else ""
        yield Difference(columns.object_name, row.id, row.key, fate.kind, why=why)
    elif fate.kind in _THERE:
        yield from _changes(store, columns, fate)


def _changes(store: Store, columns: Columns, fate: Fate) -> Iterator[Difference]:
    """The values of a row that are others now; lookups are told by external ids."""
    was, now = fate.was, fate.now
    if not (was and now and fate.is_sure):
        return
    if was.key != now.key:
        keys = was.key, now.key
        yield Difference(columns.object_name, now.id, now.key, "changed", columns.keys[0], *keys)
    if was.cells == now.cells:
        return
    values = zip(columns.compared, cells_of(was.cells), cells_of(now.cells), strict=True)
    for column, before, after in values:
        # (a record that nobody gives a name has its id for one)
        if before == after or (before in ("", was.id) and after == now.id):
            continue
        if column.is_lookup:
            if not before and column.may_be_blanked:
                continue
            led = _led(store.was, before), _led(store.now, after)
        else:
            led = before, after
        if led[0] != led[1]:
            yield Difference(columns.object_name, now.id, now.key, "changed", column.name, *led)


def _led(row_of: Callable[[str], Row | None], id_: str) -> str:
    """Where a lookup leads: to an external id, or to a record that was not cleaned."""
    row = row_of(id_) if id_ else None
    return (row.key if row else None) or id_
