"""The recordings are what tap-zuora writes, of the tenant that the mock serves."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.recorded.zuora_history import tell
from tests.support.paths import RECORDINGS

NAMES = ("full", "incremental", "after_cleanup", "full_rest")
KEPT = ("Amendment", "PaymentTransactionLog")


def messages(name: str) -> list[dict[str, Any]]:
    with gzip.open(RECORDINGS / f"{name}.singer.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ids(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for message in messages(name):
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], set()).add(message["record"]["Id"])
    return found


@pytest.fixture
def tenant() -> Any:
    return tell()


@pytest.mark.parametrize("name", NAMES)
def test_each_record_follows_its_schema_and_has_its_fields_only(name: str) -> None:
    schemas: dict[str, Any] = {}
    for message in messages(name):
        if message["type"] == "SCHEMA":
            schemas[message["stream"]] = message["schema"]["properties"]
            assert message["key_properties"] == ["Id"]
        if message["type"] == "RECORD":
            assert message["record"].keys() <= schemas[message["stream"]].keys()
    assert len(schemas) == 14


@pytest.mark.parametrize("name", NAMES)
def test_each_state_has_bookmarks_of_tap_zuora_and_the_stream_under_way(name: str) -> None:
    states = [message["value"] for message in messages(name) if message["type"] == "STATE"]
    for state in states:
        assert state.keys() == {"bookmarks", "current_stream"}
        for entry in state["bookmarks"].values():
            assert "version" in entry
            assert entry.keys() & {"UpdatedDate", "TransactionDate"}
    assert states[0]["current_stream"] == "Account"
    assert states[-1]["current_stream"] is None


def test_the_full_run_sends_every_row_of_the_tenant(tenant: Any) -> None:
    first_run = datetime(2026, 11, 2, 2, tzinfo=UTC)
    rows = {
        name: {row.values["Id"] for row in tenant.visible(name, first_run)} for name in tenant.rows
    }
    assert ids("full") == rows
    assert ids("full_rest") == rows


def test_the_incremental_run_sends_few_rows_and_one_of_them_deleted() -> None:
    count = sum(map(len, ids("incremental").values()))
    deleted = [m for m in messages("incremental") if m.get("record", {}).get("Deleted")]
    assert 14 <= count < sum(map(len, ids("full").values())) / 5
    assert [message["stream"] for message in deleted] == ["Contact"]


def test_after_a_reset_the_real_tap_sends_everything_but_the_kept_streams(
    tenant: Any,
) -> None:
    last_run = datetime(2026, 11, 23, 2, tzinfo=UTC)
    sent = ids("after_cleanup")
    for name in tenant.rows:
        rows = [row for row in tenant.visible(name, last_run) if not row.deleted]
        if name in KEPT:
            assert len(sent[name]) < len(rows)
        else:
            assert sent[name] == {row.values["Id"] for row in rows}
