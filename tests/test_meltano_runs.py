"""Real Meltano runs in a temporary project: what becomes of the org and of the stored state."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from target_zuora360_cleanup.emulator.options import ServerOptions
from target_zuora360_cleanup.emulator.org import OrgOptions
from target_zuora360_cleanup.emulator.server import EmulatorServer
from tests.support import fingerprints, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_zuora360_cleanup.emulator.org import Org

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
TAP, LOADER = "tap-zuora", "target-zuora360-cleanup"
STATE_ID = f"e2e:{TAP}-to-{LOADER}"
NOT_CLEANED = ("Amendment", "PaymentTransactionLog")
"""The recorded tap's streams that no 360 object stands behind."""
COMMAND_SECONDS = 90
REFUSED, PARTIAL = "refused", "partial"


def recording(name: str) -> list[dict[str, Any]]:
    """What the real tap-zuora wrote."""
    path = ROOT / "tests/data/tap_zuora" / f"{name}.singer.gz"
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


BEFORE: dict[str, Any] = recording("full")[-1]["value"]
"""The state that the tap left at the end of its first sync."""
RESET = {
    "bookmarks": {
        name: {key: value for key, value in BEFORE["bookmarks"][name].items() if value is not None}
        for name in NOT_CLEANED
    }
}
"""What a cleanup or a reset leaves of it: the other streams' bookmarks as they were stored, without
the files that the tap's exports of this run are in."""


def project_file() -> dict[str, Any]:
    """A meltano.yml that installs nothing; the loader's settings are the repository's own."""
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (loader,) = own["plugins"]["loaders"]
    (tap,) = own["plugins"]["extractors"]
    kept = ("name", "namespace", "capabilities", "settings", "settings_group_validation")
    return {
        "requires_meltano": own["requires_meltano"],
        "default_environment": "e2e",
        "project_id": "end-to-end",
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
        "environments": [{"name": "e2e"}],
        "plugins": {
            "extractors": [tap | {"executable": str(ROOT / tap["executable"])}],
            "loaders": [
                {each: loader[each] for each in kept if each in loader}
                | {
                    "executable": str(BIN / "target-zuora360-cleanup"),
                    "config": {"allow_cascade_to": ["PricebookEntry"]},
                }
            ],
        },
    }


@dataclass(frozen=True)
class Project:
    """A Meltano project whose loader leads to an emulated org."""

    path: Path
    server: EmulatorServer | None = None

    def meltano(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a Meltano command, with these loader settings or, in capitals, variables."""
        return subprocess.run(
            [BIN / "meltano", *words],
            cwd=self.path,
            env=self.environ(variables),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def run(self, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.meltano("run", *flags, TAP, LOADER, **variables)

    def environ(self, variables: Mapping[str, str]) -> dict[str, str]:
        """This process's environment without any Meltano's, with what leads to the org."""
        mine = ("MELTANO_", "TARGET_ZUORA360_")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        if self.server:
            variables = {
                "instance_url": self.server.url,
                "access_token": self.server.access_token,
                **variables,
            }
        given = {
            name if name.isupper() else f"TARGET_ZUORA360_CLEANUP_{name.upper()}": value
            for name, value in variables.items()
        }
        return plain | {"NO_COLOR": "1"} | given

    @property
    def state(self) -> dict[str, Any]:
        """What `meltano state get` shows of this pipeline."""
        done = self.meltano("state", "get", STATE_ID)
        assert done.returncode == 0, done.stderr
        stored: dict[str, Any] = json.loads(done.stdout)["singer_state"]
        return stored

    @property
    def report(self) -> dict[str, Any]:
        """The report of the last run."""
        found: dict[str, Any] = json.loads(self.reports[-1].read_text(encoding="utf-8"))
        return found

    @property
    def reports(self) -> list[Path]:
        """The reports of all runs, oldest first."""
        found = self.path.glob("output/zuora360-cleanup/*/report.json")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose state is that of an earlier sync."""
    path = tmp_path_factory.mktemp("meltano") / "project"
    path.mkdir()
    (path / "meltano.yml").write_text(yaml.safe_dump(project_file()), encoding="utf-8")
    state = json.dumps({"singer_state": BEFORE})
    done = Project(path).meltano("state", "set", "--force", STATE_ID, state)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Callable[[EmulatorServer], Project]:
    """A project of the test's own, with the state of an earlier sync."""

    def make(server: EmulatorServer) -> Project:
        return Project(Path(shutil.copytree(template, tmp_path / "project")), server)

    return make


@pytest.fixture(scope="module")
def sandbox() -> Iterator[EmulatorServer]:
    """An org for tests that change nothing in it."""
    with EmulatorServer(OrgOptions(records=1500, sandbox=True)) as made:
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
    with EmulatorServer(OrgOptions(records=1500, sandbox=True, quotes=False)) as server:
        made = project(server)
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
    "requests": [{"method": "POST", "path": "*/jobs/ingest", "nth": 2, "status": 503}],
}


@pytest.mark.parametrize("faults", [ROW_FAULTS, JOB_FAULTS], ids=["rows", "jobs"])
def test_a_cleanup_that_fails_half_way_has_reset_the_state(
    project: Callable[[EmulatorServer], Project], faults: dict[str, Any]
) -> None:
    with EmulatorServer(OrgOptions(records=3000, sandbox=True)) as server:
        made, before = project(server), sum(zuora_rows(server.org).values())
        server.set_faults(faults)
        done = made.run(mode="cleanup", job_size="300")
        left = sum(zuora_rows(server.org).values())
    assert done.returncode != 0
    assert 0 < left < before
    assert made.report["status"] == PARTIAL
    assert made.report["state"]["written"] == RESET
    assert made.state == RESET


def test_a_refused_cleanup_leaves_org_and_state_as_they_were(
    project: Callable[[EmulatorServer], Project], sandbox: EmulatorServer
) -> None:
    with EmulatorServer(OrgOptions(records=600, sandbox=False)) as production:
        at_sandbox = project(sandbox)
        at_production = replace(at_sandbox, server=production)
        merging = "MELTANO_RUN_STATE_STRATEGY"
        runs: list[tuple[Project, list[str], dict[str, str], str]] = [
            (at_production, [], {}, production.org.org_id),
            (at_sandbox, ["--merge-state"], {}, "--merge-state"),
            (at_sandbox, ["--full-refresh"], {}, "--full-refresh"),
            (at_sandbox, [], {merging: "merge"}, merging),
        ]
        for number, (made, flags, variables, named) in enumerate(runs, 1):
            assert made.server
            with unchanged(made.server):
                done = made.run(*flags, mode="cleanup", **variables)
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
    with EmulatorServer(OrgOptions(records=3000, sandbox=True), slow) as server:
        made = project(server)
        pid_file = name_the_process(made.path)
        command = [str(BIN / "meltano"), "run", TAP, LOADER]
        log = made.path / "meltano.log"
        with (
            log.open("w") as out,
            subprocess.Popen(
                command,
                cwd=made.path,
                env=made.environ({"mode": "cleanup"}),
                stdout=out,
                stderr=out,
            ) as meltano,
        ):
            try:
                wait_until(lambda: sum(server.org.recycle_bin_counts().values()) > 0)
                os.kill(int(pid_file.read_text()), signal.SIGTERM)
                status = meltano.wait(COMMAND_SECONDS)
            finally:
                meltano.kill()
        assert zuora_rows(server.org)
    assert status != 0
    assert made.report["status"] == PARTIAL
    assert "SIGTERM" in made.report["error"]
    assert made.state == RESET


def name_the_process(project: Path) -> Path:
    """Have the loader write its process id into a file, which is returned."""
    pid_file, script = project / "target.pid", project / "target.sh"
    target = BIN / "target-zuora360-cleanup"
    script.write_text(f"#!/bin/sh\necho $$ > '{pid_file}'\nexec '{target}' \"$@\"\n")
    script.chmod(0o755)
    content = project_file()
    content["plugins"]["loaders"][0]["executable"] = str(script)
    (project / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return pid_file


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once it holds; a test waits no longer than for a command."""
    end = time.monotonic() + COMMAND_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
