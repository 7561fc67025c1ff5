"""Real Meltano runs in a temporary project: what becomes of the org and of the stored state."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.meltano_project import (
    BEFORE,
    COMMAND_SECONDS,
    LOADER,
    NOT_CLEANED,
    RESET,
    STATE_ID,
    TAP,
    UTILITY,
    Project,
    name_the_process,
    recording,
)
from tests.support.runs import fingerprints, tap_stream, zuora_rows
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow

REFUSED, PARTIAL = "refused", "partial"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[EmulatorServer]:
    """An org for tests that change nothing in it."""
    with Emulated(OrgOptions(records=1500, sandbox=True)) as made:
        yield made


@contextlib.contextmanager
def unchanged(server: EmulatorServer) -> Iterator[None]:
    """Fails if any row of any object is another afterwards."""

    def rows() -> dict[str, str]:
        return {name: server.org.fingerprint(name) for name in server.org.counts()}

    before = rows()
    yield
    assert rows() == before


def own_rows(org: Org) -> list[tuple[Any, ...]]:
    """Products that are not Zuora's, and their price book entries, row by row."""
    products = org.query(
        "SELECT Id, Name, ProductCode, IsActive, LastModifiedDate FROM Product2 "
        "WHERE zqu__ZuoraId__c = null ORDER BY Id"
    )
    prices = org.query(
        "SELECT Id, Product2Id, UnitPrice FROM PricebookEntry "
        "WHERE Product2.zqu__ZuoraId__c = null ORDER BY Id"
    )
    return [*products.rows(0, products.total), *prices.rows(0, prices.total)]


def test_a_plan_leaves_org_and_state_as_they_were(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer
) -> None:
    made = project(sandbox)
    with unchanged(sandbox):
        done = made.run()
    assert done.returncode == 0, done.stderr
    assert (made.report["mode"], made.report["status"]) == ("plan", "done")
    assert sum(each["found"] for each in made.report["objects"]) == 1500
    assert made.state == BEFORE


def test_a_cleanup_empties_the_org_of_zuora_and_makes_the_next_sync_a_full_one(
    project: Callable[[EmulatorServer], Project],
) -> None:
    with Emulated(OrgOptions(records=1500, sandbox=True, quotes=False)) as server:
        made = replace(project(server), is_real=True)
        mixed = ["Product2", "PricebookEntry"]
        others, own = fingerprints(server.org, mixed), own_rows(server.org)
        assert others
        assert own
        done = made.run(mode="cleanup")
        assert done.returncode == 0, done.stderr
        assert zuora_rows(server.org) == {}
        assert fingerprints(server.org, mixed) == others
        assert own_rows(server.org) == own
        assert made.report["status"] == "done"
        assert made.state == RESET
        done = made.run()
        assert done.returncode == 0, done.stderr
        assert_full_but_for(NOT_CLEANED, made.report["records_read"])


def assert_full_but_for(streams: tuple[str, ...], records: Mapping[str, int]) -> None:
    """The tap sent all records of every stream, of `streams` only the new ones."""
    full, incremental = (
        Counter(message["stream"] for message in recording(name) if message["type"] == "RECORD")
        for name in ("full", "incremental")
    )
    assert full.keys() > set(streams)
    assert records == full | {stream: incremental[stream] for stream in streams}


def test_a_reset_writes_the_state_and_asks_nothing_of_salesforce(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer
) -> None:
    made = project(sandbox)
    sandbox.service.stats.reset()
    with unchanged(sandbox):
        done = made.run(mode="reset")
    assert done.returncode == 0, done.stderr
    assert sandbox.service.stats.requests(1) == []
    assert made.state == RESET


# Nothing takes these rows along later, as it does those with a parent.
ROW_FAULTS = {
    "rows": [
        {
            "object": "Zuora__CustomerAccount__c",
            "operation": "delete",
            "every": 2,
            "code": "UNABLE_TO_LOCK_ROW",
        }
    ]
}
JOB_FAULTS = {
    "requests": [{"method": "POST", "path": "*/jobs/ingest", "nth": 2, "status": 403}],
}


@pytest.mark.parametrize("faults", [ROW_FAULTS, JOB_FAULTS], ids=["rows", "jobs"])
def test_a_cleanup_that_fails_half_way_has_reset_the_state(
    project: Callable[[EmulatorServer], Project], faults: dict[str, Any]
) -> None:
    with Emulated(OrgOptions(records=3000, sandbox=True)) as server:
        made, before = project(server), sum(zuora_rows(server.org).values())
        server.set_faults(faults)
        done = made.run(mode="cleanup", job_size="300")
        left = sum(zuora_rows(server.org).values())
    assert done.returncode != 0
    assert 0 < left < before
    assert made.report["status"] == PARTIAL
    assert made.report["state"]["written"] == RESET
    assert made.state == RESET


@pytest.mark.parametrize("written", ["$ERASE", "Zuora__Batch__c != '$ERASE'"])
@pytest.mark.parametrize("by", ["loader", "utility", "utility with a file", "loader alone"])
def test_a_limit_that_meltano_leaves_out_or_blanks_limits_nothing_and_is_refused(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer, written: str, by: str
) -> None:
    made = replace(project(sandbox), is_real=True)
    file = made.path / "meltano.yml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for kind in ("loaders", "utilities"):
        document["plugins"][kind][0]["config"]["only_accounts"] = written
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with unchanged(sandbox):
        done = _cleanup_by(made, by)
    assert done.returncode != 0
    assert made.report["status"] == REFUSED
    assert "limit-not-filled" in {each["code"] for each in made.report["findings"]}
    assert made.state == BEFORE


def _cleanup_by(made: Project, by: str) -> subprocess.CompletedProcess[str]:
    """Have a cleanup done by one of the ways in which Meltano starts one."""
    state, stream = made.path / "state.json", made.path / "singer.jsonl"
    state.write_text(json.dumps(BEFORE), encoding="utf-8")
    stream.write_bytes(tap_stream())
    match by:
        case "loader":
            return made.run(mode="cleanup")
        case "utility":
            return made.utility("cleanup", paired_state_ids=json.dumps([STATE_ID]))
        case "loader alone":
            words = ("invoke", LOADER, "--input", str(stream))
            return made.meltano(*words, mode="cleanup", state_is_stored="true")
    return made.meltano("invoke", UTILITY, "cleanup", "--config=ENV", "--state", str(state))


def test_a_refused_cleanup_leaves_org_and_state_as_they_were(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer
) -> None:
    with Emulated(OrgOptions(records=600, sandbox=False)) as production:
        at_sandbox = project(sandbox)
        at_production = replace(at_sandbox, server=production)
        runs: list[tuple[Project, dict[str, str], str]] = [
            (at_production, {}, production.org.org_id),
            (at_sandbox, {"max_records": "1"}, "max_records"),
        ]
        for number, (made, variables, named) in enumerate(runs, 1):
            assert made.server
            with unchanged(made.server):
                done = made.run(mode="cleanup", **variables)
            assert done.returncode != 0, named
            assert "BrokenPipe" not in done.stderr, named
            assert len(made.reports) == number, named
            assert made.report["status"] == REFUSED, named
            assert named in made.report["error"]
    assert at_sandbox.state == BEFORE


def test_meltano_config_test_deletes_nothing_and_writes_no_state(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer
) -> None:
    made = project(sandbox)
    with unchanged(sandbox):
        done = made.meltano("config", "test", LOADER, mode="cleanup")
    # Meltano 4.4.1 ends with an error after any loader's test: it terminates a process that has
    # ended already. Its verdict is in its log.
    assert "Test data was written to your target system" in done.stderr, done.stderr
    assert made.report["status"] == "done"
    assert made.report["state"]["written"] is None
    assert made.state == BEFORE


def test_a_signal_in_the_middle_leaves_the_reset_and_never_the_taps_state(
    project: Callable[[EmulatorServer], Project],
) -> None:
    slow = ServerOptions(batch_seconds=5)
    with Emulated(OrgOptions(records=3000, sandbox=True), slow) as server:
        made, before = project(server), zuora_rows(server.org)
        pid_file = name_the_process(made.path)
        log = made.path / "meltano.log"
        with (
            log.open("w") as out,
            made.start(out, "run", TAP, LOADER, mode="cleanup") as meltano,
        ):
            try:
                wait_until(lambda: sum(server.org.recycle_bin_counts().values()) > 0)
                os.kill(int(pid_file.read_text()), signal.SIGTERM)
                status = meltano.wait(COMMAND_SECONDS)
            finally:
                meltano.terminate()
        assert zuora_rows(server.org)
        assert_report_agrees(server.org, before, made.report)
    assert status != 0
    assert made.report["status"] == PARTIAL
    assert "SIGTERM" in made.report["error"]
    assert made.state == RESET
