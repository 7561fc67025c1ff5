"""What followed the last cleanup of an org: an undo, and a relink that is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping  # noqa: TC003 - public shape
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.folder import DETACHED
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.relink.snapshot import snapshots_in
from target_zuora360_cleanup.report.earlier import runs
from target_zuora360_cleanup.undo.source import read_mark

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.relink.snapshot import Snapshot

Found = dict[str, Any]


def last_undo(output_dir: str, org_id: str, cleanup: Path) -> Found | None:
    """The newest undo after a cleanup that may have brought something back; None without one.

    Returns:
        `folder`, `status` (None where it left no report), `finished_at`, `in_backup` and `back`:
        how many records the cleanup wrote down, and how many are there again.
    """
    for folder, report in runs(output_dir, "undo"):
        if folder.name[:16] < cleanup.name[:16]:
            return None
        if report is None:
            return {"folder": str(folder), "status": None, "finished_at": None}
        is_of_org = (report.get("org") or {}).get("id") in (None, org_id)
        did = not report["dry_run"] and report["status"] != "refused"
        if is_of_org and did and report["cleanups"]:
            of_rows = report["returned"]
            return {
                "folder": str(folder),
                "status": report["status"],
                "finished_at": report["finished_at"],
                "in_backup": sum(each["in_backup"] for each in of_rows),
                "back": sum(each["back"] for each in of_rows),
            }
    return None


def not_relinked(output_dir: str, org_id: str) -> list[str]:
    """Folders of cleanups whose links and values are not all set again, the newest first.

    What was taken back has its links again, but those of rows that were detached.

    Raises:
        InputError: What is written down can't be read.
    """
    return [
        str(each.folder)
        for each in snapshots_in(output_dir)
        if each.org_id in ("", org_id) and not each.is_done and not _is_back(each)
    ]


def _is_back(snapshot: Snapshot) -> bool:
    is_detached = any((snapshot.folder / DETACHED).glob("*.csv.gz"))
    return read_mark(snapshot.folder).is_done and not is_detached


def since_lines(undo: Mapping[str, Any] | None, unlinked: list[str]) -> Iterator[str]:
    """The same in lines for a person."""
    if undo:
        yield f"Undo since: {_of_undo(undo)}"
    if unlinked:
        yield (
            f"Not relinked yet: {listed(unlinked)}. Once a full sync has brought the records back, "
            "zuora360 relink sets links and values again."
        )


def _of_undo(undo: Mapping[str, Any]) -> str:
    if undo["status"] is None:
        return (
            f"{undo['folder']} has no report: it is still running or was killed. Run it again to "
            "finish it."
        )
    moment = undo["finished_at"][:16].replace("T", " ")
    records = counted(undo["in_backup"], "record is", "records are")
    return (
        f"{undo['status']} at {moment} UTC, {undo['back']:,} of {records} back ({undo['folder']})."
    )
