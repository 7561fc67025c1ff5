"""Mode `sync` as a process: what it reads, prints and returns."""

from __future__ import annotations

import gzip
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.processes import SECONDS, started
from tests.support.runs import lines, login
from tests.support.syncs import ACCOUNT, Message, crm_id, keys, record, schema, state
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ACCOUNTS = schema("Account", "Name CrmId")
JOB = "/jobs/ingest/"


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=100, sandbox=True)) as made:
        yield made


def settings(server: EmulatorServer, **more: Any) -> dict[str, Any]:
    return {"mode": "sync", **login(server), **more}


def accounts(server: EmulatorServer, start: int, count: int) -> list[Message]:
    crm = crm_id(server.org)
    numbers = range(start, start + count)
    return [record("Account", f"zz{at}", Name=f"N{at}", CrmId=crm) for at in numbers]


def test_nothing_but_states_goes_to_stdout_each_after_its_records(
    server: EmulatorServer, tmp_path: Path
) -> None:
    with started(tmp_path, settings(server, batch_size_rows=10)) as target:
        target.send(lines(ACCOUNTS, *accounts(server, 0, 9), state(Account=9)))
        target.send(lines(*accounts(server, 9, 1)))
        wait_until(lambda: target.states)
        assert len(keys(server.org, ACCOUNT, "zz")) == 10
        target.send(lines(*accounts(server, 10, 5), state(Account=15)))
        assert target.end() == 0, target.log
    assert [each["bookmarks"]["Account"] for each in target.states] == [9, 15]
    assert target.report["mode"] == "sync"
    assert target.report["state"]["written"] == {"bookmarks": {"Account": 15}}
    assert [each["object"] for each in target.report["timeline"]] == [ACCOUNT, ACCOUNT]


JSONL = {"encoding": {"format": "jsonl", "compression": "none"}}


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_batch_files_are_loaded_like_records(
    server: EmulatorServer, tmp_path: Path, compression: str
) -> None:
    text = "".join(json.dumps(each["record"]) + "\n" for each in accounts(server, 0, 7)).encode()
    file = tmp_path / "batch.jsonl"
    file.write_bytes(gzip.compress(text) if compression == "gzip" else text)
    batch = {
        "type": "BATCH",
        "stream": "Account",
        "encoding": {"format": "jsonl", "compression": compression},
        "manifest": [file.as_uri()],
    }
    with started(tmp_path, settings(server, batch_size_rows=3)) as target:
        target.send(lines(ACCOUNTS, batch, state(Account=7)))
        assert target.end() == 0, target.log
    assert len(keys(server.org, ACCOUNT, "zz")) == 7
    assert target.states == [{"bookmarks": {"Account": 7}}]


@pytest.mark.parametrize(
    ("made", "status"),
    [({"Notes": "'seen'"}, 2), ({"__filter__": "False"}, 2), (None, 0), ({"__alias__": "Bill"}, 0)],
)
def test_batch_files_of_a_stream_that_is_mapped_are_refused_since_the_sdk_maps_none_of_them(
    server: EmulatorServer, tmp_path: Path, made: dict[str, str] | None, status: int
) -> None:
    file = tmp_path / "batch.jsonl"
    text = "".join(json.dumps(each["record"]) + "\n" for each in accounts(server, 0, 2))
    file.write_text(text, encoding="utf-8")
    batch = {"type": "BATCH", "stream": "Account", **JSONL, "manifest": [file.as_uri()]}
    with started(tmp_path, settings(server, stream_maps={"Account": made})) as target:
        target.send(lines(ACCOUNTS, batch, state(Account=7)))
        assert target.end() == status, target.log
    assert target.states == ([] if status else [{"bookmarks": {"Account": 7}}])
    assert ("stream_maps" in target.report["headline"]) is bool(status)
    assert target.report["objects"] == [] or made == {"__alias__": "Bill"}


def test_a_version_of_a_stream_is_accepted_and_changes_nothing(
    server: EmulatorServer, tmp_path: Path
) -> None:
    version = {"type": "ACTIVATE_VERSION", "stream": "Account", "version": 2}
    with started(tmp_path, settings(server)) as target:
        target.send(lines(ACCOUNTS, *accounts(server, 0, 2), version, state(Account=2)))
        assert target.end() == 0, target.log
    assert len(keys(server.org, ACCOUNT, "zz")) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"no json\n", "Line 2 of the tap's stream is no JSON"),
        (b'{"type": "\xff\xfe"}\n', "Line 2 of the tap's stream is no UTF-8"),
        (b"[1]\n", "is JSON, but no object"),
        (b'{"type": "SURPRISE"}\n', "has an unknown message type SURPRISE"),
        (b'{"type": "RECORD", "stream": "Account"}\n', "missing required record"),
        (lines(record("Nobody", "secret")), "encountered before a corresponding schema"),
        (lines({"type": "RECORD", "stream": "Account", "record": {"Name": "secret"}}), "key_prop"),
        (lines({"type": "RECORD", "stream": "Account", "record": ["secret"]}), "is no object"),
        (lines({"type": "RECORD", "stream": "Account", "record": None}), "is no object"),
        (lines({"type": "STATE", "value": ["secret"]}), "is no object"),
        (lines({"type": "ACTIVATE_VERSION", "version": 1}), "no stream"),
        (lines({"type": "SCHEMA", "stream": 5, "schema": {"properties": {}}}), "no stream"),
        (lines({"type": "SCHEMA", "stream": "A", "schema": None}), "is no object"),
        (lines({"type": "SCHEMA", "stream": "A", "schema": {"properties": ["a"]}}), "is no object"),
        (lines({**ACCOUNTS, "key_properties": 5}), "key_properties that are no list"),
        (lines({**ACCOUNTS, "key_properties": [["Id"]]}), "key_properties that are no list"),
        (lines({**ACCOUNTS, "key_properties": "Id"}), "key_properties that are no list"),
        (lines(schema("B", "", Name={"type": {"secret": 1}})), "the SCHEMA of a stream is wrong"),
        (lines(schema("B", "", Name={"anyOf": 5})), "the SCHEMA of a stream is wrong"),
        (lines(schema("B", "", Name={"pattern": "("})), "the SCHEMA of a stream is wrong"),
        (
            lines(schema("B", "", Name={"$ref": "http://127.0.0.1:9/"})),
            "SCHEMA of a stream is wrong",
        ),
        (lines({"type": "BATCH", **JSONL, "manifest": []}), "no stream"),
        (lines({"type": "BATCH", "stream": "Nobody", **JSONL, "manifest": []}), "before a SCHEMA"),
        (lines({"type": "BATCH", "stream": "Account", "manifest": []}), "names no encoding"),
        (lines({"type": "BATCH", "stream": "Account", **JSONL}), "names no files"),
        (
            lines({"type": "BATCH", "stream": "Account", **JSONL, "manifest": ["file:///no/such"]}),
            "can't be read",
        ),
        (b"[" * 100_000 + b"]" * 100_000 + b"\n", "nested too deeply"),
    ],
)
def test_a_broken_stream_is_told_in_a_sentence_and_read_to_its_end(
    server: EmulatorServer, tmp_path: Path, line: bytes, said: str
) -> None:
    much = lines(*accounts(server, 0, 100)) * 1000
    with started(tmp_path, settings(server)) as target:
        target.send(lines(ACCOUNTS) + line)
        target.send(much)
        target.send(lines(state(Account=1)))
        assert target.end() == 2, target.log
    assert target.states == []
    assert said in target.log
    assert "Traceback" not in target.log
    assert "secret" not in target.log
    assert target.report["status"] == "failed"


def test_a_record_without_a_schema_is_told_though_another_stream_comes_under_its_name(
    server: EmulatorServer, tmp_path: Path
) -> None:
    maps = {"kunden": {"__alias__": "Account"}}
    with started(tmp_path, settings(server, stream_maps=maps)) as target:
        target.send(lines(schema("kunden", "Name CrmId"), *accounts(server, 0, 1)))
        assert target.end() == 2, target.log
    assert "encountered before a corresponding schema" in target.log
    assert "Traceback" not in target.log


@pytest.mark.parametrize(
    "maps",
    [
        {"__x__": {}}, {"Account": "nonsense"}, {"Account": 5}, {"Account": {"Notes": "1 +"}},
        {"Account": {"Notes": "nope"}}, {"Account": {"__alias__": "'a"}}, {"__else__": "x"},
        {"Account": {"Id": None}}, {"Account": {"__filter__": "x y"}}, {"Account": {"Notes": 5}},
    ],
    ids=str,
)  # fmt: skip
def test_stream_maps_that_can_not_be_followed_are_told_in_a_sentence(
    server: EmulatorServer, tmp_path: Path, maps: dict[str, Any]
) -> None:
    with started(tmp_path, settings(server, stream_maps=maps)) as target:
        target.send(lines(ACCOUNTS, *accounts(server, 0, 1), state(Account=1)))
        assert target.end() == 2, target.log
    assert target.states == []
    assert "stream_maps: " in target.log
    assert "Traceback" not in target.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_prints_no_state_that_does_not_hold(
    server: EmulatorServer, tmp_path: Path, number: signal.Signals
) -> None:
    with started(tmp_path, settings(server, batch_size_rows=5)) as target:
        target.send(lines(ACCOUNTS, *accounts(server, 0, 4), state(Account=4)))
        target.send(lines(*accounts(server, 4, 3), state(Account=7)))
        wait_until(lambda: target.states and target.has_read_all())
        target.process.send_signal(number)
        status = target.process.wait(SECONDS)
    assert status == 1, target.log
    assert [each["bookmarks"]["Account"] for each in target.states] == [4]
    assert "Traceback" not in target.log
    assert number.name in target.report["error"]
    assert len(keys(server.org, ACCOUNT, "zz")) == 5
    assert [told["upserted"] for told in target.report["objects"]] == [5]


@pytest.mark.slow
def test_a_signal_while_a_job_runs_ends_at_once_and_the_next_run_waits_for_the_job(
    tmp_path: Path,
) -> None:
    with Emulated(OrgOptions(records=100, sandbox=True), ServerOptions(job_seconds=3.0)) as server:
        given = lines(ACCOUNTS, *accounts(server, 0, 250), state(Account=250))

        def polls() -> list[str]:
            asked = server.service.stats.requests(1000)
            return [
                each["path"] for each in asked if each["method"] == "GET" and JOB in each["path"]
            ]

        with started(tmp_path, settings(server)) as target:
            target.send(given)
            target.stdin.close()
            wait_until(polls)
            target.process.send_signal(signal.SIGTERM)
            status = target.process.wait(SECONDS)
        assert (status, target.states) == (1, []), target.log
        assert "Traceback" not in target.log
        job = polls()[0].rsplit("/", 1)[1]
        assert keys(server.org, ACCOUNT, "zz") == set()
        server.service.stats.reset()
        with started(tmp_path, settings(server)) as target:
            target.send(lines(ACCOUNTS, *accounts(server, 0, 1), state(Account=251)))
            assert target.end() == 0, target.log
        assert f"Waiting for job {job} on {ACCOUNT} of an earlier run" in target.log
        assert polls()[0].endswith(job)
        assert server.service.jobs.find(job, query=False).state == "JobComplete"
        assert len(keys(server.org, ACCOUNT, "zz")) == 250
        assert target.states == [{"bookmarks": {"Account": 251}}]


def test_meltanos_test_stream_only_logs_in(server: EmulatorServer, tmp_path: Path) -> None:
    name = "meltano_test_stream"
    with started(tmp_path, settings(server, unmapped_streams="refuse")) as target:
        target.send(lines(schema(name, ""), record(name, "1")))
        assert target.end() == 0, target.log
    assert "Logged in to" in target.log
