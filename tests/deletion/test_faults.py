"""Cleanups in an org that misbehaves: what is left is told truly, and nothing is lost silently."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.output.folder import Backup, FailureFile, OutputFolder
from target_zuora360_cleanup.state.holders import Resets
from tests.support.emulated import Emulated
from tests.support.few_as_many import by
from tests.support.runs import ALLOWED, BOOKMARKS, Ran, begin, follow, login, run, zuora_rows
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
"""Everything goes here, so that what is left is what failed."""

CHARGES = "Zuora__SubscriptionProductCharge__c"
ITEMS = "Zuora__InvoiceItem__c"
ONLY_ITEMS = ["Zuora__TaxationItem__c", ITEMS]
"""Items, and what would go with them."""
VETO = (
    "Acme.Guard: execution of BeforeDelete\n\n"
    'caused by: System.DmlException: „nein“, bitte "nicht"\n\nClass.Acme.Guard: line 7'
)


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    """Some rows of few types; of most types, enough for a job."""
    with Emulated(OrgOptions(records=4000, sandbox=True)) as made:
        thin_out(made.org)
        yield made


@pytest.fixture
def paged() -> Iterator[EmulatorServer]:
    """Enough invoice items that they come page by page."""
    with Emulated(OrgOptions(records=12_000, sandbox=True)) as made:
        yield made


def cleanup(server: EmulatorServer, output: Path, **more: Any) -> Ran:
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False, **more}
    return run(config, output)


def failures(ran: Ran) -> list[dict[str, str]]:
    with (ran.folder / "failures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ids(server: EmulatorServer, name: str) -> set[str]:
    result = server.org.query(f"SELECT Id FROM {name}")
    return {row[0] for row in result.rows(0, result.total)}


def assert_partial(ran: Ran, server: EmulatorServer) -> None:
    """Some rows are left, the state is reset, and the report's numbers are the org's."""
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert_reset(ran)
    assert_true_numbers(ran, server)


def assert_reset(ran: Ran) -> None:
    reset = {"bookmarks": {"Amendment": BOOKMARKS["Amendment"]}}
    assert ran.states == [reset, reset]


def assert_true_numbers(ran: Ran, server: EmulatorServer) -> None:
    left = zuora_rows(server.org)
    for each in ran.report["objects"]:
        name = each["api_name"]
        assert each["failed"] == left.get(name, 0), name
        assert each["deleted"] == each["found"] - each["failed"], name


def veto(name: str, code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"rows": [{"object": name, "operation": "delete", "code": code, "message": message,
                      **more}]}  # fmt: skip


@pytest.mark.parametrize("job_size", [800, 100_000])
def test_rows_that_a_trigger_protects_are_told_in_salesforces_words(
    paged: EmulatorServer, tmp_path: Path, job_size: int
) -> None:
    protected = sorted(ids(paged, ITEMS))[::50]
    paged.set_faults(veto(ITEMS, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", VETO, ids=protected))
    ran = cleanup(paged, tmp_path, job_size=job_size, object_groups=["accounts"],
                  include_objects=ONLY_ITEMS)  # fmt: skip
    assert ran.status == 4
    rows = failures(ran)
    assert sorted(row["id"] for row in rows) == protected
    assert {(row["object"], row["code"], row["message"]) for row in rows} == {
        (ITEMS, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", VETO)
    }
    (group,) = ran.report["failures"]
    assert (group["object"], group["count"]) == (ITEMS, len(protected))
    assert group["message"] == VETO
    assert 0 < len(group["samples"]) <= 5
    assert set(group["samples"]) <= set(protected)
    assert ran.object(ITEMS)["failed"] == len(protected)
    assert ids(paged, ITEMS) == set(protected)


def test_locks_that_name_other_records_are_one_reason(
    server: EmulatorServer, tmp_path: Path
) -> None:
    locked = sorted(ids(server, ITEMS))[:30]
    rules = [
        {"object": ITEMS, "ids": [each], "code": "UNABLE_TO_LOCK_ROW",
         "message": f"unable to obtain exclusive access to this record or 1 records: {each}"}
        for each in locked
    ]  # fmt: skip
    server.set_faults({"rows": rules})
    ran = cleanup(server, tmp_path, include_objects=ONLY_ITEMS)
    assert ran.status == 4
    (group,) = [each for each in ran.report["failures"] if each["object"] == ITEMS]
    assert (group["count"], len(group["samples"])) == (30, 5)
    assert group["message"].endswith(" records: …")
    assert {row["message"] for row in failures(ran) if row["object"] == ITEMS} == {
        rule["message"] for rule in rules
    }


def test_rows_that_stay_locked_do_not_go_with_their_parents(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults(veto(ITEMS, "UNABLE_TO_LOCK_ROW", "locked", every=40))
    ran = cleanup(server, tmp_path)
    assert_partial(ran, server)
    locked = ran.object(ITEMS)
    assert locked["failed"] == len(ids(server, ITEMS)) > 0
    assert locked["held_back"] == 0
    assert {row["object"] for row in failures(ran) if row["message"] == "locked"} == {ITEMS}


def test_few_rows_that_fail_are_told_too(server: EmulatorServer, tmp_path: Path) -> None:
    name = "Zuora__CustomerAccount__c"
    (first, *_) = sorted(ids(server, name))
    server.set_faults(veto(name, "DELETE_FAILED", VETO, ids=[first]))
    ran = cleanup(server, tmp_path)
    assert_partial(ran, server)
    assert [(row["id"], row["message"]) for row in failures(ran)] == [(first, VETO)]


def test_failures_can_be_allowed(server: EmulatorServer, tmp_path: Path) -> None:
    server.set_faults(veto(ITEMS, "UNABLE_TO_LOCK_ROW", "locked", every=40))
    ran = cleanup(server, tmp_path, allow_failures=True, include_objects=ONLY_ITEMS)
    assert (ran.status, ran.report["status"]) == (0, "done")
    assert ran.object(ITEMS)["failed"] == len(ids(server, ITEMS)) > 0


def test_running_again_finishes_what_failed(server: EmulatorServer, tmp_path: Path) -> None:
    server.set_faults(veto(ITEMS, "UNABLE_TO_LOCK_ROW", "locked", every=40))
    first = cleanup(server, tmp_path / "first", include_objects=ONLY_ITEMS)
    assert first.status == 4
    assert first.object(ITEMS)["failed"] == len(ids(server, ITEMS))
    server.set_faults({})
    again = cleanup(server, tmp_path / "second")
    assert again.status == 0
    assert zuora_rows(server.org) == {}


@pytest.mark.parametrize("job_size", [800, 100_000])
def test_rows_that_are_gone_already_count_as_done(
    paged: EmulatorServer, tmp_path: Path, job_size: int
) -> None:
    # Salesforce says so of rows that were deleted between the query and the job.
    paged.set_faults(veto(ITEMS, "ENTITY_IS_DELETED", "entity is deleted", every=3, times=1))
    ran = cleanup(paged, tmp_path, include_objects=ONLY_ITEMS, job_size=job_size)
    assert ran.report["failures"] == []
    assert not (ran.folder / "failures.csv").exists()
    assert ran.object(ITEMS)["failed"] == len(ids(paged, ITEMS))


def test_rows_deleted_by_others_after_the_count_are_no_failures(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = sorted(ids(server, ITEMS))[:60]
    real = Resets.write  # the moment between counting and deleting

    def others_delete(self: Resets, objects: frozenset[str]) -> None:
        server.org.dml("delete", ITEMS, [{"Id": each} for each in gone])
        real(self, objects)

    monkeypatch.setattr(Resets, "write", others_delete)
    ran = cleanup(server, tmp_path)
    assert (ran.status, ran.report["failures"]) == (0, [])
    assert zuora_rows(server.org) == {}
    assert_true_numbers(ran, server)


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_breaks_off_leaves_the_rest_for_the_next_run(
    server: EmulatorServer, tmp_path: Path, state: str
) -> None:
    words = "TooManyLockFailure: too many lock failures"
    server.set_faults({"jobs": [
        {"object": CHARGES, "operation": "delete", "state": state, "error_message": words}
    ]})  # fmt: skip
    ran = cleanup(server, tmp_path / "first", object_groups=["accounts"])
    assert ran.status == 4
    charges = ran.object(CHARGES)
    assert charges["ended"] == "partial"
    assert state in charges["error"]
    assert ran.object("Zuora__Subscription__c")["ended"] == "not begun"
    assert len(ids(server, CHARGES)) == charges["failed"] > 0
    server.set_faults({})
    assert cleanup(server, tmp_path / "second", object_groups=["accounts"]).status == 0


@pytest.mark.parametrize(
    ("status", "records", "means", "job_size"),
    [(400, 300, "jobs", 20), (403, 300, "jobs", 20), (500, 300, "jobs", 20),
     (403, 4000, "as ever", 1000)],
)  # fmt: skip
def test_a_job_that_can_not_be_created_leaves_its_rows_and_says_why(
    tmp_path: Path, status: int, records: int, means: str, job_size: int
) -> None:
    with Emulated(OrgOptions(records=records, sandbox=True)) as server, by(means):
        thin_out(server.org)
        server.set_faults({"requests": [{
            "method": "POST", "path": "*/jobs/ingest*", "status": status,
            "code": "REQUEST_LIMIT_EXCEEDED", "message": "no more today"}]})  # fmt: skip
        ran = cleanup(server, tmp_path, job_size=job_size)
        assert_partial(ran, server)
    assert "no more today" in ran.object(ITEMS)["error"]
    assert "no more today" in ran.summary


def listed_jobs(server: EmulatorServer) -> list[dict[str, Any]]:
    """The ingest jobs that the org holds."""
    headers = {"Authorization": f"Bearer {server.service.sessions.issue()}"}
    url = f"{server.url}/services/data/v64.0/jobs/ingest"
    answer = requests.get(url, headers=headers, timeout=10).json()
    return list(answer["records"])


def job_states(server: EmulatorServer) -> Counter[str]:
    """How many jobs are in which state."""
    return Counter(each["state"] for each in listed_jobs(server))


def failed_rows(server: EmulatorServer) -> int:
    """Rows that failed, over all jobs."""
    return sum(job.failed for job in server.service.jobs.page(query=False, offset=0)[0])


def test_busy_answers_to_polls_stop_nothing(server: EmulatorServer, tmp_path: Path) -> None:
    server.set_faults({"requests": [
        {"method": "GET", "path": "*/jobs/*", "status": 503, "every": 4}
    ]})  # fmt: skip
    ran = cleanup(server, tmp_path, object_groups=["accounts"])
    assert ran.status == 0
    server.set_faults({})
    assert set(job_states(server)) == {"JobComplete"}


def test_polls_that_stay_unanswered_abort_no_job(server: EmulatorServer, tmp_path: Path) -> None:
    server.set_faults({"requests": [
        {"method": "GET", "path": "*/jobs/ingest/*", "status": 503}
    ]})  # fmt: skip
    ran = cleanup(server, tmp_path)
    assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert_reset(ran)
    server.set_faults({})
    assert "Aborted" not in job_states(server)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "*/jobs/ingest*"),
        ("DELETE", "*/composite/sobjects*"),
        ("GET", "*/jobs/query/*/results*"),
    ],
)
def test_a_cut_connection_loses_nothing_and_doubles_no_job(
    tmp_path: Path, when: str, method: str, path: str
) -> None:
    with Emulated(OrgOptions(records=8000, sandbox=True)) as server:
        rule = {"method": method, "path": path, "cut": when, "times": 1}
        server.set_faults({"requests": [rule]})
        # (few rows of the one and many of the other, so that every kind of request is sent)
        few_and_many = ["Zuora__TaxationItem__c", ITEMS]
        ran = cleanup(server, tmp_path, include_objects=few_and_many)
        assert (ran.status, ran.states[1:]) == (0, ran.states[:1])
        assert not zuora_rows(server.org).keys() & few_and_many
        server.set_faults({})
        # (a job of rows that are gone already would have failed rows)
        assert set(job_states(server)) == {"JobComplete"}
        assert failed_rows(server) == 0


@pytest.fixture
def large() -> Iterator[EmulatorServer]:
    """Enough invoice items that they are not deleted in one request a job."""
    with Emulated(OrgOptions(records=40_000, sandbox=True)) as made:
        yield made


def backed_up(ran: Ran, name: str) -> set[str]:
    return read_ids(ran.folder / "backup" / f"{name}.csv.gz")


def read_ids(file: Path) -> set[str]:
    """The ids in a backup, also in one that is still being written."""
    text = zlib.decompressobj(31).decompress(file.read_bytes()).decode()
    return {row["Id"] for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize("path", ["*/batches", "*/jobs/ingest/750*"])
def test_a_job_that_could_not_be_filled_or_closed_is_not_left_open(
    large: EmulatorServer, tmp_path: Path, path: str
) -> None:
    method = "PUT" if path.endswith("batches") else "PATCH"
    fault = {"method": method, "path": path, "status": 500, "times": 1}
    before = ids(large, ITEMS)
    large.set_faults({"requests": [fault]})
    ran = cleanup(large, tmp_path, include_objects=ONLY_ITEMS, max_parallel_jobs=1)
    assert ran.status == 0
    assert job_states(large)["Open"] == 0
    assert job_states(large)["Aborted"] == 1
    assert ids(large, ITEMS) == set()
    assert backed_up(ran, ITEMS) == before


def test_a_lost_answer_to_closing_a_job_loses_nothing(
    large: EmulatorServer, tmp_path: Path
) -> None:
    fault = {"method": "PATCH", "path": "*/jobs/ingest/*", "cut": "after", "times": 1}
    large.set_faults({"requests": [fault]})
    ran = cleanup(large, tmp_path, include_objects=ONLY_ITEMS)
    assert ran.status == 0
    assert ids(large, ITEMS) == set()


def test_ids_are_on_the_disk_before_their_job_begins(large: EmulatorServer, tmp_path: Path) -> None:
    before = ids(large, ITEMS)
    seen: list[set[str]] = []
    real = large.org.dml

    def looking(*args: Any, **kwargs: Any) -> Any:
        if args[1] == ITEMS:
            (file,) = tmp_path.glob(f"*/backup/{ITEMS}.csv.gz")
            seen.append(read_ids(file))
        return real(*args, **kwargs)

    large.org.dml = looking  # type: ignore[method-assign]
    large.set_faults({})
    ran = cleanup(large, tmp_path, include_objects=ONLY_ITEMS, job_size=6000, max_parallel_jobs=1)
    assert ran.status == 0
    assert len(seen) == 2
    gone = 0
    for each in seen:
        gone = min(gone + 6000, len(before))
        assert len(each & before) >= gone
    assert backed_up(ran, ITEMS) == before
    with gzip.open(ran.folder / "backup" / f"{ITEMS}.csv.gz") as file:
        assert len(file.readlines()) == len(before) + 1


@pytest.mark.parametrize("backup", ["ids", "full"])
def test_without_a_writable_backup_nothing_is_deleted(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backup: str
) -> None:
    real = OutputFolder.make

    def in_the_way(*args: Any) -> OutputFolder:
        folder = real(*args)
        (folder.path / "backup").write_text("a file where the folder should be")
        return folder

    monkeypatch.setattr(OutputFolder, "make", in_the_way)
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path, backup=backup)
    assert (ran.status, ran.states, zuora_rows(server.org)) == (3, [], before)
    assert ran.message == "The backup can't be written: File exists."


def test_a_disk_that_can_not_hold_the_backups_is_told_before_the_deletion(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = zuora_rows(server.org)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    ran = cleanup(server, tmp_path)
    assert (ran.status, ran.states, zuora_rows(server.org)) == (3, [], before)
    assert "No space left on device (0 MiB needed, 0 free)" in ran.message
    assert cleanup(server, tmp_path, backup="none").status == 0


def test_a_report_that_can_not_be_written_is_told_and_fails_the_run(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OutputFolder.write_json

    def full(self: OutputFolder, name: str, document: dict[str, Any]) -> Path:
        if name == "report.json":
            raise OSError(28, "No space left on device")
        return real(self, name, document)

    monkeypatch.setattr(OutputFolder, "write_json", full)
    states, err = io.StringIO(), io.StringIO()
    given = {**login(server), **ALLOWED, "mode": "cleanup", "keep_quoted_products": False}
    result = follow(begin(given, tmp_path), None, states, err)
    assert "report can't be written: No space left" in str(result.error)
    assert (result.exit_status, zuora_rows(server.org)) == (1, {})
    assert ITEMS in err.getvalue()
    assert len(states.getvalue().splitlines()) == 2


def test_a_failure_file_that_can_not_be_written_leaves_the_object_partial(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FailureFile.add

    def full(self: FailureFile, *args: Any) -> None:
        if tmp_path in self._path.parents:
            raise OSError(28, "No space left on device")
        real(self, *args)

    monkeypatch.setattr(FailureFile, "add", full)
    server.set_faults({"rows": [{"object": ITEMS, "share": 0.1, "code": "DELETE_FAILED"}]})
    ran = cleanup(server, tmp_path)
    assert ran.status == 4
    assert "No space left" in ran.object(ITEMS)["error"]
    assert ran.object(ITEMS)["ended"] == "partial"


def test_a_backup_that_fails_half_way_stops_that_object(
    paged: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ids(paged, ITEMS)
    real, flushed = Backup.flush, Counter[str]()

    def full_disk(self: Backup) -> None:
        path = str(self._path)
        flushed[path] += 1
        if ITEMS in path and flushed[path] == 2:
            raise OSError(28, "No space left on device")
        real(self)

    monkeypatch.setattr(Backup, "flush", full_disk)
    size = 800
    ran = cleanup(paged, tmp_path, job_size=size, include_objects=ONLY_ITEMS)
    assert ran.status == 4
    assert len(ids(paged, ITEMS)) == len(before) - size
    assert "No space left" in ran.object(ITEMS)["error"]


def test_an_output_folder_that_can_not_be_made_ends_the_run_first(
    server: EmulatorServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    calls = server.stats()["api_calls"]
    for place in ("file", "file/below"):
        with pytest.raises(InputError, match="output_dir") as caught:
            begin({"mode": "cleanup", **login(server)}, tmp_path / place)
        assert caught.value.exit_status == 2
    assert server.stats()["api_calls"] == calls


class Closed(io.StringIO):
    """A stdout that nobody reads any more."""

    @override
    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_nothing_is_deleted_when_the_reset_can_not_be_written(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before, rows = server.stats()["api_calls"], server.org.counts()
    result = follow(
        begin({"mode": "cleanup", **login(server), **ALLOWED}, tmp_path), None, Closed()
    )
    assert "stdout" in str(result.error)
    assert result.exit_status != 0
    assert server.org.counts() == rows
    after = server.stats()["api_calls"]
    assert not [kind for kind in after if "delete" in kind and after[kind] != before.get(kind)]
    assert job_states(server) == {}
    (report,) = tmp_path.glob("*/report.json")
    assert json.loads(report.read_text(encoding="utf-8"))["state"]["written"] is None
