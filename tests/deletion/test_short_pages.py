"""Pages of ids that come short: nothing of them is deleted; what is deleted was written down."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
LEAF = "Zuora__TaxationItem__c"
RESULTS = "*/jobs/query/*/results"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    # Every read is a query job, so that few rows will do.
    monkeypatch.setattr("target_zuora360_cleanup.salesforce.rows.REST_ROWS", 0)
    with Emulated(OrgOptions(records=600, sandbox=True)) as made:
        yield made


def cleanup(server: EmulatorServer, output: Path, **more: object) -> Ran:
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False, **more}
    return run(config, output)


def written(ran: Ran) -> Counter[str]:
    """Ids in the backups, by object type."""
    found: Counter[str] = Counter()
    for path in (ran.folder / "backup").glob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            next(rows)
            found[path.name.removesuffix(".csv.gz")] = len({row[0] for row in rows})
    return found


def test_what_goes_is_in_a_file_although_pages_came_short_at_first(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = zuora_rows(server.org)
    # (a page has three attempts)
    server.set_faults({"requests": [{"path": RESULTS, "spoil": "short", "times": 2}]})
    ran = cleanup(server, tmp_path)
    assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert {name: rows for name, rows in written(ran).items() if name in before} == before


def test_nothing_is_deleted_by_a_page_that_stays_short(
    server: EmulatorServer, tmp_path: Path
) -> None:
    before = zuora_rows(server.org)
    server.set_faults({"requests": [{"path": RESULTS, "spoil": "short"}]})
    ran = cleanup(server, tmp_path, include_objects=[LEAF])
    assert (ran.status, zuora_rows(server.org)) == (4, before)
    assert "SHORT_RESULT" in ran.object(LEAF)["error"]
    assert_report_agrees(server.org, before, ran.report)
