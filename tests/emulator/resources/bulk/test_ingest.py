"""Over HTTP: Bulk API 2.0 ingest jobs, their states, their uploads and their results."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.bulk.orders import Order
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.emulator.wire.versions import ApiVersion
from tests.support.emulated import Emulated
from tests.support.http_client import Client, client_of, csv_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TERM = "Zuora__PaymentTerm__c"
NOBODY = "a0Z5g0000000001AAA"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def delete_job(client: Client, **more: Any) -> dict[str, Any]:
    return client.create_job(object=TERM, operation="delete", **more)


def test_a_new_job_is_open_and_says_where_its_rows_go(shared: Client) -> None:
    job = delete_job(shared)
    assert job["id"].startswith("750")
    assert len(job["id"]) == 18
    expected = {
        "operation": "delete", "object": TERM, "state": "Open", "concurrencyMode": "Parallel",
        "contentType": "CSV", "apiVersion": 59.0, "jobType": "V2Ingest", "lineEnding": "LF",
        "columnDelimiter": "COMMA", "createdById": shared.server.org.user_id,
        "contentUrl": f"services/data/v59.0/jobs/ingest/{job['id']}/batches",
    }  # fmt: skip
    assert expected.items() <= job.items()
    assert job["createdDate"].endswith("+0000")
    info = shared.info(job)
    assert "contentUrl" not in info
    assert "errorMessage" not in info
    assert info["numberRecordsProcessed"] == info["numberRecordsFailed"] == info["retries"] == 0
    assert {"totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"} <= set(info)
    assert shared("GET", f"jobs/ingest/{job['id'][:15]}").json()["id"] == job["id"]


def test_a_delete_job_deletes_and_gives_three_results(own: Client) -> None:
    ids = own.ids(TERM, 3)
    own("DELETE", f"sobjects/{TERM}/{ids[2]}")
    job = own.run(csv_of(ids), object=TERM, operation="delete")
    assert job["state"] == "JobComplete"
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    header, *done = rows(own.results(job, "successfulResults"))
    assert header == ["sf__Id", "sf__Created", "Id"]
    assert sorted(done) == sorted([each, "false", each] for each in ids[:2])
    header, *failed = rows(own.results(job, "failedResults"))
    assert header == ["sf__Id", "sf__Error", "Id"]
    assert failed == [[ids[2], "ENTITY_IS_DELETED:entity is deleted:--", ids[2]]]
    assert rows(own.results(job, "unprocessedrecords")) == [["Id"]]
    assert set(own.ids(TERM, 200)).isdisjoint(ids)


@pytest.mark.parametrize(("version", "filled"), [("v52.0", False), ("v53.0", True)])
def test_failed_rows_carry_their_id_from_version_53_on(
    shared: Client, version: str, *, filled: bool
) -> None:
    job = shared.run(csv_of([NOBODY]), version=version, object=TERM, operation="delete")
    _, failed = rows(shared.results(job, "failedResults"))
    assert failed[0] == (NOBODY if filled else "")
    assert failed[2] == NOBODY


@pytest.mark.parametrize(
    "name", ["unprocessedRecords", "unprocessedrecords/", "UNPROCESSEDRECORDS"]
)
def test_results_are_found_in_any_spelling(shared: Client, name: str) -> None:
    job = shared.run(csv_of([NOBODY]), object=TERM, operation="delete")
    assert rows(shared.results(job, name)) == [["Id"]]


def test_result_rows_come_in_another_order_but_always_the_same() -> None:
    def order() -> list[str]:
        with Emulated(OrgOptions(records=1_000)) as server:
            client = client_of(server)
            ids = client.ids("Zuora__InvoiceItem__c", 100)
            job = client.run(csv_of(ids), object="Zuora__InvoiceItem__c", operation="delete")
            done = [row[0] for row in rows(client.results(job, "successfulResults"))[1:]]
            assert sorted(done) == sorted(ids)
            assert done != ids
            return done

    assert order() == order()


def test_a_second_upload_and_one_after_closing_are_errors(shared: Client) -> None:
    job = delete_job(shared)
    assert shared.upload(job, csv_of([NOBODY])).status_code == 201
    second = shared.upload(job, csv_of([NOBODY]))
    assert (second.status_code, second.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert "Found multiple contents for job" in second.json()[0]["message"]
    shared.close(job)
    assert shared.wait(job)["numberRecordsProcessed"] == 1
    late = shared.upload(job, csv_of([NOBODY]))
    assert (late.status_code, late.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_an_upload_must_be_csv(shared: Client) -> None:
    path = f"jobs/ingest/{delete_job(shared)['id']}/batches"
    answer = shared("PUT", path, data=b"Id\n", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDCONTENTTYPE")


def test_uploads_may_come_in_chunks_and_compressed(shared: Client) -> None:
    def parts() -> Iterator[bytes]:
        yield b"Id\n"
        yield f"{NOBODY}\n".encode()

    for data, extra in (
        (parts(), {}),
        (gzip.compress(csv_of([NOBODY])), {"Content-Encoding": "gzip"}),
    ):
        job = delete_job(shared)
        headers = {"Content-Type": "text/csv; charset=UTF-8", **extra}
        path = f"jobs/ingest/{job['id']}/batches"
        assert shared("PUT", path, data=data, headers=headers).status_code == 201
        shared.close(job)
        assert shared.wait(job)["numberRecordsProcessed"] == 1


def test_an_upload_beyond_150_mb_in_base64_is_refused(shared: Client) -> None:
    def parts() -> Iterator[bytes]:
        block = b"a" * 9_999 + b"\n"
        for _ in range(115):
            yield block * 100

    job = delete_job(shared)
    path = f"jobs/ingest/{job['id']}/batches"
    answer = shared("PUT", path, data=parts(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 413
    assert shared.info(job)["state"] == "Open"


@pytest.mark.parametrize("state", ["Open", "InProgress", "JobComplete", "nonsense", None])
def test_only_upload_complete_and_aborted_can_be_set(shared: Client, state: str) -> None:
    answer = shared.close(delete_job(shared), state)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_a_job_that_has_ended_can_be_neither_closed_nor_aborted(shared: Client) -> None:
    job = shared.run(csv_of([NOBODY]), object=TERM, operation="delete")
    for state in ("UploadComplete", "Aborted"):
        answer = shared.close(job, state)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
        assert shared.info(job)["state"] == "JobComplete"


def test_an_open_job_can_be_aborted_and_its_rows_stay_unprocessed(shared: Client) -> None:
    ids = shared.ids(TERM, 1)
    job = delete_job(shared)
    shared.upload(job, csv_of(ids))
    assert shared.close(job, "Aborted").json()["state"] == "Aborted"
    assert rows(shared.results(job, "unprocessedrecords")) == [["Id"], ids]
    assert shared.results(job, "successfulResults") == ""
    assert shared.ids(TERM, 1) == ids


def test_results_are_refused_while_the_job_is_under_way(shared: Client) -> None:
    answer = shared("GET", f"jobs/ingest/{delete_job(shared)['id']}/successfulResults")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_only_a_closed_job_can_be_deleted_and_then_it_is_gone(shared: Client) -> None:
    job = delete_job(shared)
    path = f"jobs/ingest/{job['id']}"
    refused = shared("DELETE", path)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    shared.close(job, "Aborted")
    answer = shared("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert shared("GET", path).status_code == 404
    assert shared("GET", "jobs/ingest/750000000000000").status_code == 404


def test_a_job_that_waits_can_be_aborted_and_deleted_and_never_runs() -> None:
    with Emulated(OrgOptions(records=100), ServerOptions(job_seconds=0.5)) as server:
        client = client_of(server)
        aborted, deleted = (delete_job(client) for _ in range(2))
        for job in (aborted, deleted):
            client.upload(job, csv_of(client.ids(TERM, 1)))
            client.close(job)
        assert client.close(aborted, "Aborted").ok
        assert client("DELETE", f"jobs/ingest/{deleted['id']}").status_code == 204
        before = server.org.counts()
        last = client.run(csv_of([NOBODY]), object=TERM, operation="delete")
        assert last["state"] == "JobComplete"
        assert client.info(aborted)["numberRecordsProcessed"] == 0
        assert server.org.counts() == before


def test_a_job_without_rows_completes(shared: Client) -> None:
    job = delete_job(shared)
    shared.close(job)
    assert shared.wait(job)["state"] == "JobComplete"


@pytest.mark.parametrize("header", ["Id,Name", "Name,Id", "Id,Id"])
def test_a_delete_job_with_more_than_ids_fails(shared: Client, header: str) -> None:
    data = f"{header}\n{NOBODY},x\n".encode()
    job = shared.run(data, object=TERM, operation="delete")
    assert job["state"] == "Failed"
    assert job["errorMessage"] == "InvalidBatch : The 'delete' batch must contain only ids."
    assert job["numberRecordsProcessed"] == 0
    assert shared.results(job, "unprocessedrecords") == data.decode()


@pytest.mark.parametrize(("declared", "sent"), [("LF", "\r\n"), ("CRLF", "\n")])
def test_line_ends_other_than_declared_fail_the_job(
    shared: Client, declared: str, sent: str
) -> None:
    data = f"Id{sent}{NOBODY}{sent}".encode()
    job = shared.run(data, object=TERM, operation="delete", lineEnding=declared)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == (
        "ClientInputError : LineEnding is invalid on user data. "
        f"Current LineEnding setting is {declared}"
    )
    raw = shared("GET", f"jobs/ingest/{job['id']}/unprocessedrecords").content
    assert raw == data


def test_declared_line_ends_and_delimiters_are_used_in_results_too(shared: Client) -> None:
    data = f"Id;Name\r\n{NOBODY};x\r\n".encode()
    job = shared.run(
        data, object=TERM, operation="update", lineEnding="CRLF", columnDelimiter="SEMICOLON"
    )
    assert job["state"] == "JobComplete"
    lines = shared.results(job, "failedResults").split("\r\n")
    assert lines[0] == '"sf__Id";"sf__Error";"Id";"Name"'
    assert len(lines) == 3


@pytest.mark.parametrize("data", [b'"Id"\n"%s"\n', b"\xef\xbb\xbfId\n%s\n", b"id\n%s"])
def test_quotes_byte_order_marks_and_missing_last_line_ends_are_fine(
    shared: Client, data: bytes
) -> None:
    job = shared.run(data % NOBODY.encode(), object=TERM, operation="delete")
    assert (job["state"], job["numberRecordsProcessed"]) == ("JobComplete", 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Id,Name\na,b,c\n", "a row has 3 values where the header has 2"),
        (b'Id,Name\n"a" ,b\n', "Failed to parse CSV"),
        (b"Id,Name\n\xff\xfe,b\n", "not UTF-8"),
        (b"Id,Nothing__c\na,b\n", "Field name not found : Nothing__c"),
        (b"Id," + b"x" * 32_000 + b"\n", "more than 32000 characters"),
    ],
)
def test_rows_that_are_not_the_csv_they_should_be_fail_the_job(
    shared: Client, data: bytes, message: str
) -> None:
    job = shared.run(data, object=TERM, operation="update")
    assert job["state"] == "Failed"
    assert message in job["errorMessage"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"object": TERM, "operation": "merge"}, "INVALIDOPERATION"),
        ({"operation": "delete"}, "INVALIDJOB"),
        ({"object": "Nothing__c", "operation": "delete"}, "INVALIDENTITY"),
        ({"object": TERM, "operation": "delete", "lineEnding": "CR"}, "INVALIDJOB"),
        ({"object": TERM, "operation": "delete", "columnDelimiter": "SPACE"}, "INVALIDJOB"),
        ({"object": TERM, "operation": "delete", "contentType": "XML"}, "INVALIDCONTENTTYPE"),
        ({"object": TERM, "operation": "upsert"}, "INVALIDJOB"),
        ({"object": TERM, "operation": "hardDelete"}, "FEATURENOTENABLED"),
    ],
)
def test_a_job_that_cannot_be_is_refused_at_once(
    shared: Client, asked: dict[str, str], code: str
) -> None:
    answer = shared("POST", "jobs/ingest", json=asked)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_hard_delete_without_permission_is_named_in_the_message(shared: Client) -> None:
    asked = {"object": TERM, "operation": "hardDelete"}
    message = shared("POST", "jobs/ingest", json=asked).json()[0]["message"]
    assert message.startswith("FeatureNotEnabled : hardDelete")


def test_a_hard_delete_with_permission_leaves_nothing_in_the_bin() -> None:
    with Emulated(OrgOptions(records=100, hard_delete_permission=True)) as server:
        client = client_of(server)
        ids = client.ids(TERM, 2)
        job = client.run(csv_of(ids), object=TERM, operation="hardDelete")
        assert (job["state"], job["numberRecordsFailed"]) == ("JobComplete", 0)
        assert server.stats()["recycle_bin"][TERM] == 0


def test_a_multipart_request_brings_the_rows_and_closes_the_job(shared: Client) -> None:
    answer = _multipart(shared, {"object": TERM, "operation": "delete"}, csv_of([NOBODY]))
    assert answer.json()["state"] == "UploadComplete"
    assert shared.wait(answer.json())["numberRecordsProcessed"] == 1


def test_a_multipart_request_has_100_000_characters_at_most(shared: Client) -> None:
    asked = {"object": TERM, "operation": "delete"}
    fits, too_long = csv_of([NOBODY] * 5_262), csv_of([NOBODY] * 5_264)
    assert _multipart(shared, asked, fits).ok
    answer = _multipart(shared, asked, too_long)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "CLIENTINPUTERROR")


def _multipart(client: Client, asked: dict[str, str], data: bytes) -> Any:
    files = {
        "job": (None, json.dumps(asked), "application/json"),
        "content": ("content", data, "text/csv"),
    }
    return client("POST", "jobs/ingest", files=files)


def test_insert_update_and_upsert_jobs_write_rows(own: Client) -> None:
    made = own.run(b'Name,Website\nOne,x\n"Two, and ""more""",y\n', object="Account",
                   operation="insert")  # fmt: skip
    done = rows(own.results(made, "successfulResults"))[1:]
    assert {row[1] for row in done} == {"true"}
    assert sorted(row[2] for row in done) == ["One", 'Two, and "more"']
    record = next(row[0] for row in done if row[2] == "One")
    own.run(f"Id,Name,Website\n{record},,#N/A\n".encode(), object="Account", operation="update")
    found = own("GET", f"sobjects/Account/{record}").json()
    assert (found["Name"], found["Website"]) == ("One", None)


def test_an_upsert_job_creates_and_changes_by_external_id(own: Client) -> None:
    key = "Zuora__External_Id__c"
    name = "Zuora__CustomerAccount__c"
    job = {"object": name, "operation": "upsert", "externalIdFieldName": key}
    data = f"{key},Name,Zuora__Account__c\nz-1,Ada,{own.ids('Account', 1)[0]}\n".encode()
    for created in ("true", "false"):
        done = own.run(data, **job)
        assert done["externalIdFieldName"] == key
        assert [row[1] for row in rows(own.results(done, "successfulResults"))[1:]] == [created]


def test_jobs_are_listed_by_type_a_thousand_a_page(own: Client) -> None:
    made = [delete_job(own)["id"]]
    order = Order(object_name=TERM, operation="delete", line_ending="LF", delimiter="COMMA",
                  external_id=None)  # fmt: skip
    jobs, version = own.server.service.jobs, ApiVersion(59)
    made += [jobs.create(version=version, creator="", **vars(order)).id for _ in range(1_000)]
    first = own("GET", "jobs/ingest").json()
    assert first["done"] is False
    second = own("GET", first["nextRecordsUrl"]).json()
    assert (second["done"], second["nextRecordsUrl"]) == (True, None)
    assert [job["id"] for job in first["records"] + second["records"]] == made
    for query, size in (
        ("jobType=V2Ingest", 1_000), ("jobType=Classic", 0), ("isPkChunkingEnabled=true", 0),
        ("isPkChunkingEnabled=false", 1_000),
    ):  # fmt: skip
        assert len(own("GET", f"jobs/ingest?{query}").json()["records"]) == size
    assert own("GET", "jobs/ingest?queryLocator=x").status_code == 400


def test_batches_of_10_000_rows_progress_over_time_and_can_be_aborted_between() -> None:
    with Emulated(OrgOptions(records=0), ServerOptions(batch_seconds=0.3)) as server:
        client = client_of(server)
        job = client.create_job(object=TERM, operation="delete")
        client.upload(job, csv_of([NOBODY] * 30_000))
        client.close(job)
        info = client.wait_until(job, lambda info: info["numberRecordsProcessed"] > 0)
        assert info["state"] == "InProgress"
        assert info["numberRecordsProcessed"] in {10_000, 20_000}
        assert client.close(job, "Aborted").ok
        ended = client.info(job)
        assert ended["state"] == "Aborted"
        left = rows(client.results(job, "unprocessedrecords"))[1:]
        assert len(left) == 30_000 - ended["numberRecordsProcessed"]
        failed = rows(client.results(job, "failedResults"))[1:]
        assert len(failed) == ended["numberRecordsProcessed"]
        used, _ = server.service.allowances.usage("DailyBulkApiBatches")
        assert used == ended["numberRecordsProcessed"] // 10_000


def test_a_job_waits_before_it_starts_and_several_run_at_the_same_time() -> None:
    options = ServerOptions(job_seconds=0.2, batch_seconds=0.5, parallel_jobs=2)
    with Emulated(OrgOptions(records=0), options) as server:
        client = client_of(server)
        jobs = [client.create_job(object=TERM, operation="delete") for _ in range(3)]
        for job in jobs:
            client.upload(job, csv_of([NOBODY]))
            client.close(job)
        assert client.info(jobs[0])["state"] == "UploadComplete"
        client.wait_until(jobs[0], lambda info: info["state"] == "InProgress")
        client.wait_until(jobs[1], lambda info: info["state"] == "InProgress")
        assert client.info(jobs[2])["state"] == "UploadComplete"
        assert {client.wait(job)["state"] for job in jobs} == {"JobComplete"}


def test_batches_beyond_the_daily_allowance_fail_the_job() -> None:
    options = ServerOptions(allowances={"DailyBulkApiBatches": 1})
    with Emulated(OrgOptions(records=0), options) as server:
        client = client_of(server)
        job = client.run(csv_of([NOBODY] * 10_001), object=TERM, operation="delete")
        assert job["state"] == "Failed"
        assert job["errorMessage"].startswith("ExceededQuota")
        assert len(rows(client.results(job, "unprocessedrecords"))) == 2
