"""Pages of ids that come short: nothing of them is deleted; what is deleted was written down."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.bulk import query
from target_zuora360_cleanup.emulator.resources.bulk.results import read_page
from tests.support.agreement import assert_report_agrees
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.runs import Ran

    Read = Callable[[Path, int, int], Iterator[bytes]]

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]
ITEMS = "Zuora__InvoiceItem__c"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    # Every read is a query job, so that few rows will do.
    monkeypatch.setattr("target_zuora360_cleanup.salesforce.rows.REST_ROWS", 0)
    with Emulated(OrgOptions(records=600, sandbox=True)) as made:
        yield made


def cleanup(server: EmulatorServer, output: Path) -> Ran:
    config = {"mode": "cleanup", **login(server), **ALLOWED, "keep_quoted_products": False}
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


def test_what_goes_is_in_a_file_although_each_page_came_short_at_first(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = read_page
    seen: set[tuple[Path, int]] = set()

    def short_once(folder: Path, first: int, count: int) -> Iterator[bytes]:
        is_new = (folder, first) not in seen
        seen.add((folder, first))
        return real(folder, first, count // 2 if is_new else count)

    monkeypatch.setattr(query, "read_page", short_once)
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    assert (ran.status, zuora_rows(server.org)) == (0, {})
    assert {name: rows for name, rows in written(ran).items() if name in before} == before


def test_nothing_is_deleted_by_a_page_that_stays_short(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, prefix = read_page, server.org.query(f"SELECT Id FROM {ITEMS} LIMIT 1")
    begin = str(prefix.rows(0, 1)[0][0])[:3]

    def short(folder: Path, first: int, count: int) -> Iterator[bytes]:
        rows = b"".join(real(folder, first, count)).splitlines(keepends=True)
        of_items = any(each.strip(b'"').startswith(begin.encode()) for each in rows[1:])
        return iter(rows[: 1 + count // 2] if of_items else rows)

    monkeypatch.setattr(query, "read_page", short)
    before = zuora_rows(server.org)
    ran = cleanup(server, tmp_path)
    assert ran.status == 4
    assert zuora_rows(server.org)[ITEMS] == before[ITEMS]
    assert "SHORT_RESULT" in ran.object(ITEMS)["error"]
    assert_report_agrees(server.org, before, ran.report)
