"""What a relink says, to the last word: JSON and summary of outcomes made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import Partial, Refused
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.relink.report import LinkOutcome, Relinked, relink_report
from target_zuora360_cleanup.report.html import render
from tests.support import made_reports as made
from tests.support.page import Page

if TYPE_CHECKING:
    from target_zuora360_cleanup.report.document import Report

CONTRACT = Relationship("Contract", "Subscription__c", "Zuora__Subscription__c", "clear")
CASE = Relationship("Case", "Invoice__c", made.INVOICE, "clear")
LINKS = (
    LinkOutcome(
        CONTRACT, restored=1_000, already_set=2, parent_not_back=3, record_gone=4, failed=5, lost=1
    ),
    LinkOutcome(CASE, restored=1),
)
WOULD = (LinkOutcome(CONTRACT, to_restore=1_000, already_set=2, superseded=3),)
SNAPSHOT = Path("/out/x-cleanup")
REPORTS: dict[str, Report] = {
    "relink": relink_report(
        made.header("relink"), Relinked(False, LINKS, ("A note.", "B note.")),  # noqa: FBT003
        snapshots=(SNAPSHOT,),
    ),
    "relink_partial": relink_report(
        made.header("relink", Partial("Left.")), Relinked(dry_run=False, links=LINKS),
        snapshots=(SNAPSHOT,), failures=made.FAILURES,
    ),
    "relink_dry_run": relink_report(
        made.header("relink"), Relinked(dry_run=True, links=WOULD), snapshots=(SNAPSHOT,)
    ),
    "relink_of_nothing": relink_report(made.header("relink"), Relinked(dry_run=False)),
    "relink_refused": relink_report(
        made.header("relink", Refused("Production.")), Relinked(dry_run=False),
        snapshots=(SNAPSHOT,),
    ),
    "relink_failed": relink_report(
        made.header("relink", made.OUT_OF_REACH, org=None), Relinked(dry_run=False)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_reads_as_written(name: str) -> None:
    made.assert_reads_as_written(REPORTS[name], name)


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_says_what_the_report_says(name: str) -> None:
    document = REPORTS[name].as_json()
    page = Page(render(document))
    assert page.open == []
    assert (document["error"] or document["headline"]) in page.said()
    assert [each["id"] for each in page.all("section")] == ["notes", "links", "failures"]
    assert all(note in page.text["notes"] for note in document["notes"])
    for each in document["links"]:
        numbers = [f"{each[key]:,}" for key in ("in_snapshot", "restored", "to_restore")]
        row = [each["object"], each["field"], each["parent"], *numbers]
        assert [word for word in row if word not in page.text["links"]] in ([], numbers[2:])
    for group in document["failures"]:
        assert group["code"] in page.text["failures"]
    assert "failures.csv" not in page.said()


def test_a_dry_run_says_that_nothing_was_set() -> None:
    page = Page(render(REPORTS["relink_dry_run"].as_json()))
    assert "A dry run: nothing was set." in page.text["links"]
    assert "To restore" in page.text["links"]
    assert "To restore" not in Page(render(REPORTS["relink"].as_json())).text["links"]
