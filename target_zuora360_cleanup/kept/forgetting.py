"""What a full sync does to what was kept: the tap sends every record of a stream anew.

What is deleted in Zuora meanwhile is not sent, so what waited of it must not come back either.
"""

from __future__ import annotations

from collections.abc import Collection  # noqa: TC003 - public shape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from target_zuora360_cleanup.kept.store import Store

_OF_OBJECTS: Final = ("waiting", "blank", "owed", "stale")
"""What is outside stays known: what was below it may come with another stream."""


def forget(store: Store, objects: Collection[str], streams: Collection[str]) -> None:
    """Forget what waits of object types, and what is known of streams.

    Args:
        store: Where it is kept.
        objects: API names of the object types whose records come anew.
        streams: Zuora's names of the objects that are sent from the start.
    """
    for table in _OF_OBJECTS:
        store.db.executemany(
            f"DELETE FROM {table} WHERE object = ?",
            ((name,) for name in objects),
        )
    for table, column in (("fact", "stream"), ("tie", "stream"), ("stream", "name")):
        store.db.executemany(
            f"DELETE FROM {table} WHERE {column} = ?",
            ((name,) for name in streams),
        )
