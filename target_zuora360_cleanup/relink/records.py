"""Under which Salesforce ids records are back, by their external ids; in a file, in any number."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.output.database import RunDatabase
from target_zuora360_cleanup.relink.looking import FEW, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from target_zuora360_cleanup.salesforce.client import Salesforce

_SCHEMA: Final = """
CREATE TABLE record (object TEXT, key TEXT, id TEXT, PRIMARY KEY (object, key, id)) WITHOUT ROWID;
"""
_MOST: Final = 2
"""Of one external id: more would say the same."""


class Records(RunDatabase):
    """Records by object and external id, whichever field has it. For one thread.

    Args:
        path: The database file, to be made.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def read(
        self, salesforce: Salesforce, object_name: str, key: str, wanted: Iterable[str]
    ) -> None:
        """Take in the records of an object that have one of these external ids, or more of them.

        Args:
            salesforce: Where.
            object_name: API name.
            key: API name of the external id field.
            wanted: External ids; blank ones don't count.

        Raises:
            ApiError, JobFailed, requests.RequestException: Salesforce would not say.
        """
        few = list(islice((each for each in wanted if each), FEW + 1))
        if not few:
            return
        found = named_rows(salesforce, object_name, ("Id", key), key, few, f"{key} != null")
        self._db.executemany(
            "INSERT OR IGNORE INTO record VALUES (?, ?, ?)",
            ((object_name, value.casefold(), record) for record, value in found),
        )

    def ids(self, object_name: str, keys: Iterable[str]) -> list[str]:
        """The Salesforce ids of the records with the first of these external ids that is filled.

        Args:
            object_name: API name.
            keys: A record's external ids; blank ones don't count.
        """
        key = next(filter(None, keys), "")
        sql = "SELECT id FROM record WHERE object = ? AND key = ? LIMIT ?"
        return [row[0] for row in self._db.execute(sql, (object_name, key.casefold(), _MOST))]
