"""What is to be done to rows: gathered in memory up to a batch, kept on the disk while it waits."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator  # noqa: TC003 - part of the public shape
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple


class Place(NamedTuple):
    """Where changes queue: by object type, and lookups that are set late by themselves.

    Attributes:
        object: API name.
        late: Whether only a lookup is set that had to wait for its parent's rows.
    """

    object: str
    late: bool = False


@dataclass(frozen=True)
class Change:
    """One row to upsert, or to remove.

    Attributes:
        key: The row's external id.
        shape: Number of the shape that made it; -1 for a removal.
        cells: Its plain columns, as CSV.
        links: Its lookups, as in `rows.Row`.
    """

    key: str
    shape: int
    cells: str = ""
    links: tuple[str | None, ...] = ()

    @property
    def removes(self) -> bool:
        """Whether the row shall go."""
        return self.shape < 0

    def with_links(self, links: tuple[str | None, ...]) -> Change:
        """The same row with other lookups."""
        return replace(self, links=links)


def removal(key: str) -> Change:
    """A row that shall go."""
    return Change(key, -1)


class Pending:
    """The changes of a batch, one a row: a later one takes the place of those before.

    A job must not hold the same external id twice (DUPLICATE_EXTERNAL_ID), and its rows are worked
    on in any order.
    """

    def __init__(self) -> None:
        self._changes: dict[str, dict[str, Change]] = {}
        self.rows = 0

    def add(self, object_name: str, change: Change) -> Change | None:
        """Take a change in; the one that it overtakes."""
        changes = self._changes.setdefault(object_name, {})
        overtaken = changes.pop(change.key, None)
        self.rows += overtaken is None
        changes[change.key] = change
        return overtaken

    def take(self) -> dict[str, list[Change]]:
        """Everything, by object type, in the order in which it came; nothing is left."""
        taken = {name: list(changes.values()) for name, changes in self._changes.items()}
        self._changes, self.rows = {}, 0
        return taken


class Waiting:
    """Changes of one place that wait for a parent, first in first out, in a temporary file."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - `close` closes it
        self.rows = 0

    def extend(self, changes: Iterable[Change]) -> None:
        """Append changes.

        Raises:
            OSError: There is no room on the disk.
        """
        for each in changes:
            fields = [each.key, each.shape, each.cells, each.links]
            self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            self.rows += 1

    def batches(self, size: int) -> Iterator[list[Change]]:
        """All of them in batches; none may be added meanwhile."""
        self._file.seek(0)
        while lines := list(islice(self._file, size)):
            yield [
                Change(key, shape, cells, tuple(links))
                for key, shape, cells, links in map(json.loads, lines)
            ]

    def close(self) -> None:
        """Give the room on the disk back."""
        self._file.close()
