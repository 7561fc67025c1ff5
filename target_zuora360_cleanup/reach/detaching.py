"""Which rows of people are detached before a deletion that would take them along. Pure.

A lookup may cascade and yet be blank: `WhatId` of tasks and events, and custom lookups whose
"delete this record also" Salesforce has switched on. A master-detail field is never blank.
"""

from __future__ import annotations

from collections.abc import Collection  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.reach.paths import Path

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach.relationships import Lookups


@dataclass(frozen=True)
class Detaching:
    """Tells the lookups that are blanked beforehand.

    Attributes:
        is_on: Whether any are: without a snapshot nothing would tell where they led.
        may_go: API names of the objects whose rows may go with the record.
    """

    is_on: bool = False
    may_go: Collection[str] = ()

    def weighed(self, path: Path, lookups: Lookups) -> Path:
        """The same way down, `detach` in place of `cascade` where its rows are detached.

        Only what hangs on a record that is deleted: it is what comes back, and can be attached to
        again.
        """
        return _detached(path) if self._detaches(path, lookups) else path

    def _detaches(self, path: Path, lookups: Lookups) -> bool:
        lookup = lookups.get((path.child, path.field))
        is_people = path.nature == "people" and path.child not in self.may_go
        is_soft = path.on_delete == "cascade" and len(path.links) == 1
        return self.is_on and is_people and is_soft and bool(lookup and lookup.may_be_blank)


def _detached(path: Path) -> Path:
    return Path((replace(path.links[0], on_delete="detach"),))
