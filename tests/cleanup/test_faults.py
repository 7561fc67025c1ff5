"""Whole cleanups of an org that answers as Salesforce does on a bad day."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.few_as_many import by
from tests.support.runs import Ran, login, run, zuora_rows
from tests.support.whole_org import backed_up, everything, thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.whole_org import Rows

STRICT: Final = ServerOptions(
    credentials=Credentials(client_id="a", client_secret="b", refresh_token="c")
)
ITEMS: Final = "Zuora__InvoiceItem__c"
LOCKED: Final = {"share": 0.5, "times": 1, "code": "UNABLE_TO_LOCK_ROW", "message": "locked"}


@pytest.fixture
def server() -> Iterator[Emulated]:
    """Few rows of few types."""
    with Emulated(OrgOptions(records=100, sandbox=True), STRICT) as made:
        thin_out(made.org)
        yield made


def cleanup(server: Emulated, output: Path, **more: Any) -> Ran:
    config = {"mode": "cleanup", "object_groups": ["accounts"], **login(server)}
    return run({**config, **more}, output)


def assert_all_gone(server: Emulated, ran: Ran, before: Rows) -> None:
    assert (ran.status, zuora_rows(server.org)) == (0, {}), ran.message
    after = everything(server.org)
    gone = {row for row in before if row not in after}
    files = {name: backed_up(ran, name) for name, _ in gone}
    assert [row for row in gone if row[1] not in files[row[0]]] == []
    told = {each["api_name"]: each["deleted"] for each in ran.report["objects"] if each["deleted"]}
    assert told == Counter(name for name, _ in gone)


ONCE: Final = {"operation": "delete", "times": 2}
LEFT: Final = {"missing_are_done": False}
BAD_DAYS: Final[dict[str, dict[str, Any]]] = {
    "rows done that are in no result": {"jobs": [{**ONCE, "missing": 2}]},
    "rows left that are in no result": {"jobs": [{**ONCE, **LEFT, "missing": 2}]},
    "all rows left, in no result": {"jobs": [{**ONCE, **LEFT, "missing": 1}]},
    "numbers that are late": {"jobs": [{**ONCE, "counters": {"processed": 1, "failed": 0}}],
                              "rows": [LOCKED]},
    "numbers that are never true": {"jobs": [{"operation": "delete", "counters": {"failed": 0}}],
                                    "rows": [LOCKED]},
    "failures that are none": {"jobs": [{"operation": "delete", "counters": {"failed": 9}}]},
    "a query job's number that is late": {"jobs": [{"operation": "query", "counters":
                                          {"processed": 0, "looks": 1}}]},
    "batches tried again": {"jobs": [{"retries": 3}]},
    "jobs that lock each other's rows": {"locks": {"seconds": 0.1}},
    "slow parts of composites": {"composite": {"most_parts": 1}},
    "composites that are too slow": {"composite": {"most_parts": 4, "status": 400}},
    "too many requests at once": {"requests": [{"every": 4, "limit": "ConcurrentRequests"}]},
    "the user's id is not told": {"requests": [{"path": "*/userinfo", "status": 403}]},
    "maintenance": {"requests": [{"every": 5, "status": 406}]},
    "pages that come short": {"requests": [{"path": "*/jobs/query/*/results", "times": 2,
                                            "spoil": "short"}]},
    "counts that take too long": {"queries": [{"soql": "*count(*", "code": "QUERY_TIMEOUT"}]},
    "counts that are too large": {"queries": [{"soql": "*count(*",
                                               "code": "OPERATION_TOO_LARGE"}]},
    "a mark of the byte order": {"requests": [{"path": "*/results", "spoil": "bom"}]},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "language"), list(zip(BAD_DAYS, cycle([None, "de", "ja"]), strict=False))
)
def test_a_bad_day_costs_no_row_and_no_truth(
    server: Emulated, tmp_path: Path, day: str, language: str | None
) -> None:
    before = everything(server.org)
    server.set_faults({**BAD_DAYS[day], **({"language": language} if language else {})})
    with by("jobs"):
        ran = cleanup(server, tmp_path, job_size=20)
    assert_all_gone(server, ran, before)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["de", "ja"])
def test_what_is_said_of_rows_in_another_language_means_the_same(
    server: Emulated, tmp_path: Path, language: str
) -> None:
    rows = [
        {**LOCKED, "share": 0.2},
        {"object": ITEMS, "every": 2, "times": 1, "code": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
         "message": "acme.T: UNABLE_TO_LOCK_ROW: x"},
        {"object": "Zuora__Payment__c", "code": "DELETE_FAILED", "message": "used"},
    ]  # fmt: skip
    before = zuora_rows(server.org)
    server.set_faults({"language": language, "rows": rows})
    ran = cleanup(server, tmp_path)
    payments = before["Zuora__Payment__c"]
    assert (ran.status, ran.object("Zuora__Payment__c")["failed"]) == (4, payments)
    assert ran.object(ITEMS)["deleted"] == before[ITEMS]
    assert {each["code"] for each in ran.report["failures"]} >= {"DELETE_FAILED"}
    assert_report_agrees(server.org, before, ran.report)


@pytest.mark.slow
@pytest.mark.parametrize("nth", [10, 30, 50])
def test_the_days_last_call_ends_the_run_with_what_it_did(
    server: Emulated, tmp_path: Path, nth: int
) -> None:
    before = zuora_rows(server.org)
    server.set_faults({"requests": [{"nth": nth, "limit": "TotalRequests"}]})
    ran = cleanup(server, tmp_path)
    assert ran.status != 0
    assert "TotalRequests" in ran.message + str(ran.report)
    now = zuora_rows(server.org)
    for each in ran.report["objects"]:
        gone = before.get(each["api_name"], 0) - now.get(each["api_name"], 0)
        assert each["deleted"] == (None if each["ended"] == "unknown" else gone)
    assert ran.states or now == before


@pytest.mark.slow
def test_refresh_tokens_that_are_good_once_last_for_a_run_and_for_the_next(
    server: Emulated, tmp_path: Path
) -> None:
    before = everything(server.org)
    given = {"access_token": None, "instance_url": None, "domain": server.url,
             "client_id": "a", "client_secret": "b"}  # fmt: skip
    server.set_faults({"refresh_tokens": "rotate", "sessions": {"every": 8}})
    ran = cleanup(server, tmp_path, refresh_token="c", **given)
    assert_all_gone(server, ran, before)
    token = (ran.folder / "refresh_token.txt").read_text(encoding="utf-8").strip()
    assert cleanup(server, tmp_path, refresh_token="c", **given).status == 2
    assert cleanup(server, tmp_path, refresh_token=token, **given).status == 0
