"""What a plan, a cleanup and a reset say, to the last word, of results that are made by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path as FilePath
from typing import Any

import pytest
from typing_extensions import override

from target_zuora360_cleanup.errors import CleanupError, Partial, Refused
from target_zuora360_cleanup.facts.known import Unknown
from target_zuora360_cleanup.reach import Path, Relationship
from target_zuora360_cleanup.report.cleanup import cleanup_report
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.findings import Findings, Happened
from target_zuora360_cleanup.report.html import render
from target_zuora360_cleanup.report.part import Headline
from target_zuora360_cleanup.state.outcome import ResetOutcome, StreamReset
from tests.support import made_reports as made
from tests.support.page import Page

ON_STDOUT = StreamReset(made.RESET, made.RESET.state)
IN_BACKEND = StreamReset(made.RESET, made.RESET.state, "prod:x", verified=True)
READ: dict[str, Any] = {"records": {"B": 2, "A": 1}}


def plan() -> Report:
    states = ResetOutcome(StreamReset(made.UNSAFE_RESET), made.PAIRED[2:])
    return cleanup_report(
        made.header("plan"), plan=made.CLEAN_PLAN, saved=made.SAVED, states=states
    )


def refused_plan() -> Report:
    states = ResetOutcome(StreamReset(made.RESET, state_id="prod:x"), made.PAIRED[2:])
    head = made.header("plan", made.NOT_CONFIRMED)
    return cleanup_report(head, plan=made.PLAN, states=states, **READ)


def cleanup() -> Report:
    return cleanup_report(
        made.header("cleanup"),
        plan=made.CLEAN_PLAN,
        saved=made.SAVED,
        outcomes=made.ALL_GONE,
        timeline=made.SPANS,
        states=ResetOutcome(IN_BACKEND, made.PAIRED),
        feeds=made.FEEDS,
        **READ,
    )


def partial() -> Report:
    return cleanup_report(
        made.header("cleanup", made.LEFT),
        plan=made.CLEAN_PLAN,
        outcomes=made.SOME_LEFT,
        failures=made.FAILURES,
        states=ResetOutcome(StreamReset(made.UNSAFE_RESET, made.UNSAFE_RESET.state)),
    )


def unknown() -> Report:
    return cleanup_report(
        made.header("cleanup", made.LEFT),
        plan=made.CLEAN_PLAN,
        outcomes=made.NOT_KNOWN,
        states=ResetOutcome(ON_STDOUT),
    )


def held_back() -> Report:
    """An item is left, so its invoice is; not all that goes along could be counted."""
    gone = made.ALL_GONE
    outcomes = (
        replace(gone[0], deleted=4_999, failed=1),
        replace(gone[1], deleted=1_996, failed=1, held_back=1),
        *gone[2:],
    )
    remarks = Path((made.NOTES, Relationship("Remark__c", "Note__c", "Note__c", "cascade")))
    return cleanup_report(
        made.header("cleanup", made.LEFT),
        plan=made.PLAN,
        outcomes=outcomes,
        along={Path((made.NOTES,)): 3, remarks: None},
        detached={made.CALLS: 39, made.VISITS: None},
        left={"DailyApiRequests": 79_301},
        states=ResetOutcome(ON_STDOUT),
    )


def lost_state() -> Report:
    return cleanup_report(
        made.header("cleanup", Partial("The state was lost.")),
        plan=made.CLEAN_PLAN,
        outcomes=made.ALL_GONE,
        findings=made.FINDINGS[1:2],
        states=ResetOutcome(paired=made.PAIRED[:1]),
    )


def refused() -> Report:
    return cleanup_report(made.header("cleanup", made.NOT_CONFIRMED), plan=made.PLAN)


def failed() -> Report:
    return cleanup_report(made.header("cleanup", made.OUT_OF_REACH, org=None))


def reset() -> Report:
    states = ResetOutcome(StreamReset(made.UNSAFE_RESET, made.UNSAFE_RESET.state))
    return cleanup_report(made.header("reset", org=None), states=states)


REPORTS = {
    "plan": plan(), "plan_refused": refused_plan(), "cleanup": cleanup(),
    "cleanup_partial": partial(), "cleanup_unknown": unknown(),
    "cleanup_held_back": held_back(), "cleanup_state_lost": lost_state(),
    "cleanup_refused": refused(), "cleanup_failed": failed(), "reset": reset(),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_reads_as_written(name: str) -> None:
    made.assert_reads_as_written(REPORTS[name], name)


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_can_be_made_of_each(name: str) -> None:
    report = REPORTS[name].as_json()
    said = Page(render(report)).said()
    is_failed = report["status"] == "failed"
    told = report["error"] if is_failed else report["headline"].removesuffix(report["error"] or "")
    assert told.strip() in said


def test_what_is_not_known_is_null_in_the_json_and_never_0() -> None:
    objects = {each["api_name"]: each for each in unknown().as_json()["objects"]}
    for name in (made.INVOICE, made.ACCOUNT):
        assert [objects[name][key] for key in ("deleted", "failed", "held_back", "ended")] == [
            None, None, None, "unknown"
        ]  # fmt: skip
    assert objects[made.ITEM]["deleted"] == 5_000


def test_what_the_plan_only_told_is_not_quoted_once_it_is_carried_out() -> None:
    before = plan().summary(FilePath("out"))
    after = cleanup()
    assert "NOTE A thing." in before
    assert "NOTE A thing." not in after.summary(FilePath("out"))
    said = Page(render(after.as_json())).said("findings")
    assert said.startswith("Findings None. Found before it began, as it was then")
    assert "A thing." in said


def test_what_warned_and_what_was_found_later_is_told_after_it_too() -> None:
    (note,) = [each for each in made.FINDINGS if each.severity == "tells"]
    lines = [str(each) for each in Findings(made.FINDINGS, (note,), Happened()).lines()]
    assert len(lines) == len(made.FINDINGS)
    assert [line for line in lines if line.startswith("NOTE")] == [
        f"NOTE {note.message} {note.remedy}"
    ]


def test_a_reason_of_many_values_shows_one_of_them_and_that_there_are_others() -> None:
    said = Page(render(partial().as_json())).said("failures")
    assert "Fluffy: no value: Fluffy and the same of other values RESTRICTED 30 a0H1" in said
    assert "in use by 0 and 11 other messages DELETE_FAILED" in said


def test_links_of_an_object_type_to_itself_that_are_not_known_are_null_and_said() -> None:
    facts = replace(made.STEPS[3].facts, links=Unknown("the field is hidden"))
    plan = replace(made.CLEAN_PLAN, steps=(replace(made.STEPS[3], facts=facts),))
    report = cleanup_report(made.header("plan"), plan=plan)
    (accounts,) = report.as_json()["objects"]
    assert accounts["links_removed"] == {"Customer Hierarchies": None}
    summary = " ".join(report.summary(FilePath("out")).split())
    assert "Customer Hierarchies unknown" in summary
    told = Page(render(report.as_json())).said("objects")
    assert "Customer Hierarchies: an unknown number of links" in told


def test_the_headline_says_of_how_many_object_types_nothing_is_known() -> None:
    assert unknown().as_json()["headline"] == (
        "Partial: at least 5,000 records deleted from Acme (00D5g0000000001EAA); of 2 object types "
        "it is not known how many. The bookmarks are reset; run the cleanup again to go on."
    )


def test_where_no_deletion_is_known_the_headline_has_no_0() -> None:
    report = cleanup_report(
        made.header("cleanup", made.LEFT), plan=made.CLEAN_PLAN, outcomes=made.NOT_KNOWN[1:2]
    )
    assert report.as_json()["headline"].startswith(
        "Partial: of 1 object type it is not known how many records were deleted from Acme "
    )


@pytest.mark.parametrize(
    ("failure", "status"),
    [(None, "done"), (Refused("x"), "refused"), (Partial("x"), "partial"),
     (CleanupError("x"), "failed"), (ValueError("x"), "failed")],
)  # fmt: skip
def test_what_a_run_failed_with_is_its_status(failure: Exception | None, status: str) -> None:
    report = made.header("cleanup", failure).as_json()
    assert (report["status"], report["error"]) == (status, "x" if failure else None)


class Undocumented(Headline):
    @override
    def as_json(self) -> dict[str, Any]:
        return {"else": 1}


def test_a_key_that_is_not_documented_is_refused() -> None:
    report = Report(made.header("cleanup"), (Undocumented("x"),))
    with pytest.raises(ValueError, match="not in tuple"):
        report.as_json()


def test_a_report_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        cleanup().header.mode = "plan"  # type: ignore[misc]


def test_a_plan_that_a_schedule_runs_beside_a_tap_warns_that_nothing_is_loaded() -> None:
    def said(**more: Any) -> str:
        report = cleanup_report(made.header("plan"), plan=made.CLEAN_PLAN, **READ, **more)
        return " ".join(report.summary(FilePath("/out")).split())

    assert "WARN A schedule has run mode plan: the tap sent 3 records" in said(is_scheduled=True)
    assert "NOTE The tap sent 3 records; only mode sync loads any." in said()
