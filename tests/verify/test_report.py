"""What a comparison says, to the last word: JSON, summary and page of outcomes made by hand."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import Partial, Refused
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.relink.report import LinkOutcome
from target_zuora360_cleanup.report.html import render
from target_zuora360_cleanup.verify.comparing import ROWS, Compared, Difference
from target_zuora360_cleanup.verify.report import DifferenceFile, Verified, verify_report
from tests.support import made_reports as made
from tests.support.page import Page

if TYPE_CHECKING:
    from target_zuora360_cleanup.report.document import Report

CONTRACT = Relationship("Contract", "Subscription__c", "Zuora__Subscription__c", "clear")
BACK = Compared(made.INVOICE, "Invoice", in_backup=2_000, back=1_990, stayed=10, new_since=3)
LEFT = Compared(
    made.ITEM, "Invoice Item", in_backup=5_000, back=4_980, not_back=15, no_key=5, twice=1,
    changed={"Zuora__Quantity__c": 7, "Zuora__Name__c": 4}, rows_changed=9, rows_left=7,
    not_compared=2,
    is_whole=True, why={"Zuora__Name__c": "a formula: Salesforce works it out"},
)  # fmt: skip
NOT_FED = Compared(
    made.ACCOUNT, "Customer Account", in_backup=100, not_back=100,
    why={ROWS: "no stream of the tap feeds it, as the cleanup has told"},
)  # fmt: skip
UNKNOWN = Compared(made.INVOICE, made.INVOICE, in_backup=7, unknown="the org does not show it")
FOLDER = Path("/out/x-cleanup")
LEFT_OVER = Partial("23 records are not as they were.")
REPORTS: dict[str, Report] = {
    "verify": verify_report(made.header("verify"), Verified((BACK, NOT_FED)), (FOLDER,)),
    "verify_partial": verify_report(
        made.header("verify", LEFT_OVER),
        Verified(
            (BACK, LEFT), (LinkOutcome(CONTRACT, restored=90, to_restore=10),),
            (("PricebookEntry", 8), ("Task", None)), (f"{made.ITEM}.Region__c",), ("A note.",),
        ),
        (FOLDER,),
    ),
    "verify_unknown": verify_report(
        made.header("verify", LEFT_OVER), Verified((UNKNOWN,)), (FOLDER,)
    ),
    "verify_refused": verify_report(
        made.header("verify", Refused("Another org.")), Verified(), ()
    ),
    "verify_failed": verify_report(
        made.header("verify", made.OUT_OF_REACH, org=None), Verified(), ()
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
    for note in document["notes"]:
        assert note in page.text["notes"]
    for each in document["unseen"]:
        assert each in page.text["notes"]
    for each in document["along"]:
        assert each["object"] in page.text["notes"]
    for each in document["compared"]:
        assert f"{each['in_backup']:,}" in page.text["records"]
        assert (each["unknown"] or "") in page.text["records"]
        for field in each["changed"]:
            assert field["field"] in page.text["fields"]
            assert (field["why"] or "") in page.text["fields"]
    for link in document["links"]:
        assert link["field"] in page.text["links"]


def test_lookups_of_one_name_are_told_by_where_they_lead() -> None:
    of_task = replace(CONTRACT, child="Task", field="WhatId", parent=made.INVOICE)
    what = (of_task, replace(of_task, parent=made.ACCOUNT), CONTRACT)
    links = tuple(LinkOutcome(each, restored=1) for each in what)
    report = verify_report(made.header("verify"), Verified((BACK,), links), (FOLDER,))
    summary = report.summary(Path("/out"))
    assert f"Task.WhatId to {made.INVOICE} " in summary
    assert f"Task.WhatId to {made.ACCOUNT} " in summary
    assert "Contract.Subscription__c  " in summary


def test_values_that_differ_count_once_for_each_record_and_not_where_it_is_known_why() -> None:
    assert (BACK.left, LEFT.left, NOT_FED.left) == (0, 15 + 7 + 1, 0)


def test_records_that_nobody_could_compare_are_no_success() -> None:
    assert Verified((BACK,)).is_well
    assert not Verified((replace(BACK, not_compared=2),)).is_well


def test_the_file_is_harmless_in_a_spreadsheet_and_tells_why(tmp_path: Path) -> None:
    path = tmp_path / "verify.csv"
    found = [
        (LEFT, Difference(made.ITEM, "1", "k", "changed", "Zuora__Name__c", "=1+1", "b")),
        (LEFT, Difference(made.ITEM, "2", "", "no_key")),
        (NOT_FED, Difference(made.ACCOUNT, "3", "k", "not_back")),
    ]
    with closing(DifferenceFile(path)) as file:
        for compared, each in found:
            file.add(each, compared.why)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1] for line in lines] == ["id", "1", "2", "3"]
    assert "'=1+1" in lines[1]
    assert "a formula: Salesforce works it out" in lines[1]
    assert "nothing could bring it back" in lines[2]
    assert lines[3].endswith('"no stream of the tap feeds it, as the cleanup has told"')


def test_a_summary_lists_what_is_not_back_and_the_largest_and_sums_the_others() -> None:
    names = [f"Object{number:02}__c" for number in range(40)]
    compared = tuple(
        Compared(name, name, in_backup=10 + at, back=10 + at - (at == 3), not_back=int(at == 3))
        for at, name in enumerate(names)
    )
    report = verify_report(made.header("verify"), Verified(compared), ())
    said = report.summary(Path("/out"))
    told = [name for name in names if name in said]
    assert told == [names[3], *names[-8:]]
    (line,) = [line for line in said.splitlines() if line.startswith("31 other object types")]
    rows = sum(each.in_backup for each in compared if each.object_name not in told)
    assert line.split()[4:6] == [f"{rows:,}", f"{rows:,}"]
