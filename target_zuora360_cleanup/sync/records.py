"""What each record of a stream means for one object type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import DELETED
from target_zuora360_cleanup.sync.changes import Change, removal
from target_zuora360_cleanup.sync.field_values import Unfit
from target_zuora360_cleanup.sync.tally import NO_ACCOUNT

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.sync.rows import RowLayout
    from target_zuora360_cleanup.sync.tally import Tally

UNFIT: Final = "VALUE_DOES_NOT_FIT"
_SDC_DELETED: Final = "_sdc_deleted_at"
_ACCOUNT_ID: Final = re.compile(r"001[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?")


@dataclass(frozen=True)
class ChangeMaker:
    """Turns the records of one stream into changes of one object type.

    Attributes:
        made_by: The map.
        layout: The rows that it makes.
        number: The layout's number.
        add: Takes a change in, by API name.
        flags_deleted: Whether what is deleted in Zuora is kept and marked, as the 360 sync does
            with the product catalogue, which quotes use.
    """

    made_by: FieldMap
    layout: RowLayout
    number: int
    add: Callable[[str, Change], None]
    tally: Tally
    flags_deleted: bool = False

    def take(self, record: Mapping[str, Any]) -> None:
        """Take a record in."""
        name = self.made_by.object
        self.tally.of(name).received += 1
        key = str(record.get("Id") or "")
        if key and self._is_gone(record):
            self.add(name, removal(key))
        elif key and not self._has_account(record):
            self.tally.skip(name, key, NO_ACCOUNT, f"no Salesforce id in {self.made_by.account}")
        else:
            self._upsert(name, key, record)

    def _upsert(self, name: str, key: str, record: Mapping[str, Any]) -> None:
        try:
            row = self.layout.row(record)
        except Unfit as exc:
            self.tally.fail(name, key, UNFIT, str(exc))
            return
        for header in row.cut:
            self.tally.of(name).cut[header] += 1
        self.add(name, Change(row.key, self.number, row.cells, row.links, row.is_partial))

    def _is_gone(self, record: Mapping[str, Any]) -> bool:
        if _is_true(record.get(DELETED)) or record.get(_SDC_DELETED):
            return not self.flags_deleted
        made_by = self.made_by
        return bool(made_by.status) and record.get(made_by.status) in made_by.elsewhere

    def _has_account(self, record: Mapping[str, Any]) -> bool:
        field = self.made_by.account
        return not field or bool(_ACCOUNT_ID.fullmatch(str(record.get(field) or "").strip()))


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
