"""What waits for a later sync, as `zuora360 status` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping  # noqa: TC003 - public shape
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from target_zuora360_cleanup.kept.counts import look_into
from target_zuora360_cleanup.kept.place import lasting_place
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed

Found = dict[str, Any]
_KINDS: Final = {
    "rows": ("record that waits for a parent", "records that wait for a parent"),
    "below": ("record below others that are left out", "records below others that are left out"),
    "links": (
        "lookup that is blank until its parent comes",
        "lookups that are blank until their parents come",
    ),
    "stale": ("row that is to be filled", "rows that are to be filled"),
}


def find_kept(named: str, state_ids: Iterable[str], environ: Mapping[str, str]) -> list[Found]:
    """What is in the files of what is kept.

    Args:
        named: The setting `kept_file`.
        state_ids: Ids of the states; each may have a file of its own.
        environ: The variables of this process.

    Returns:
        `file`, `objects` (as in a report) and `problem` (why it can't be read; or blank).
    """
    # (no plugin is told the suffix of its state's id, so the file's name has none)
    names = [":".join(each.split(":")[:2]) for each in state_ids]
    places = (lasting_place(named, each, environ) for each in (*names, ""))
    return [_look(str(file)) for file in dict.fromkeys(filter(None, places)) if file.exists()]


def _look(name: str) -> Found:
    try:
        waits = look_into(Path(name))
    except OSError as exc:
        return {"file": name, "objects": [], "problem": str(exc)}
    objects = [{"api_name": object_name, **asdict(each)} for object_name, each in waits.items()]
    return {"file": name, "objects": objects, "problem": ""}


def kept_lines(found: Iterable[Found]) -> Iterator[str]:
    """The same in lines for a person."""
    for each in found:
        if each["problem"]:
            yield f"Kept for a later sync: not known, {each['problem']}."
        elif not each["objects"]:
            yield "Kept for a later sync: nothing."
        for kind, words in _KINDS.items():
            counts = {one["api_name"]: one[kind] for one in each["objects"] if one[kind]}
            if counts:
                of_each = listed(f"{name} {count:,}" for name, count in counts.items())
                total = sum(counts.values())
                yield f"Kept for a later sync: {counted(total, *words)} ({of_each})."
