"""What an undo says, to the last word: JSON and summary of outcomes made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import Partial, Refused
from target_zuora360_cleanup.report.html import render
from target_zuora360_cleanup.report.returned import state_words
from target_zuora360_cleanup.state import KeptState
from target_zuora360_cleanup.undo.bookmarks import Putting
from target_zuora360_cleanup.undo.report import Returned, TakenBack, undo_report
from tests.support import made_reports as made
from tests.support.page import Page

if TYPE_CHECKING:
    from target_zuora360_cleanup.report.document import Report

BEFORE = {"bookmarks": {"Invoice": {"x": 1}, "Account": {"x": 1}}}
STATE = KeptState("meltano", "prod:a", BEFORE, {"bookmarks": {}})
PUT, PART = Putting(STATE, "put back", BEFORE), Putting(STATE, "put back", BEFORE, ("Invoice",))
MOVED = Putting(STATE, "moved on", BEFORE, (), "somebody has written it since the cleanup")
BY_HAND = Putting(KeptState("stdout", "", BEFORE, {"bookmarks": {}}), "by hand", BEFORE, (), "x")
ALL = (Returned(made.ACCOUNT, back=100), Returned(made.INVOICE, back=2_000))
LEFT = (
    Returned(made.ACCOUNT, back=100),
    Returned(made.INVOICE, back=1_990, conflict=3, gone=4, failed=2, unknown=1),
)
WOULD = (Returned(made.ACCOUNT, to_restore=90, back=10),)
CLEANUPS = ("/out/b-cleanup", "/out/a-cleanup")
REPORTS: dict[str, Report] = {
    "undo": undo_report(
        made.header("undo"), TakenBack(False, CLEANUPS[:1], ALL, (PUT,), ("A note.",))  # noqa: FBT003
    ),
    "undo_partial": undo_report(
        made.header("undo", Partial("Left.")), TakenBack(False, CLEANUPS, LEFT, (PART, BY_HAND)),  # noqa: FBT003
        made.FAILURES,
    ),
    "undo_dry_run": undo_report(
        made.header("undo"), TakenBack(True, CLEANUPS, WOULD, (Putting(STATE, "planned", BEFORE),)),  # noqa: FBT003
    ),
    "undo_moved_on": undo_report(
        made.header("undo"), TakenBack(False, CLEANUPS[:1], ALL, (MOVED,))  # noqa: FBT003
    ),
    "undo_of_nothing": undo_report(made.header("undo"), TakenBack(dry_run=False)),
    "undo_refused": undo_report(
        made.header("undo", Refused("Production.")), TakenBack(False, CLEANUPS)  # noqa: FBT003
    ),
    "undo_failed": undo_report(
        made.header("undo", made.OUT_OF_REACH, org=None), TakenBack(dry_run=False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_reads_as_written(name: str) -> None:
    made.assert_reads_as_written(REPORTS[name], name)


def test_where_bookmarks_stay_reset_nothing_is_said_to_be_as_before() -> None:
    state = {"fate": "as before", "bookmarks_kept_reset": ["Invoice"], "why": None}
    assert state_words(state) == (
        "nothing to put back; reset stay Invoice, whose records, or what they lead to, are not all "
        "back."
    )
    assert state_words({**state, "bookmarks_kept_reset": []}) == "as before the cleanup already."


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_says_what_the_report_says(name: str) -> None:
    document = REPORTS[name].as_json()
    page = Page(render(document))
    assert page.open == []
    assert (document["error"] or document["headline"]) in page.said()
    assert [each["id"] for each in page.all("section")] == ["notes", "records", "state", "failures"]
    assert all(note in page.text["notes"] for note in document["notes"])
    for each in document["returned"]:
        row = [each["api_name"], f"{each['in_backup']:,}", f"{each['back']:,}"]
        assert [word for word in row if word not in page.text["records"]] == []
    for each in document["states"]:
        assert f"{each['state_id'] or 'stdout'}: {state_words(each)}" in page.said("state")
        assert all(name in page.text["state"] for name in each["bookmarks_kept_reset"])
    assert all(each in page.said() for each in document["cleanups"])
    assert "failures.csv" not in page.said()


def test_a_summary_lists_what_failed_and_the_largest_and_sums_the_others() -> None:
    names = [f"Object{number:02}__c" for number in range(40)]
    objects = tuple(
        Returned(name, back=10 + at, failed=int(at == 3)) for at, name in enumerate(names)
    )
    report = undo_report(made.header("undo"), TakenBack(dry_run=False, objects=objects))
    said = report.summary(Path("/out"))
    told = [name for name in names if name in said]
    assert told == [names[3], *names[-8:]]
    (line,) = [line for line in said.splitlines() if line.startswith("31 other object types")]
    rows = sum(each.in_backup for each in objects if each.api_name not in told)
    assert line.split()[4:6] == [f"{rows:,}", f"{rows:,}"]
