"""The summary is short, keeps its columns in any log, and hides nothing that went wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.deletion.outcome import Outcome
from target_zuora360_cleanup.plan.plan import Plan
from target_zuora360_cleanup.report.cleanup import cleanup_report
from tests.support import made_reports as made

STEPS = tuple(made.step(kind.api_name, number) for number, kind in enumerate(OBJECTS, 1))
PLAN = Plan(made.ORG, STEPS, made.FINDINGS)
LISTED = 8


def lines(mode: str, outcomes: tuple[Outcome, ...] = ()) -> list[str]:
    report = cleanup_report(made.header(mode), plan=PLAN, outcomes=outcomes)
    return report.summary(Path("/out")).splitlines()


def test_a_plan_of_every_object_type_has_at_most_thirty_lines() -> None:
    assert len(STEPS) > 30
    assert len(lines("plan")) <= 30


def test_those_with_most_rows_are_listed_and_the_others_are_summed() -> None:
    said = lines("plan")
    for each in STEPS[-LISTED:]:
        assert any(each.name in line for line in said)
    (others,) = [line for line in said if "other object types" in line]
    rest = STEPS[:-LISTED]
    assert f"{len(rest)} other object types" in others
    assert f"{sum(each.to_delete for each in rest):,}" in others


def test_an_object_type_of_which_something_is_left_is_listed_however_small() -> None:
    outcomes = tuple(
        Outcome(each.name, each.to_delete, each.to_delete - (at == 0), 0, int(at == 0))
        for at, each in enumerate(STEPS)
    )
    assert any(STEPS[0].name in line for line in lines("cleanup", outcomes))


def test_an_object_type_of_which_nothing_is_known_is_listed() -> None:
    outcomes = (
        Outcome.unknown(STEPS[0], "stopped"),
        *(Outcome(each.name, each.to_delete, each.to_delete, 0, 0) for each in STEPS[1:]),
    )
    assert any(STEPS[0].name in line for line in lines("cleanup", outcomes))


def test_no_line_begins_with_a_blank_which_meltano_would_strip() -> None:
    assert not [line for line in lines("plan") if line.startswith(" ")]


def test_what_stops_a_cleanup_comes_before_the_table_and_before_warnings_and_notes() -> None:
    said = "\n".join(lines("plan"))
    places = [said.index(mark) for mark in ("STOP", "WARN", "NOTE", "Object type ")]
    assert places == sorted(places)


def test_brackets_in_a_label_are_no_markup() -> None:
    facts = STEPS[-1].facts
    kind = replace(facts.kind, label="[Legacy] Account [/b]")
    plan = Plan(made.ORG, (replace(STEPS[-1], facts=replace(facts, kind=kind)),), ())
    report = cleanup_report(made.header("plan"), plan=plan)
    assert "[Legacy] Account [/b]" in report.summary(Path("/out"))


def test_the_last_line_is_the_page_with_its_path_in_one_piece_however_long() -> None:
    folder = Path("/srv/pipelines of finance", *["long-name"] * 20)
    report = cleanup_report(made.header("plan"), plan=PLAN)
    *_, last = report.summary(folder).splitlines()
    assert last == f"Report: {folder}/report.html; as data: report.json"


def test_no_number_and_no_name_is_cut_however_many_columns_there_are() -> None:
    steps = tuple(
        made.step(kind.api_name, 1_234_567 + number) for number, kind in enumerate(OBJECTS, 1)
    )
    outcomes = tuple(
        Outcome.not_begun(each)
        if at % 2
        else Outcome(each.name, each.found, 1_000_000, 0, 234_567 + at, "partial", "", 234_000)
        for at, each in enumerate(steps, 1)
    )
    report = cleanup_report(
        made.header("cleanup", made.LEFT), plan=Plan(made.ORG, steps, ()), outcomes=outcomes
    )
    said = report.summary(Path("/out"))
    assert "…" not in said
    for each in steps:
        (line,) = [line for line in said.splitlines() if f" {each.name} " in line]
        assert f"{each.found:,}" in line
        assert each.kind.label in line
