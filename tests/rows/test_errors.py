"""What Salesforce's row errors mean: one table, with the source of each rule."""

from __future__ import annotations

import sys
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from target_zuora360_cleanup.output.folder import FailureFile
from target_zuora360_cleanup.relink.plan import Restoration
from target_zuora360_cleanup.relink.snapshot import Link, blanked
from target_zuora360_cleanup.relink.store import LinkStore
from target_zuora360_cleanup.rows.errors import (
    RULES,
    RowError,
    Verdict,
    failed_rows,
    refused_rows,
    split_error,
)
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.rows.rounds import RoundFailures
from target_zuora360_cleanup.salesforce.bulk import Bulk
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERDICTS = {
    "ENTITY_IS_DELETED": Verdict.GONE,
    "INVALID_CROSS_REFERENCE_KEY": Verdict.LOOK,
    "UNABLE_TO_LOCK_ROW": Verdict.TRY_AGAIN,
    "DELETE_OPERATION_TOO_LARGE": Verdict.TRY_AGAIN,
    "REQUEST_RUNNING_TOO_LONG": Verdict.TRY_AGAIN,
    "SERVER_UNAVAILABLE": Verdict.TRY_AGAIN,
    "UNKNOWN_EXCEPTION": Verdict.TRY_AGAIN,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Verdict.FINAL,
    "DELETE_FAILED": Verdict.FINAL,
}
"""Written down once more on purpose: a code that changes its meaning changes what is deleted."""
TRIGGERS_LOCK = (
    "Acme.Guard: execution of AfterDelete\n\ncaused by: System.DmlException: Update failed. First "
    "exception on row 0 with id 0015g00000AAAAAAA1; first error: UNABLE_TO_LOCK_ROW, unable to "
    "obtain exclusive access to this record: []\n\nTrigger.Guard: line 7, column 1"
)
FLOWS_LOCK = (
    "We can't save this record because the “Roll up” process failed. Give your Salesforce admin "
    "these details. This error occurred when the flow tried to update records: "
    "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record."
)
OTHERS = ("INSUFFICIENT_ACCESS_OR_READONLY", "DUPLICATE_VALUE", "UNKNOWN", "")


def test_the_table_has_no_other_codes_than_those_tested() -> None:
    assert {code: rule.verdict for code, rule in RULES.items()} == VERDICTS


@pytest.mark.parametrize("code", VERDICTS)
def test_each_code_has_its_verdict_a_reason_and_a_source(code: str) -> None:
    assert RowError("1", code, "").verdict is VERDICTS[code]
    assert "Guide" in RULES[code].source
    assert len(RULES[code].why.split()) > 4


@pytest.mark.parametrize("code", OTHERS)
def test_any_other_code_is_final(code: str) -> None:
    assert RowError("1", code, "").verdict is Verdict.FINAL


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", TRIGGERS_LOCK),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", FLOWS_LOCK),
        ("UNKNOWN", "Unexpected error. UNABLE_TO_LOCK_ROW"),
    ],
)
def test_a_lock_inside_the_words_of_a_trigger_or_a_flow_is_a_lock(code: str, message: str) -> None:
    assert RowError("1", code, message).verdict is Verdict.TRY_AGAIN


def test_a_lock_in_the_words_of_a_row_that_is_gone_does_not_bring_it_back() -> None:
    assert RowError("1", "ENTITY_IS_DELETED", "UNABLE_TO_LOCK_ROW").verdict is Verdict.GONE


@pytest.mark.parametrize("code", [*VERDICTS, *OTHERS])
def test_a_deletion_counts_and_repeats_by_the_verdict(code: str, tmp_path: Path) -> None:
    failures = Failures()
    with RoundFailures.of("A__c", failures, FailureFile(tmp_path / "failures.csv")) as failed:
        failed.add([RowError("1", code, "words")])
    verdict = VERDICTS.get(code, Verdict.FINAL)
    assert failed.count == (verdict is not Verdict.GONE)
    assert failed.worth_another == (verdict in (Verdict.TRY_AGAIN, Verdict.LOOK))
    assert sum(each.count for each in failures.grouped()) == failed.count


@pytest.mark.slow
def test_failed_rows_go_to_the_disk_and_not_into_a_list(tmp_path: Path) -> None:
    words = "n" * 500
    rows, one = 20_000, sys.getsizeof(words)
    many = (RowError(f"{at:018}", "DELETE_FAILED", f"{words}{at}") for at in range(rows))
    tracemalloc.start()
    try:
        with RoundFailures.of("A__c", Failures(), FailureFile(tmp_path / "f.csv")) as failed:
            failed.add(many)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failed.count == rows
    assert most < rows * one / 4


def test_failures_of_a_round_that_another_follows_on_are_told_nowhere(tmp_path: Path) -> None:
    failures, path = Failures(), tmp_path / "failures.csv"
    with RoundFailures.of("A__c", failures, FailureFile(path)) as failed:
        failed.add([RowError("1", "UNABLE_TO_LOCK_ROW", "")])
        failed.forget()
    assert failures.grouped() == ()
    assert not path.exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [*((each, "words") for each in (*VERDICTS, *OTHERS[:-1])), ("CANNOT_EXECUTE", FLOWS_LOCK)],
)
def test_a_relink_ends_and_repeats_by_the_verdict(code: str, words: str, tmp_path: Path) -> None:
    result = {
        # (the look at the records that comes before has found it)
        Verdict.GONE: "blank",
        Verdict.TRY_AGAIN: "blank",
        Verdict.LOOK: "failed",
        Verdict.FINAL: "failed",
    }[RowError("", code, words).verdict]
    with closing(LinkStore(tmp_path / "links.sqlite")) as store:
        restoration = Restoration(
            blanked("A__c", "Parent__c", "P__c"), "Key__c", "Parent__r.Key__c"
        )
        store.add(0, restoration, [Link("record", "key")])
        store.add_parents(0, [0], [("parent", "key")])
        store.saw(0, [("", "", "record")])
        store.compare(0, 0)
        store.begin(0)
        store.note(0, [RowError("record", code, words)])
        store.judge(0, "", final=False)
        assert store.counts(0)[result] == 1


class _Bulk(Bulk):
    """Knows the failed rows of one job."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self._failed = rows

    @override
    def failed_rows(self, job_id: str) -> Iterator[dict[str, str]]:
        return iter(self._failed)


@pytest.mark.parametrize("key", ["Id", "Key__c"])
def test_a_jobs_failed_rows_are_named_by_the_column_that_was_sent(key: str) -> None:
    bulk = _Bulk([{"sf__Id": "", key: "x", "sf__Error": "DELETE_FAILED:in use:--"}])
    assert list(failed_rows(bulk, "750", key)) == [RowError("x", "DELETE_FAILED", "in use")]


def test_answers_of_a_collection_are_of_its_ids_in_order() -> None:
    answers = [None, ApiError(200, "DELETE_FAILED", "in use"), None]
    assert list(refused_rows("abc", answers)) == [RowError("b", "DELETE_FAILED", "in use")]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("ENTITY_IS_DELETED:entity is deleted:--", "ENTITY_IS_DELETED", "entity is deleted"),
        ("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
         "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("UNABLE_TO_LOCK_ROW:a: b\n\nc:--", "UNABLE_TO_LOCK_ROW", "a: b\n\nc"),
        ("DELETE_FAILED:no end", "DELETE_FAILED", "no end"),
        ("DELETE_FAILED::--", "DELETE_FAILED", ""),
        ("Something else: entirely", "UNKNOWN", "Something else: entirely"),
        ("", "UNKNOWN", ""),
    ],
)  # fmt: skip
def test_an_error_is_split_into_code_and_message(text: str, code: str, message: str) -> None:
    assert split_error(text) == (code, message)
