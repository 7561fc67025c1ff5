"""The registry of checks: each with its cases, its codes and its words; facts in, findings out."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.checks import CHECKS, CODES, find_all
from target_zuora360_cleanup.plan.checks.coming_back import reset_alone_holds
from target_zuora360_cleanup.plan.finding import Code
from target_zuora360_cleanup.state.codes import CODES as OF_STATE
from tests.plan.cases import (
    CALM,
    CASES,
    INVOICE,
    NEEDS_TWO_RUNS,
    ORGS,
    PRODUCTION,
    around,
    changed,
    held_by,
    linked,
    weighed,
)
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from target_zuora360_cleanup.plan.check import Weighed

NAMES = [code.name for code in CODES]


def codes(given: Weighed) -> list[str]:
    return [each.code for each in find_all(given)]


@pytest.mark.parametrize("name", NAMES)
def test_a_check_has_a_case_with_its_finding_and_one_without(name: str) -> None:
    assert name in CASES, f"{name} has no pair of cases in CASES of tests/plan/cases.py"
    assert name in ORGS or name in NEEDS_TWO_RUNS, f"{name} has no pair in ORGS of cases.py"


def test_there_are_no_cases_of_checks_that_are_gone() -> None:
    assert (set(CASES) | set(ORGS) | NEEDS_TWO_RUNS) - set(NAMES) == set()


PAIRS = [(name, *pair) for name, pairs in CASES.items() for pair in pairs]


@pytest.mark.parametrize(("name", "with_it", "without"), PAIRS, ids=[each[0] for each in PAIRS])
def test_a_finding_appears_exactly_when_it_must(
    name: str, with_it: Weighed, without: Weighed
) -> None:
    assert codes(with_it).count(name) == 1
    assert name not in codes(without)


def test_in_a_calm_org_nothing_is_found() -> None:
    assert find_all(weighed()) == ()


@pytest.mark.parametrize("each", CHECKS, ids=lambda each: each.codes[0].name)
def test_a_check_finds_what_it_has_declared_and_says_what_it_is_about(each: object) -> None:
    (check,) = [one for one in CHECKS if one is each]
    declared = {code.name: code.severities for code in check.codes}
    found = [
        finding
        for name in declared
        for with_it, _ in CASES[name]
        for finding in check.find(with_it)
    ]
    assert {finding.code for finding in found} == set(declared)
    assert all(finding.severity in declared[finding.code] for finding in found)
    assert all(one.message.endswith((".", ".)")) for one in found)
    assert all(one.remedy.endswith(".") for one in found)
    assert check.about.endswith((".", ")"))


def test_every_code_is_declared_once_and_is_in_a_list() -> None:
    names = [code.name for code in (*CODES, *OF_STATE)]
    assert sorted(names) == sorted(set(names))
    assert sorted(names) == sorted(_first_arguments("Code"))


def test_findings_are_made_by_their_code_alone() -> None:
    assert _first_arguments("Finding") == ["self.name"]


def test_a_finding_has_only_a_severity_that_its_code_declares() -> None:
    code = Code("a", "blocks", "b", "c", setting="s", otherwise=("warns",))
    assert code.found("m", "r").severity == "blocks"
    assert code.found("m", "r", severity="warns").severity == "warns"
    with pytest.raises(ValueError, match="a is not declared as one that tells"):
        code.found("m", "r", severity="tells")


def _first_arguments(name: str) -> list[str]:
    """What calls of this name anywhere in the package begin with, constants as they are."""
    calls = [
        node
        for path in (ROOT / "target_zuora360_cleanup").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    ]
    return [
        str(call.args[0].value) if isinstance(call.args[0], ast.Constant)
        else ast.unparse(call.args[0])
        for call in calls
    ]  # fmt: skip


def test_kept_rows_do_not_count_against_max_records() -> None:
    kept = replace(CALM, kept={INVOICE: frozenset({"a", "b"})})
    assert "too-many-records" not in codes(weighed(kept, max_records=5))
    assert "too-many-records" in codes(weighed(kept, max_records=4))


def test_findings_that_block_come_first_in_the_order_of_the_checks() -> None:
    facts = replace(linked("cascade"), org=PRODUCTION.org)
    late = Pipeline(start_date="2020-05-02")
    assert codes(weighed(facts, late, max_records=1)) == [
        "production-not-confirmed", "too-many-records", "customer-rows-taken-along",
        "start-date-too-late",
    ]  # fmt: skip


def test_the_first_rows_that_hold_a_record_are_named_where_they_are_known() -> None:
    (known,) = find_all(weighed(held_by("a01", "a02")))
    assert "held so. The first: a01, a02." in known.message
    facts = linked("restrict")
    unknown = replace(facts, holders=dict.fromkeys(facts.linked_rows, Unknown("refused")))
    for given in (facts, unknown, held_by()):
        (found,) = find_all(weighed(given))
        assert found.message.endswith("a record that is held so.")


def test_what_can_not_be_read_counts_as_no_row_and_blocks() -> None:
    facts = linked("cascade", objects=changed(found=Unknown("no access")).objects)
    facts = replace(facts, linked_rows=dict.fromkeys(facts.linked_rows, Unknown("no access")))
    found = find_all(weighed(facts))
    assert [each.code for each in found] == ["may-not-read", "nothing-to-delete"]
    assert found[0].objects == ((INVOICE, 0),)


def test_what_salesforce_refuses_is_told_with_its_reason_once() -> None:
    refused = Unknown("CODE: words", is_refused=True)
    facts = around(
        quotes_version=refused,
        config_version=refused,
        scheduled_syncs=refused,
        triggers=refused,
        record_counts=refused,
        may_hard_delete=refused,
        may_modify_all=refused,
    )
    (found,) = find_all(weighed(facts))
    listed = ("triggers", "rights", "Zuora Config", "scheduled syncs", "record counts")
    reasons = "; ".join(f"{name} (CODE: words)" for name in listed)
    assert found.message == f"Some things could not be checked: {reasons}."


def test_an_object_that_salesforce_has_not_counted_hides_nothing() -> None:
    facts = around(may_modify_all=Known(value=False), record_counts=Known({"Other__c": 99}))
    assert codes(weighed(facts)) == []


def test_a_reset_alone_is_refused_in_other_words_for_the_same_reason() -> None:
    (found,) = reset_alone_holds(Pipeline(undone_by="--merge-state"))
    assert f"{found.message} {found.remedy}" == (
        "With --merge-state Meltano would not store the bookmark reset. Run again without "
        "--merge-state."
    )
    assert list(reset_alone_holds(Pipeline())) == []
