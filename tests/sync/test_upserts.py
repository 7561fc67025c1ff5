"""Upsert jobs fit into what Salesforce takes, by rows and by bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.output.timeline import Timeline
from target_zuora360_cleanup.salesforce.csv_file import MOST_BYTES
from target_zuora360_cleanup.salesforce.sending import JobSender
from target_zuora360_cleanup.sync import upserts
from target_zuora360_cleanup.sync.changes import Change
from target_zuora360_cleanup.sync.columns import Column
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.rows import RowLayout, line
from target_zuora360_cleanup.sync.upserts import Upserts
from tests.support.emulated import Emulated
from tests.support.syncs import ACCOUNT, crm_id, keys, record, schema, state, sync

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from target_zuora360_cleanup.salesforce.bulk import Ingest
    from target_zuora360_cleanup.salesforce.csv_file import CsvFile

LAYOUT = RowLayout(ACCOUNT, (Column("Id", "Key__c", Field("Key__c", "string")),))


def job_bytes(changes: Sequence[Change], size: int) -> list[int]:
    """Bytes of the CSV of each job."""
    jobs = Upserts(None, [LAYOUT], lambda: None, Timeline(), size, 1)._jobs(  # type: ignore[arg-type] # noqa: SLF001
        ACCOUNT, changes, size
    )
    return [
        len(LAYOUT.header(()).encode())
        + 1
        + sum(len(line(each.cells, each.links).encode()) + 1 for each in job.changes)
        for job in jobs
    ]


@pytest.mark.parametrize("note", ["n" * 8_000, "ü" * 4_000, "🙂" * 2_000])
def test_accounts_with_long_notes_are_sent_in_jobs_that_salesforce_takes(note: str) -> None:
    # One job of them all was one of 402 MB, refused for ever.
    changes = [Change(f"{at:032}", 0, f"{at:032},{note}") for at in range(50_000)]
    sizes = job_bytes(changes, 100_000)
    assert sum(sizes) > 400_000_000
    assert len(sizes) == 5
    assert max(sizes) <= MOST_BYTES


def test_few_rows_are_one_job_as_large_as_was_set() -> None:
    changes = [Change(f"{at}", 0, f"{at}") for at in range(25)]
    assert len(job_bytes(changes, 10)) == 3


def test_rows_cut_by_bytes_all_come_to_salesforce(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, sent = 1_500, list[int]()
    monkeypatch.setattr(upserts, "MOST_BYTES", most)
    monkeypatch.setattr(upserts, "_HEADER_BYTES", 500)
    real = JobSender.send

    def noted(self: JobSender, ingest: Ingest, rows: CsvFile) -> str:
        sent.append(len(rows))
        return real(self, ingest, rows)

    monkeypatch.setattr(JobSender, "send", noted)
    with Emulated(OrgOptions(records=300, sandbox=True)) as server:
        crm = crm_id(server.org)
        many: list[dict[str, Any]] = [
            record("Account", f"zz{at}", Name=f"N{at}", CrmId=crm, Notes='"ä, ' * 40)
            for at in range(20)
        ]
        fields = schema("Account", "Name CrmId Notes")
        done = sync(server, tmp_path, [fields, *many, state(Account=1)])
        assert (done.status, len(keys(server.org, ACCOUNT, "zz"))) == (0, 20)
    assert len(sent) > 4
    assert max(sent) <= most
