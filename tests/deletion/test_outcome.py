"""What a cleanup says of steps that broke off: numbers counted in the org, or that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.outcome import Outcome, total
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.runs import Ran, login, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ITEMS, TAXES = "Zuora__InvoiceItem__c", "Zuora__TaxationItem__c"
BROKEN = {"object": ITEMS, "operation": "delete", "state": "Failed", "times": 1}
NUMBERS = ("found", "deleted", "kept", "failed", "ended")


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    """One whose invoice items come page by page, so that they take several jobs."""
    with Emulated(OrgOptions(records=12_000, quotes=False, sandbox=True)) as made:
        yield made


def refused(*queries: str) -> dict[str, Any]:
    """One of the jobs breaks off, and counts of what it left are refused."""
    rules = [{"soql": each, "code": "QUERY_TOO_COMPLICATED"} for each in queries]
    return {"jobs": [BROKEN], "queries": rules}


def cleanup(server: EmulatorServer, output: Path) -> Ran:
    given = {"mode": "cleanup", "include_objects": [TAXES, ITEMS], "job_size": 800}
    return run({**given, **login(server)}, output)


def numbers(ran: Ran) -> dict[str, Any]:
    return {name: ran.object(ITEMS)[name] for name in NUMBERS}


def count(server: EmulatorServer) -> int:
    return server.org.query(f"SELECT COUNT() FROM {ITEMS}").total


def test_what_can_not_be_counted_is_unknown_and_never_nothing(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = count(server)
    server.set_faults(refused(f"SELECT COUNT() FROM {ITEMS}*", f"SELECT COUNT(Id) n FROM {ITEMS}*"))
    ran = cleanup(server, tmp_path)
    assert 0 < count(server) < before, "some rows went, which nobody can count"
    assert numbers(ran) == {
        "found": before,
        "deleted": None,
        "kept": 0,
        "failed": None,
        "ended": "unknown",
    }
    assert ran.object(ITEMS)["error"].endswith("; what is left could not be counted")
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert "unknown" in ran.summary
    assert "unknown" in (ran.folder / "report.html").read_text(encoding="utf-8")


def test_what_is_counted_at_the_end_of_the_run_is_known(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = count(server)
    server.set_faults(refused(f"SELECT COUNT() FROM {ITEMS}*"))
    ran = cleanup(server, tmp_path)
    left = count(server)
    assert 0 < left < before
    assert numbers(ran) == {
        "found": before,
        "deleted": before - left,
        "kept": 0,
        "failed": left,
        "ended": "partial",
    }


@pytest.mark.parametrize(
    ("given", "comes_to"), [((), 0), ((1, 2), 3), ((1, None), None), ((None,), None)]
)
def test_a_sum_with_an_unknown_number_is_unknown(
    given: tuple[int | None, ...], comes_to: int | None
) -> None:
    assert total(given) == comes_to


def outcome(found: int, deleted: int | None, failed: int | None, **more: Any) -> Outcome:
    return Outcome(ITEMS, found, deleted, 0, failed, **more)


BROKEN_OFF = outcome(4, None, None, ended="unknown", error="no answer", held_back=None)


def test_a_further_turn_counts_with_the_turns_before() -> None:
    assert outcome(3, 2, 1).after(outcome(10, 9, 1)) == outcome(12, 11, 1)


def test_a_further_turn_that_broke_off_forgets_nothing_of_the_turns_before() -> None:
    told = BROKEN_OFF.after(outcome(10, 9, 1))
    assert (told.found, told.deleted) == (13, None)
    assert told.recounted(2).deleted == 11


def test_after_a_turn_that_broke_off_only_a_count_of_all_tells_what_went() -> None:
    told = outcome(3, 3, 0).after(replace(BROKEN_OFF, found=10))
    assert (told.found, told.deleted, told.ended, told.error) == (10, None, "unknown", "no answer")
    now = told.recounted(0)
    assert (now.deleted, now.failed, now.ended, now.error) == (10, 0, "partial", "no answer")
