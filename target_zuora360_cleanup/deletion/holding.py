"""Finds the rows that must stay because rows below them are left.

A cascade runs no triggers: to delete a parent would destroy the child whose deletion a trigger has
refused, or a lock, or a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import CHOSEN
from target_zuora360_cleanup.deletion.turn import Held
from target_zuora360_cleanup.reach import soql
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.catalog.objects import Condition
    from target_zuora360_cleanup.deletion.turn import Turn
    from target_zuora360_cleanup.reach import Lookups, Path
    from target_zuora360_cleanup.salesforce.client import Salesforce

MOST_HELD: Final = 100_000
"""Ids of one object type that memory holds; where more are to stay, all of its rows do."""


def read_held(
    salesforce: Salesforce, turn: Turn, lookups: Lookups, wheres: Mapping[str, Condition]
) -> Held:
    """The rows of a step that stay, by the rows that are left below them.

    Args:
        salesforce: Where.
        turn: The step, with what is left below it.
        lookups: Of the objects on the ways there.
        wheres: What tells the rows that are deleted from others, by object type.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
    """
    by: dict[str, str] = {}
    for path, rows in turn.below.items():
        selection = _above(path, rows, lookups, wheres)
        if rows and selection is None:
            return Held(whole=f"no query can tell below which of them {path.child} has rows left")
        for row_id in _ids(salesforce, selection) if rows and selection else ():
            if row_id not in turn.step.kept:
                by[row_id] = path.child
            if len(by) > MOST_HELD:
                return Held(whole=f"rows of {path.child} are left below over {MOST_HELD:,} of them")
    return Held(by)


def _above(
    path: Path, rows: int, lookups: Lookups, wheres: Mapping[str, Condition]
) -> Selection | None:
    """The ids at the root of a path, a row for each that is left; None where no query tells."""
    root, found = soql.root_id(path, lookups), left_below(path, lookups, wheres)
    return Selection(path.child, (root,), found, rows) if root and found else None


def left_below(path: Path, lookups: Lookups, wheres: Mapping[str, Condition]) -> str | None:
    """The condition that finds rows to be deleted at the end of a path; None where no query can."""
    own, root = wheres.get(path.child), wheres.get(path.root)
    if len(path.links) == 1:
        found: str | None = f"{path.field} != null"
    else:
        # (a query that names chosen accounts twice names the same ones, and here both may differ)
        found = soql.condition(path, lookups, None if _is_chosen(own) else root)
    return f"{found} AND {own}" if found and own else found


def _is_chosen(where: Condition | None) -> bool:
    return bool(where and CHOSEN in where.test)


def _ids(salesforce: Salesforce, selection: Selection) -> Iterator[str]:
    return (row[0] for row in read_table(salesforce, selection) if row[0])
