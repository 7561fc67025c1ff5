"""What the newest undo of a cleanup has told of the records that it could not bring back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.report.earlier import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = "undo.csv"
_EXPLAINED: Final = frozenset({"conflict", "gone", "failed"})
"""Of rows with another reason nobody has found out what became of them."""


class UndoNotKnown(Exception):
    """An undo that came after a cleanup has left no report that can be read.

    Args:
        folder: Its.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"An undo, {folder}, has left no report that can be read: whether it was of this "
            "cleanup, and why it did not bring back what is missing, is not known. Undo again, "
            "which goes on where that one stopped, and verify again."
        )


def undo_of(cleanup: Path) -> Path | None:
    """The file in which the newest undo of a cleanup names what is not back; None without one.

    Args:
        cleanup: The cleanup's folder; its undo's is beside it.

    Raises:
        UndoNotKnown: Nobody knows of which cleanup the newest undo was, nor what it did.
    """
    for folder, report in runs(str(cleanup.parent), "undo"):
        if report is None:
            if folder.name[:16] < cleanup.resolve().name[:16]:
                continue
            raise UndoNotKnown(folder)
        if report.get("dry_run") or report.get("status") == "refused":
            continue
        names = {Path(each).name for each in report.get("cleanups") or ()}
        if cleanup.resolve().name in names:
            file = folder / FILE
            return file if file.exists() else None
    return None


def reasons_in(file: Path) -> Iterator[tuple[str, str]]:
    """The rows that are not back and why, as (Salesforce id, words); none of which nobody knows.

    Raises:
        InputError: The file can't be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                if row["reason"] in _EXPLAINED:
                    yield row["id"], f"undo: {row['detail']}"
    except (OSError, ValueError, KeyError, csv.Error) as exc:
        raise InputError(f"'{file}' can't be read: {str(exc).rstrip('.')}.") from None
