"""What there is now: the org, the last cleanup, jobs left on the server, the paired states."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import is_unlisted
from target_zuora360_cleanup.cleanup.words import BEFORE_DELETION
from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.reading import read_facts
from target_zuora360_cleanup.lifecycle.rotated import keeper
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.report.earlier import cleanups
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.state.from_settings import stream_names
from target_zuora360_cleanup.status.kept import find_kept, kept_lines
from target_zuora360_cleanup.status.since import last_undo, not_relinked, since_lines
from target_zuora360_cleanup.status.states import has_reset, lost, state_found, words_of
from target_zuora360_cleanup.undo.source import org_of, read_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.report.earlier import Earlier
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.stored import StoredStates

Found = dict[str, Any]
_LISTED: Final = 4


def gather(settings: Settings, sinks: Sequence[StoredStates]) -> Found:
    """Look at the org, the output folder and the states; changes nothing.

    Returns:
        `org`, `objects`, `jobs`, `last_cleanup`, `last_undo`, `not_relinked` (None where that is
        not known), `states`, `kept` and `notes`, ready for JSON.

    Raises:
        CleanupError: The org can't be looked at.
    """
    with in_words(BEFORE_DELETION):
        folder = OutputFolder(Path(settings.output_dir).expanduser())
        record = JobRecord.read_only(settings.output_dir)
        keep = keeper(settings, folder)
        salesforce = connect(settings, record=record, keep=keep)
        facts = read_facts(salesforce, replace(settings, keep_quoted_products=False))
        jobs = _jobs(salesforce, settings)
    names = frozenset(kind.api_name for kind in selected(settings))
    findings = [finding for sink in sinks for finding in sink.look(facts.reset_names or names)]
    last = last_cleanup(settings.output_dir, facts.org.id)
    notes = [each.message for each in findings if each.code != "paired-states"]
    try:
        unlinked: list[str] | None = not_relinked(settings.output_dir, facts.org.id)
    except InputError as exc:
        unlinked = None
        notes.append(f"Which links and values are set again is not known. {exc}")
    return {
        "org": {"id": facts.org.id, "name": facts.org.name, "is_sandbox": facts.org.is_sandbox},
        "objects": list(_objects(facts)),
        "jobs": jobs,
        "last_cleanup": last,
        "last_undo": last_undo(settings.output_dir, facts.org.id, Path(last["folder"]))
        if last
        else None,
        "not_relinked": unlinked,
        "states": [state for sink in sinks for state in _states(sink, settings)],
        "kept": find_kept(
            settings.kept_file or "",
            [state.state_id for sink in sinks for state in sink.states],
            os.environ,
        ),
        "notes": notes,
    }


def _objects(facts: OrgFacts) -> Iterator[Found]:
    for each in facts.objects:
        # (what the user may not read is unknown here, and not none)
        found = each.found.or_else(None)
        yield {"api_name": each.kind.api_name, "label": each.kind.label, "found": found}


def _jobs(salesforce: Salesforce, settings: Settings) -> list[Found]:
    """Delete jobs of this user that have not ended; `is_ours` are those that a run has noted."""
    names = {kind.api_name for kind in selected(settings)}
    left = salesforce.jobs.leftovers(lambda name: name in names or is_unlisted(name))
    ours = salesforce.jobs.record.known()
    return [
        {
            "id": each.id,
            "object": each.object,
            "state": each.state,
            "is_ours": each.id in ours,
        }
        for each in left
    ]


def last_cleanup(output_dir: str, org_id: str) -> Found | None:
    """The newest cleanup of an org in the output folder; None where there is none.

    One that was refused has changed nothing, so it counts only where there is no other.

    Returns:
        `folder`, `status` (None where it left no report), `finished_at`, `deleted`, `failed` and
        `taken_back`: whether an undo has left nothing of it.
    """
    own = [each for each in cleanups(output_dir) if _may_be_of(org_id, *each)]
    begun = [each for each in own if each[1] is None or each[1]["status"] != "refused"]
    for folder, report in begun or own:
        found = report or {"status": None, "finished_at": None, "objects": []}
        return {
            "folder": str(folder),
            "status": found["status"],
            "finished_at": found["finished_at"],
            "deleted": total(each["deleted"] for each in found["objects"]),
            "failed": total(each["failed"] for each in found["objects"]),
            "taken_back": read_mark(folder).is_done,
        }
    return None


def _may_be_of(org_id: str, folder: Path, report: Earlier | None) -> bool:
    """Whether a cleanup is of an org, or nobody knows of which."""
    if report:
        return (report.get("org") or {}).get("id") in (None, org_id)
    return org_of(folder) in ("", org_id)


def _states(sink: StoredStates, settings: Settings) -> Iterator[Found]:
    names = stream_names(settings)
    reports = [each for each in cleanups(settings.output_dir) if each[1]]
    for state in sink.states:
        found = state_found(state, names)
        for folder, report in reports:
            if report and has_reset(report, state.state_id):
                moment = report.get("finished_at")
                runs = sink.runs_since(datetime.fromisoformat(moment)) if moment else None
                if runs is not None:
                    put_back = read_mark(folder).put_back
                    found["reset_lost"] = lost(state, report, runs, put_back)
                break
        yield found


def text(found: Found) -> str:
    """The same in lines for a person."""
    return "".join(f"{line}\n" for line in _lines(found))


def _rows(objects: list[Found]) -> Iterator[str]:
    """Those with most records; the others in one line. What is not known is told of each."""
    present = sorted((each for each in objects if each["found"]), key=lambda each: -each["found"])
    shown = present if len(present) <= _LISTED + 1 else present[:_LISTED]
    for each in shown:
        yield f"  {each['api_name']:<42} {each['found']:>12,}  {each['label']}"
    if others := present[len(shown) :]:
        words = counted(len(others), "other object type")
        yield f"  {words:<42} {sum(each['found'] for each in others):>12,}"
    for each in objects:
        if each["found"] is None:
            yield f"  {each['api_name']:<42} {'unknown':>12}  {each['label']}"


def _lines(found: Found) -> Iterator[str]:
    org = found["org"]
    kind = "sandbox" if org["is_sandbox"] else "production"
    known = [each["found"] for each in found["objects"] if each["found"] is not None]
    records = counted(sum(known), "record")
    records = records if len(known) == len(found["objects"]) else f"at least {records}"
    yield f"Org: {org['name']} ({org['id']}), {kind}: {records} of Zuora's."
    yield from _rows(found["objects"])
    yield _last(found["last_cleanup"], found["last_undo"])
    yield from since_lines(found["last_undo"], found["not_relinked"] or [])
    for job in found["jobs"]:
        whose = "" if job["is_ours"] else " It may be another program's of the same user."
        yield f"Job left on the server: {job['id']} on {job['object']}, {job['state']}.{whose}"
    for state in found["states"]:
        yield from words_of(state)
    yield from kept_lines(found["kept"])
    yield from (f"Note: {each}" for each in found["notes"])


def _last(last: Found | None, undo: Found | None) -> str:
    if last is None:
        return "Last cleanup: none in the output folder."
    if last["status"] is None:
        return (
            f"Last cleanup: {last['folder']} has no report: it is still running or was killed. "
            "Run the cleanup again to finish it."
        )
    failed = "an unknown number" if last["failed"] is None else f"{last['failed']:,}"
    is_over = last["taken_back"] or undo
    left = f", {failed} left: run it again to go on" if failed != "0" and not is_over else ""
    deleted = counted(last["deleted"], "record")
    back = ", taken back since" if last["taken_back"] and not undo else ""
    return (
        f"Last cleanup: {last['status']} at {last['finished_at'][:16].replace('T', ' ')} UTC, "
        f"{deleted} deleted{left}{back} ({last['folder']})."
    )
