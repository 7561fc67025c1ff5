"""What a plan said of a deletion is told afterwards as it was counted; the rest as it was found."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.plan.finding import After, Finding
from target_zuora360_cleanup.reach import Path, Relationship
from target_zuora360_cleanup.report.findings import Findings, Happened

INVOICE = "Zuora__ZInvoice__c"
CASES = Path((Relationship("Case", "Invoice__c", INVOICE, "clear"),))
MAILS = Path((Relationship("EmailMessage", "Invoice__c", INVOICE, "clear"),))
BLANK = Finding(
    "lookups-go-blank",
    "tells",
    "15 lookups to these records will go blank.",
    "They are written to links/ beforehand.",
    (("Case.Invoice__c", 12), ("EmailMessage.Invoice__c", 3)),
    After("Blank: {}.", "They are in links/.", ("lookup", "lookups"), ((CASES, 12), (MAILS, 3))),
)
NOT_FED = Finding(
    "rows-without-stream",
    "warns",
    "No stream feeds Zuora__ZInvoice__c (9 records): they will not come back.",
    "Leave them out.",
    ((INVOICE, 9),),
    After("No stream feeds {}.", "Load them otherwise.", types=(INVOICE,)),
)
SCHEDULED = Finding("sync-scheduled", "warns", "A 360 sync is scheduled.", "Stop it.")
TOLD_ELSEWHERE = Finding("paired-states", "tells", "1 is to be reset.", "", after=After("", ""))


def after(finding: Finding, happened: Happened) -> list[tuple[str, str, object]]:
    told = Findings((finding,), happened=happened).as_json()["findings"]
    return [
        (each["found"], f"{each['message']} {each['remedy']}", each["objects"]) for each in told
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({CASES: 12, MAILS: 3}, "15 lookups"),
        ({CASES: 12, MAILS: 0}, "12 of 15 lookups"),
        ({CASES: 12}, "12 of 15 lookups"),
        ({}, "none of 15 lookups"),
        ({CASES: 12, MAILS: None}, "at least 12 of 15 lookups"),
        ({CASES: None, MAILS: 0}, "an unknown number of 15 lookups"),
        ({CASES: 14, MAILS: 3}, "17 lookups"),
    ],
)
def test_what_a_deletion_does_to_rows_of_others_is_told_as_counted(
    rows: dict[Path, int | None], words: str
) -> None:
    objects = {"Case.Invoice__c": rows.get(CASES, 0), "EmailMessage.Invoice__c": rows.get(MAILS, 0)}
    assert after(BLANK, Happened(rows)) == [
        ("after", f"Blank: {words}. They are in links/.", objects)
    ]


def test_of_what_stays_in_part_the_plan_told_the_most_that_there_could_be() -> None:
    assert BLANK.after
    at_most = After("Blank: {}.", "", BLANK.after.rows, BLANK.after.ways, is_most=True)
    finding = Finding("x", "tells", "", "", after=at_most)
    ((_, said, _),) = after(finding, Happened({CASES: 4}))
    assert said == "Blank: 4 of up to 15 lookups. "


@pytest.mark.parametrize(
    ("deleted", "words"),
    [(4, "4 records deleted"), (None, "an unknown number of records deleted")],
)
def test_rows_that_do_not_come_back_are_those_that_were_deleted(
    deleted: int | None, words: str
) -> None:
    assert after(NOT_FED, Happened(deleted={INVOICE: deleted})) == [
        ("after", f"No stream feeds {INVOICE} ({words}). Load them otherwise.", {INVOICE: deleted})
    ]


def test_where_none_of_them_was_deleted_nothing_is_told() -> None:
    assert after(NOT_FED, Happened(deleted={INVOICE: 0})) == []


def test_what_other_parts_tell_is_not_told_twice() -> None:
    assert after(TOLD_ELSEWHERE, Happened()) == []


def test_what_was_found_before_is_told_as_such() -> None:
    assert after(SCHEDULED, Happened()) == [("before", "A 360 sync is scheduled. Stop it.", {})]


def test_of_a_plan_and_a_refused_cleanup_all_is_told_as_it_was_found() -> None:
    every = (BLANK, NOT_FED, SCHEDULED, TOLD_ELSEWHERE)
    told = Findings(every).as_json()["findings"]
    assert {each["message"] for each in told} == {each.message for each in every}
    assert {each["found"] for each in told} == {"before"}


def test_a_summary_leaves_what_to_do_about_notes_to_the_page() -> None:
    lines = [str(each) for each in Findings((BLANK, SCHEDULED)).lines()]
    assert lines == ["WARN A 360 sync is scheduled. Stop it.", f"NOTE {BLANK.message}"]
