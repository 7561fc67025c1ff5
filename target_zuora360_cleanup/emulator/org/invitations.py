"""Events that invitees have of an event: they follow it, and are not changed themselves.

"For a child event, you can update IsReminderSet and ReminderDateTime only" (Object Reference,
Event). Which event it is a child of no field tells; here it is the one of the same subject that
leads to the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.org.refusals import Refused
from target_zuora360_cleanup.emulator.wire.errors import RowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["EVENT", "change_children"]

EVENT: Final = "Event"
_OWN: Final = frozenset({"IsReminderSet", "ReminderDateTime"})


def change_children(store: Store, number: int, values: Mapping[str, Any]) -> None:
    """Let the children of an event follow it, before it is changed.

    Raises:
        Refused: It is a child, and more than its reminder would change.
    """
    sql = 'SELECT IsChild, Subject, WhatId FROM "Event" WHERE Id = ?'
    is_child, subject, what = store.run(sql, (number,)).fetchone()
    if is_child and (names := sorted(values.keys() - _OWN)):
        told = f"Unable to create/update fields: {', '.join(names)}. It is a child event."
        raise Refused(RowError("INVALID_FIELD_FOR_INSERT_UPDATE", told, tuple(names)))
    if not is_child and "WhatId" in values:
        store.run(
            'UPDATE "Event" SET WhatId = ? WHERE IsChild AND Subject IS ? AND WhatId IS ?',
            (values["WhatId"], subject, what),
        )
