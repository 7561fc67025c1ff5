"""Deleting, row errors included."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.org.cascade import Cascade, Verdicts
from target_zuora360_cleanup.emulator.org.refusals import GONE, NO_ACCESS, UNKNOWN
from target_zuora360_cleanup.emulator.schema import ids
from target_zuora360_cleanup.emulator.schema.store import quote
from target_zuora360_cleanup.emulator.wire.errors import RowError, RowResult, SalesforceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.emulator.org.refusals import RowHook
    from target_zuora360_cleanup.emulator.schema.objects import Schema, SObject
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["Deletion", "check_deletable"]

TOO_LARGE: Final = RowError("DELETE_OPERATION_TOO_LARGE", "Cascade deleting too many records")


class Deletion:
    """One batch of a delete or a hard delete, of one object. Made inside of a transaction.

    The schema has all objects and fields, the object what the user may see of it.
    """

    def __init__(  # noqa: PLR0913 - the org's parts
        self,
        schema: Schema,
        store: Store,
        sobject: SObject,
        *,
        hard: bool,
        max_children: int,
        hook: RowHook | None,
    ) -> None:
        self._schema = schema
        self._store = store
        self._sobject = sobject
        self._hard = hard
        self._max_children = max_children
        self._hook = hook
        self._cascade = Cascade(schema, store, sobject, include_deleted=hard)

    def run(self, texts: Sequence[str]) -> list[RowResult]:
        """Delete the rows with these ids and say of each what became of it."""
        parsed = [self._parse(text) for text in texts]
        errors = {at: item for at, item in enumerate(parsed) if isinstance(item, RowError)}
        first: dict[int, int] = {}
        for at, item in enumerate(parsed):
            if isinstance(item, int):
                first.setdefault(item, at)
        errors |= self._refused(first)
        roots = [(at, number) for number, at in first.items() if at not in errors]
        errors |= self._delete(roots)
        return [
            self._result(text, item, errors.get(at) or self._repeated(at, item, first, errors))
            for at, (text, item) in enumerate(zip(texts, parsed, strict=True))
        ]

    def _parse(self, text: str) -> int | RowError:
        try:
            prefix, number = ids.parse(text)
        except ids.MalformedIdError:
            return RowError("MALFORMED_ID", f"bad id {text}")
        return number if prefix == self._sobject.key_prefix else UNKNOWN

    def _refused(self, first: dict[int, int]) -> dict[int, RowError]:
        """Return the errors of the rows that are not there or that the hook vetoes."""
        table = quote(self._sobject.name)
        sql = f"SELECT Id, IsDeleted FROM {table} WHERE Id IN ({{}})"
        rows = self._store.fetch_in(sql, list(first))
        state: dict[int, int] = dict(rows)
        unseen = self._unseen(list(first))
        handed_out = self._store.handed_out(self._sobject.name)
        errors: dict[int, RowError] = {}
        for number, at in first.items():
            deleted = state.get(number)
            if deleted is None:
                # A purged row leaves only its number behind; one never handed out is not an id.
                errors[at] = GONE if 0 < number <= handed_out else UNKNOWN
            elif deleted and not self._hard:
                errors[at] = GONE
            elif number in unseen:
                errors[at] = NO_ACCESS
            elif error := self._veto(number):
                errors[at] = error
        return errors

    def _unseen(self, numbers: list[int]) -> set[int]:
        """Those of these rows that the user can't see."""
        conditions = self._sobject.unseen("t")
        if not conditions:
            return set()
        sql = f"SELECT t.Id FROM {quote(self._sobject.name)} AS t WHERE t.Id IN ({{}}) AND NOT "
        found = self._store.fetch_in(f"{sql}({' AND '.join(conditions)})", numbers)
        return {row[0] for row in found}

    def _veto(self, number: int) -> RowError | None:
        if self._hook is None:
            return None
        operation = "hardDelete" if self._hard else "delete"
        record_id = ids.encode(self._sobject.key_prefix, number)
        return self._hook(operation, self._sobject.name, record_id)

    def _delete(self, roots: list[tuple[int, int]]) -> dict[int, RowError]:
        if not roots:
            return {}
        self._cascade.build(roots)
        too_large = self._cascade.too_large(self._max_children)
        if not self._hard and self._bin_counts():
            too_large = self._too_large_with_bin(roots)
        verdicts = self._cascade.judge(too_large)
        if verdicts.failed:
            self._cascade.drop(verdicts.failed)
        now = int(time.time())
        self._cascade.clear_lookups(now, remembered=not self._hard)
        self._cascade.lose_below()
        if self._hard:
            self._cascade.destroy()
        else:
            last = max(at for at, _ in roots)
            self._cascade.bury(now, self._store.take_ids("_deletion", last + 1).start)
        return self._errors(verdicts, dict(roots))

    def _bin_counts(self) -> bool:
        """Whether the recycle bin, whose children the limit counts too, may have too many."""
        left = self._max_children - self._cascade.size()
        return left < 0 or self._cascade.buried(left + 1) > left

    def _too_large_with_bin(self, roots: list[tuple[int, int]]) -> set[int]:
        whole = Cascade(self._schema, self._store, self._sobject, include_deleted=True)
        whole.build(roots)
        found = whole.too_large(self._max_children)
        self._cascade.build(roots)
        return found

    def _errors(self, verdicts: Verdicts, numbers: dict[int, int]) -> dict[int, RowError]:
        errors = dict.fromkeys(verdicts.swallowed, GONE)
        errors |= dict.fromkeys(verdicts.too_large, TOO_LARGE)
        for at, blockers in verdicts.blocked.items():
            errors[at] = self._associated(numbers[at], blockers)
        return errors

    def _associated(self, number: int, blockers: list[tuple[str, int]]) -> RowError:
        child = self._schema.get(blockers[0][0])
        names = ", ".join(self._name(child, row) for name, row in blockers if name == child.name)
        own = self._name(self._sobject, number)
        return RowError(
            "DELETE_FAILED",
            f"Your attempt to delete {own} could not be completed because it is associated with the"
            f" following {child.label_plural.lower()}.: {names}\n",
        )

    def _name(self, sobject: SObject, number: int) -> str:
        if "Name" not in sobject.fields:
            return ids.encode(sobject.key_prefix, number)
        sql = f"SELECT Name FROM {quote(sobject.name)} WHERE Id = ?"
        return str(self._store.value(sql, (number,)))

    def _repeated(
        self, at: int, item: int | RowError, first: dict[int, int], errors: dict[int, RowError]
    ) -> RowError | None:
        """Return the error of an id that an earlier row of the batch had already."""
        if isinstance(item, RowError) or first[item] == at:
            return None
        return errors.get(first[item], GONE)

    def _result(self, text: str, item: int | RowError, error: RowError | None) -> RowResult:
        if isinstance(item, RowError) or item < 0:
            return RowResult(text, error=error)
        return RowResult(ids.encode(self._sobject.key_prefix, item), error=error)


def check_deletable(sobject: SObject) -> None:
    """Refuse to delete from an object that Salesforce lets nobody delete from.

    Raises:
        SalesforceError: `INVALID_TYPE_FOR_OPERATION`.
    """
    if not sobject.deletable:
        message = f"entity type {sobject.name} does not support delete"
        raise SalesforceError("INVALID_TYPE_FOR_OPERATION", message)
