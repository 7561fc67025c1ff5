"""BATCH messages of mode `sync`: the tap's records in files, whatever those hold."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.syncs import ACCOUNT, crm_id, keys, schema, state, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ACCOUNTS = schema("Account", "Name CrmId")
JSONL = {"format": "jsonl"}


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=60, sandbox=True)) as made:
        yield made


def batch(encoding: object, manifest: object) -> dict[str, Any]:
    return {"type": "BATCH", "stream": "Account", "encoding": encoding, "manifest": manifest}


@pytest.mark.parametrize(
    "encoding",
    [{}, {"format": None}, {"format": ["jsonl"]}, {"format": "csv"}, {"compression": "gzip"},
     {"format": "jsonl", "delimiter": ","}, {"format": "jsonl", "compression": ["gzip"]},
     {"format": "jsonl", "compression": {}}, {"": 1, "format": "jsonl"}, {"format": "parquet"}],
    ids=str,
)  # fmt: skip
def test_an_encoding_that_nobody_knows_is_told_in_a_sentence(
    server: EmulatorServer, tmp_path: Path, encoding: dict[str, Any]
) -> None:
    file = tmp_path / "batch"
    file.write_text("", encoding="utf-8")
    done = sync(server, tmp_path, [ACCOUNTS, batch(encoding, [file.as_uri()]), state(Account=1)])
    assert (done.status, done.states) == (2, [])
    assert "BATCH message of the tap" in done.message


@pytest.mark.parametrize(
    "name",
    ["", "/", ".", "..", "file://", "file:///", "s3://bucket/batch.jsonl", "gs://b/c", "what://x/y",
     "http://127.0.0.1:1/x", "\0", "relative/batch.jsonl", "file:///no/such/batch"],
)  # fmt: skip
def test_a_file_that_nobody_finds_is_told_in_a_sentence(
    server: EmulatorServer, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = sync(server, tmp_path, [ACCOUNTS, batch(JSONL, [name]), state(Account=1)])
    assert (done.status, done.states) == (2, [])
    assert "A file of a BATCH message of the tap can't be read" in done.message


@pytest.mark.parametrize(
    "line",
    ["5", "null", '["secret"]', '"secret"', "", "{", '{"Id": "zz1"} {}'],
)
def test_a_line_that_is_no_record_is_told_in_a_sentence(
    server: EmulatorServer, tmp_path: Path, line: str
) -> None:
    file = tmp_path / "batch"
    fine = json.dumps({"Id": "zzfine", "Name": "N", "CrmId": crm_id(server.org)})
    file.write_text(f"{fine}\n{line}\n", encoding="utf-8")
    done = sync(server, tmp_path, [ACCOUNTS, batch(JSONL, [file.as_uri()]), state(Account=1)])
    assert (done.status, done.states) == (2, [])
    assert "A file of a BATCH message of the tap can't be read" in done.message
    assert "secret" not in done.message


def test_half_a_character_is_marked_as_one_of_its_own(
    server: EmulatorServer, tmp_path: Path
) -> None:
    file = tmp_path / "batch"
    row = json.dumps({"Id": "zzhalf", "Name": "N\ud800", "CrmId": crm_id(server.org)})
    file.write_text(f"{row}\n", encoding="utf-8")
    done = sync(server, tmp_path, [ACCOUNTS, batch(JSONL, [file.as_uri()]), state(Account=1)])
    assert (done.status, done.states) == (0, [{"bookmarks": {"Account": 1}}])
    assert keys(server.org, ACCOUNT, "zzhalf") == {"zzhalf"}


WHOLE = gzip.compress(b'{"Id": "zzcut", "CrmId": null}\n', mtime=0)


@pytest.mark.parametrize("held", [b"", WHOLE[:-9]], ids=["empty", "cut off"])
def test_a_gzip_file_that_was_cut_off_is_no_file_without_records(
    server: EmulatorServer, tmp_path: Path, held: bytes
) -> None:
    file = tmp_path / "batch.gz"
    file.write_bytes(held)
    said = batch({"format": "jsonl", "compression": "gzip"}, [file.as_uri()])
    done = sync(server, tmp_path, [ACCOUNTS, said, state(Account=1)])
    assert (done.status, done.states) == (2, [])
    assert "A file of a BATCH message of the tap can't be read" in done.message


@pytest.mark.parametrize("row", ['{"Id": "zzbare", "Name": "secret"}', '{"CrmId": "secret"}'])
def test_a_record_without_a_field_that_it_must_have_is_refused_as_one_of_its_own(
    server: EmulatorServer, tmp_path: Path, row: str
) -> None:
    asked = {**ACCOUNTS, "schema": {**ACCOUNTS["schema"], "required": ["CrmId"]}}
    file = tmp_path / "batch"
    file.write_text(f"{row}\n", encoding="utf-8")
    done = sync(server, tmp_path, [asked, batch(JSONL, [file.as_uri()]), state(Account=1)])
    assert (done.status, done.states) == (2, [])
    assert "secret" not in done.message


def test_a_value_of_another_type_than_its_schema_says_fails_as_one_of_its_own(
    server: EmulatorServer, tmp_path: Path
) -> None:
    asked = schema("Account", "CrmId", Name={"type": ["string", "null"]})
    file = tmp_path / "batch"
    row = json.dumps({"Id": "zzodd", "Name": ["N"], "CrmId": crm_id(server.org)})
    file.write_text(f"{row}\n", encoding="utf-8")
    done = sync(server, tmp_path, [asked, batch(JSONL, [file.as_uri()]), state(Account=1)])
    assert (done.status, done.states) == (4, [])
    assert [each["failed"] for each in done.report["objects"]] == [1]


def test_a_stream_that_is_left_out_under_its_own_name_comes_under_the_other_alone(
    server: EmulatorServer, tmp_path: Path
) -> None:
    file = tmp_path / "batch"
    row = json.dumps({"Id": "zzonce", "Name": "N", "CrmId": crm_id(server.org)})
    file.write_text(f"{row}\n", encoding="utf-8")
    done = sync(
        server, tmp_path, [ACCOUNTS, batch(JSONL, [file.as_uri()])],
        stream_maps={"Account": None, "Bill": {"__source__": "Account"}},
        stream_objects={"Bill": ACCOUNT},
    )  # fmt: skip
    assert (done.status, done.object(ACCOUNT)["received"]) == (0, 1)
