"""What a sync says, to the last word: JSON and summary of counts made by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import Partial
from target_zuora360_cleanup.kept.counts import Waits
from target_zuora360_cleanup.sync.report import Kept, Loaded, sync_report
from target_zuora360_cleanup.sync.tally import NO_ACCOUNT, NO_PARENT, NOT_THERE, Counts
from tests.support import made_reports as made

if TYPE_CHECKING:
    from target_zuora360_cleanup.report.document import Report

COUNTS = {
    made.INVOICE: Counts(
        900, 880, 10, 1, 3, Counter({NO_PARENT: 4, NO_ACCOUNT: 2, NOT_THERE: 1}),
        Counter({"Zuora__D__c": 2}), Counter({"Zuora__P__c": 4}),
    ),
    made.ACCOUNT: Counts(1, 1),
}  # fmt: skip
STATE = {"bookmarks": {"Invoice": {"x": 2}}}
REPORTS: dict[str, Report] = {
    "sync": sync_report(
        made.header("sync"), Loaded.of(COUNTS), timeline=made.SPANS, written=STATE,
        state_id="prod:x", records={"B": 2, "A": 1},
        kept=Kept(waits={made.INVOICE: Waits(3, 2, 1), made.ACCOUNT: Waits(stale=4)}),
    ),
    "sync_partial": sync_report(
        made.header("sync", Partial("3 records.")), Loaded.of(COUNTS), failures=made.FAILURES,
        written=STATE, kept=Kept(lasts=False, waits={made.INVOICE: Waits(1)}),
    ),
    "sync_failed": sync_report(
        made.header("sync", made.OUT_OF_REACH, org=None), Loaded(), state_id="prod:x"
    ),
    "sync_of_nothing": sync_report(made.header("sync"), Loaded()),
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_reads_as_written(name: str) -> None:
    made.assert_reads_as_written(REPORTS[name], name)


def test_later_counts_change_no_report() -> None:
    counts = {made.ACCOUNT: Counts(1, 1)}
    loaded = Loaded.of(counts)
    counts[made.ACCOUNT].upserted += 1
    assert loaded.total("upserted") == 1
