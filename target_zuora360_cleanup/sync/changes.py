"""What is to be done to rows: gathered in memory up to a batch, kept on the disk while it waits."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator  # noqa: TC003 - part of the public shape
from itertools import islice
from typing import NamedTuple


class Queue(NamedTuple):
    """Which changes wait in turn: those of an object type, or its lookups that are set late.

    Attributes:
        object: API name.
        late: Whether only a lookup is set that had to wait for its parent's rows.
    """

    object: str
    late: bool = False


class Change(NamedTuple):
    """One row to upsert, or to remove.

    Attributes:
        key: The row's external id.
        layout: Number of the layout that made it; -1 for a removal.
        cells: Its plain columns, as CSV.
        links: Its lookups, as in `rows.Row`.
        is_partial: Whether it leaves fields as they are.
        why: Of a removal, why the record has no place in Salesforce; blank if it is gone in Zuora.
            Its `cells` are the code of that reason then.
        is_old: Whether the tap may have sent the record to an earlier run too, so that what hangs
            on it may have come before.
    """

    key: str
    layout: int
    cells: str = ""
    links: tuple[str | None, ...] = ()
    is_partial: bool = False
    why: str = ""
    is_old: bool = False

    @property
    def removes(self) -> bool:
        """Whether the row shall go."""
        return self.layout < 0

    def with_links(self, links: tuple[str | None, ...]) -> Change:
        """The same row with other lookups."""
        return self._replace(links=links)


def removal(key: str, why: str = "", code: str = "", *, is_old: bool = False) -> Change:
    """A row that shall go: of a record that is gone in Zuora, or has no place in Salesforce."""
    return Change(key, -1, code, why=why, is_old=is_old)


Batch = dict[str, list[Change]]
"""Changes by API name, of which no two are of the same row."""


class Pending:
    """Gathers changes. A later one of the same row takes the place of those before.

    A job must not hold the same external id twice (DUPLICATE_EXTERNAL_ID), and its rows are worked
    on in any order. So a change that says only part of what the one before said comes in a batch of
    its own, after that one's.
    """

    def __init__(self) -> None:
        self._rounds: list[dict[str, dict[str, Change]]] = []
        self.rows = 0

    def add(self, object_name: str, change: Change) -> Change | None:
        """Take a change in; the one that it overtakes."""
        last = self._last(object_name, change.key)
        if last >= 0:
            rows = self._rounds[last][object_name]
            if self._says_all(rows[change.key], change):
                overtaken = rows.pop(change.key)
                rows[change.key] = change
                return overtaken
        if last + 1 == len(self._rounds):
            self._rounds.append({})
        self._rounds[last + 1].setdefault(object_name, {})[change.key] = change
        self.rows += 1
        return None

    def _last(self, object_name: str, key: str) -> int:
        """The last round that has a row; -1 for none."""
        at = len(self._rounds) - 1
        while at >= 0 and key not in self._rounds[at].get(object_name, ()):
            at -= 1
        return at

    def _says_all(self, before: Change, change: Change) -> bool:
        """Whether a change says all that one before said; another layout may lack columns."""
        alike = change.layout == before.layout or before.removes or change.removes
        return alike and not change.is_partial

    def take(self) -> list[Batch]:
        """Everything, batch after batch; nothing is left."""
        rounds, self._rounds, self.rows = self._rounds, [], 0
        return [{name: list(rows.values()) for name, rows in each.items()} for each in rounds]


def batches(object_name: str, changes: Iterable[Change]) -> list[list[Change]]:
    """Changes of one object type, in batches of which none has two of the same row."""
    pending = Pending()
    for each in changes:
        pending.add(object_name, each)
    return [each[object_name] for each in pending.take()]


class Waiting:
    """Changes of one queue that wait for a parent, first in first out, in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - `close` closes it
        self.rows = 0

    def extend(self, changes: Iterable[Change]) -> None:
        """Append changes.

        Raises:
            OSError: There is no room on the disk.
        """
        for each in changes:
            self._file.write(json.dumps(each, ensure_ascii=False) + "\n")
            self.rows += 1

    def parts(self, size: int) -> Iterator[list[Change]]:
        """All of them in parts; none may be added meanwhile."""
        self._file.seek(0)
        while lines := list(islice(self._file, size)):
            yield [
                Change(key, layout, cells, tuple(links), *rest)
                for key, layout, cells, links, *rest in map(json.loads, lines)
            ]

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()
