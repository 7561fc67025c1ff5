"""How much waits for a later run, and what of it holds bookmarks back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable  # noqa: TC003 - public shape
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.kept.store import Store

_BELOW: Final = """
WITH RECURSIVE below (object, key) AS (
    SELECT object, key FROM outside
    UNION SELECT w.object, w.key FROM waiting w
    JOIN below b ON w.parent = b.object AND w.parent_key = b.key)
"""

_NOT_BELOW: Final = (
    "NOT EXISTS (SELECT 1 FROM below b WHERE b.object = x.parent AND b.key = x.parent_key)"
)
_ROWS: Final = f"SELECT object, parent FROM waiting x WHERE {_NOT_BELOW}"
_COUNTS: Final = {
    "rows": f"SELECT object, count(*) FROM waiting x WHERE {_NOT_BELOW}",
    "below": f"SELECT object, count(*) FROM waiting x WHERE NOT {_NOT_BELOW}",
    "links": f"SELECT object, count(*) FROM blank x WHERE {_NOT_BELOW}",
    "stale": "SELECT object, count(*) FROM stale",
}


@dataclass(frozen=True)
class Waits:
    """How much of an object waits.

    Attributes:
        rows: Records that wait for a parent of which nothing is known.
        below: Records below others that are known to have no place in Salesforce.
        links: Lookups that were left blank for a parent.
        stale: Rows of which values of other records are to be filled.
    """

    rows: int = 0
    below: int = 0
    links: int = 0
    stale: int = 0


def waits(store: Store) -> dict[str, Waits]:
    """How much waits, by API name."""
    return _waits(store.db)


def look_into(file: Path) -> dict[str, Waits]:
    """How much waits in a file that is only looked at; nothing in one that a sync only made.

    Raises:
        OSError: It can't be read, or a sync has it locked.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return {} if _is_blank(db) else _waits(db)
    except sqlite3.Error as exc:
        raise OSError(f"{file} can't be read: {exc}") from None


def _is_blank(db: sqlite3.Connection) -> bool:
    """Whether nothing was ever kept in a database: a run that fails early leaves one."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not version and not tables


def _waits(db: sqlite3.Connection) -> dict[str, Waits]:
    counts: dict[str, dict[str, int]] = {}
    for what, sql in _COUNTS.items():
        for name, number in db.execute(f"{_BELOW}{sql} GROUP BY 1"):
            if number:
                counts.setdefault(name, {})[what] = number
    return {name: Waits(**each) for name, each in sorted(counts.items())}


def holding(store: Store, sent: Iterable[str]) -> set[str]:
    """Object types of which something waits that may come: not for a parent that is outside.

    Args:
        store: Where it is kept.
        sent: Object types that the tap has streams of.
    """
    known = set(sent)
    rows = store.db.execute(
        f"{_BELOW}{_ROWS} UNION SELECT object, parent FROM blank x WHERE {_NOT_BELOW}"
    )
    return {name for name, parent in rows if parent in known}
