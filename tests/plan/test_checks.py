"""The registry of checks: each with its cases, its codes and its words; facts in, findings out."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.facts.org_facts import Keyless, OrgFacts
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.checks import CHECKS, CODES, find_all
from target_zuora360_cleanup.plan.finding import Code
from target_zuora360_cleanup.reach import Lookup
from target_zuora360_cleanup.report.findings import Findings, Happened
from target_zuora360_cleanup.state.codes import CODES as OF_STATE
from tests.plan.cases import (
    CALM,
    CASES,
    INVOICE,
    LIMITED,
    NEEDS_TWO_RUNS,
    ORGS,
    PLAN,
    PRODUCTION,
    QUOTED,
    REFUSED,
    around,
    changed,
    held_by,
    linked,
    way,
    weighed,
)
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.reach import OnDelete

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
    unknown = replace(facts, holders=dict.fromkeys(facts.reach, Unknown("refused")))
    for given in (facts, unknown, held_by()):
        (found,) = find_all(weighed(given))
        assert found.message.endswith("a record that is held so.")


def test_what_can_not_be_read_is_neither_none_nor_nothing_to_delete() -> None:
    refused = Unknown("no access")
    facts = linked("cascade", rows=refused, objects=changed(found=refused).objects)
    found = find_all(weighed(facts))
    assert [each.code for each in found] == ["may-not-read", "rows-not-counted"]
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
        may_view_all=refused,
        viewed_objects=Unknown("OTHER: words", is_refused=True),
        user=refused,
    )
    limited, others = find_all(weighed(facts))
    assert "(not known: CODE: words; OTHER: words)" in limited.message
    listed = ("triggers", "rights", "user", "Zuora Config", "scheduled syncs", "record counts")
    reasons = "; ".join(f"{name} (CODE: words)" for name in listed)
    assert others.message == f"Some things could not be checked: {reasons}."


def test_an_object_that_salesforce_has_not_counted_hides_nothing() -> None:
    facts = around(LIMITED, record_counts=Known({"Other__c": 99}))
    assert codes(weighed(facts)) == ["cannot-see-everything"]


def test_all_that_may_hide_rows_is_named_at_whatever_depth_but_no_marks_and_no_companions() -> None:
    facts = linked("clear", "A__c", "B__c", facts=LIMITED)
    names = ("Account", "TopicAssignment", "AccountHistory", "A__c")
    into = [*facts.relationships, *(way("cascade", name).links[0] for name in names)]
    lookups = {("C__c", "B__c"): Lookup("B__r", ("B__c",))}
    facts = replace(facts, relationships=tuple(into), lookups=lookups)
    (found,) = [each for each in find_all(weighed(facts)) if each.code == "cannot-see-everything"]
    assert dict(found.objects) == {INVOICE: 7, "A__c": 0, "Account": 0, "B__c": 0, "C__c": 0}
    seen = around(facts, viewed_objects=Known(frozenset({INVOICE, "A__c", "Account", "C__c"})))
    (left,) = [each for each in find_all(weighed(seen)) if each.code == found.code]
    assert dict(left.objects) == {"B__c": 0}


@pytest.mark.parametrize(
    ("child", "on_delete", "settings", "severity"),
    [
        ("Note__c", "clear", {}, "blocks"),
        ("Note__c", "clear", {"lookup_links": "ignore"}, "warns"),
        ("Note__c", "cascade", {"lookup_links": "ignore"}, "blocks"),
        ("Note__c", "restrict", {"lookup_links": "ignore"}, "blocks"),
        ("EntitySubscription", "cascade", {}, "tells"),
        ("zqu__QuoteRatePlan__c", "clear", {"lookup_links": "ignore"}, "blocks"),
        ("zqu__QuoteRatePlan__c", "clear",
         {"lookup_links": "ignore", "keep_quoted_products": False}, "warns"),
    ],
)  # fmt: skip
def test_what_could_not_be_counted_blocks_unless_only_ignored_lookups_or_marks_are_at_stake(
    child: str, on_delete: OnDelete, settings: dict[str, Any], severity: str
) -> None:
    (found,) = find_all(weighed(linked(on_delete, child, rows=REFUSED), **settings))
    assert (found.code, found.severity) == ("rows-not-counted", severity)
    assert f"{child}.Ref__c): {REFUSED.why}." in found.message


def test_without_any_object_type_only_that_is_told() -> None:
    assert codes(weighed(OrgFacts(CALM.org, ()))) == ["no-360-objects"]


def test_each_relationship_that_could_not_be_counted_has_a_finding_of_its_own() -> None:
    reach = {way("clear", name): REFUSED for name in ("A__c", "B__c")}
    found = find_all(weighed(replace(CALM, reach=reach)))
    assert [each.code for each in found] == ["rows-not-counted"] * 2
    assert [each.objects for each in found] == [(("A__c", 0),), (("B__c", 0),)]


def test_a_grandchild_is_named_with_the_whole_way_to_it() -> None:
    (found,) = find_all(weighed(linked("restrict", "A__c", "B__c")))
    assert "3 rows of B__c hold their A__c (B__c.Ref__c below A__c.Ref__c)" in found.message
    assert found.remedy == f"Blank Ref__c on these rows, or leave {INVOICE} alone."


def test_rows_taken_along_count_against_max_records() -> None:
    facts = linked("cascade")
    assert "too-many-records" not in codes(weighed(facts, max_records=10))
    (found, _) = find_all(weighed(facts, max_records=9))
    assert "would delete 10 records (3 of them taken along), more than" in found.message
    assert "too-many-records" not in codes(weighed(linked("clear"), max_records=7))


@pytest.mark.parametrize(
    ("backup", "words"), [("ids", "They are backed up."), ("none", "not backed up: backup is none")]
)
def test_what_goes_along_as_allowed_is_only_called_backed_up_where_it_is(
    backup: str, words: str
) -> None:
    (found,) = find_all(weighed(linked("cascade"), allow_cascade_to=["Note__c"], backup=backup))
    assert words in found.remedy


def test_marks_of_all_kinds_are_told_together() -> None:
    marks = {way("cascade", name): Known(2) for name in ("ProcessInstance", "TopicAssignment")}
    (found,) = find_all(weighed(replace(CALM, reach=marks)))
    assert found.severity == "tells"
    assert dict(found.objects) == {"ProcessInstance.Ref__c": 2, "TopicAssignment.Ref__c": 2}


def test_lookups_of_quotes_to_what_is_kept_for_them_do_not_go_blank() -> None:
    assert codes(weighed(QUOTED)) == ["lookups-go-blank"]
    assert codes(weighed(replace(QUOTED, kept={PLAN: frozenset({"a"})}))) == []


def test_where_records_stay_lookups_that_go_blank_are_at_most_so_many() -> None:
    kept = linked("clear", kept={INVOICE: frozenset({"a"})})
    assert [each.message[:5] for each in find_all(weighed(kept))] == ["Up to"]


def test_data_of_unknown_age_is_told_beside_the_oldest_that_is_known() -> None:
    payment = replace(CALM.objects[0], kind=BY_NAME["Zuora__Payment__c"], oldest=Unknown("x"))
    facts = replace(CALM, objects=(*CALM.objects, payment))
    (found,) = find_all(weighed(facts, Pipeline(start_date="2020-05-02")))
    assert found.message == (
        "The tap's start_date is 2020-05-02, but there is data from 2020-05-01 and how old the "
        "data is could not be read (Zuora__Payment__c): what is older than start_date would not "
        "come back."
    )
    assert "start_date to 2000-01-01 or earlier" in found.remedy


def test_rows_without_a_key_are_told_with_the_first_and_with_what_could_not_be_counted() -> None:
    payment = replace(
        CALM.objects[0], kind=BY_NAME["Zuora__Payment__c"], keyless=Keyless(Unknown("x"))
    )
    facts = replace(changed(keyless=Keyless(Known(2), ("a01", "a02"))))
    (found,) = find_all(weighed(replace(facts, objects=(*facts.objects, payment))))
    assert found.message == (
        "2 records have no external id that this user can read, and no sync brings them back. "
        f"The first: {INVOICE}: a01, a02. How many records have no external id could not be "
        "counted: Zuora__Payment__c (x)."
    )
    assert dict(found.objects) == {INVOICE: 2, "Zuora__Payment__c": 0}


def test_an_allowance_that_salesforce_does_not_name_is_told_by_its_name() -> None:
    (found,) = find_all(weighed(around(allowances=Known({"DataStorageMB": (1, 1)}))))
    assert found.code == "allowances-unknown"
    assert found.message.endswith("Salesforce does not name DailyApiRequests.")


@pytest.mark.parametrize(
    "code", ["own-values", "own-values-not-kept", "files-may-be-hidden", "fields-hidden"]
)
def test_what_went_with_records_is_told_where_some_of_these_were_deleted_and_else_not(
    code: str,
) -> None:
    for given, _ in CASES[code]:
        planned = tuple(each for each in find_all(given) if each.code == code)
        none, some = (Happened(deleted={INVOICE: rows}) for rows in (0, 2))
        assert Findings(planned, happened=none).as_json() == {"findings": []}
        (told,) = Findings(planned, happened=some).as_json()["findings"]
        assert (told["found"], told["objects"]) == ("after", dict(planned[0].objects))
