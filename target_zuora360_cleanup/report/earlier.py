"""What earlier cleanups have left behind, from their reports in the output folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN: Final = re.compile(r"\d{8}T\d{6}Z-([a-z]+)(?:-(\d+))?")
Earlier = dict[str, Any]


def cleanups(output_dir: str) -> Iterator[tuple[Path, Earlier | None]]:
    """The cleanups in an output folder, as of `runs`."""
    return runs(output_dir, "cleanup")


def runs(output_dir: str, mode: str) -> Iterator[tuple[Path, Earlier | None]]:
    """The runs of one mode in an output folder, the newest first.

    Yields:
        A run's folder, and its report; None where it has left none that can be read.
    """
    output = Path(output_dir).expanduser()
    named = ((path, _RUN.fullmatch(path.name)) for path in output.glob(f"*-{mode}*"))
    folders = [path for path, found in named if found and found[1] == mode]
    for folder in sorted(folders, key=_age, reverse=True):
        yield folder, _report(folder)


def _report(folder: Path) -> Earlier | None:
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def _age(folder: Path) -> tuple[str, int]:
    """Grows with a folder's time; of the same second, with its number."""
    found = _RUN.fullmatch(folder.name)
    return folder.name[:16], int(found[2] or 1) if found else 0


def deleted_before(
    output_dir: str, org_id: str = "", leave_out: Path | None = None
) -> frozenset[str]:
    """API names of the object types of which cleanups of an org deleted rows, or may have.

    Those of its last cleanup, and of those before it back to one that came to its end: until then
    nobody has made sure that their bookmarks are reset.

    Args:
        output_dir: Where cleanups leave their reports.
        org_id: Whose cleanups they are; of any org where it is blank.
        leave_out: The folder of the run that asks.

    Returns:
        Those; all of the catalogue where one of these cleanups has left no report.
    """
    names = set[str]()
    for folder, report in cleanups(output_dir):
        if leave_out is not None and folder.resolve() == leave_out.resolve():
            continue
        if report is None:
            return frozenset(BY_NAME)
        org = report.get("org") or {}
        if report.get("status") == "refused" or (org_id and org.get("id") != org_id):
            continue
        names |= {each["api_name"] for each in report["objects"] if each["deleted"] != 0}
        if report.get("status") == "done":
            break
    return frozenset(names)
