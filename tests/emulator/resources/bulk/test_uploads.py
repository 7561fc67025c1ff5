"""What an upload may be, and what the results say of a row that failed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.http_client import Client

INVOICE = "Zuora__ZInvoice__c"
ACCOUNT = "Zuora__CustomerAccount__c"


def failed(client: Client, data: bytes, version: str = "v59.0", **job: str) -> list[dict[str, str]]:
    created = client.create_job(version, **job)
    assert client.upload(created, data).status_code == 201
    client.close(created)
    ended = client.wait(created)
    assert ended["state"] == "JobComplete", ended
    text = client("GET", f"jobs/ingest/{created['id']}/failedResults").content.decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        ("LF", b"Name\na\r\nb\n"),
        ("CRLF", b"Name\r\na\nb\r\n"),
        ("LF", b"Name\na\rb\n"),
        ("CRLF", b"Name\r\na\r\nb\n"),
    ],
)
def test_line_endings_are_all_of_one_kind(own: Client, ending: str, data: bytes) -> None:
    job = own.run(data, object=INVOICE, operation="insert", lineEnding=ending)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == (
        "ClientInputError : LineEnding is invalid on user data. "
        f"Current LineEnding setting is {ending}"
    )


def test_a_value_in_quotes_may_have_other_line_breaks(own: Client) -> None:
    rows = b'Name,Zuora__Description__c\na,"one\r\ntwo"\nb,"three\rfour"\n'
    assert failed(own, rows, object=INVOICE, operation="insert") == []


def test_a_value_that_no_field_takes_fails_its_row_alone(own: Client) -> None:
    long = "x" * 140_000
    rows = f'Name,Zuora__Description__c\na,short\nb,"{long}, ""and"" more"\nc,short\n'
    job = own.run(rows.encode(), object=INVOICE, operation="insert")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    told = own.results(job, "failedResults")
    assert '"STRING_TOO_LONG:Description: data value too large: xxx' in told
    assert ' (max length=255):Zuora__Description__c --","b","xxx' in told


def test_a_failed_row_names_its_fields(own: Client) -> None:
    [row] = failed(own, b"Phone\n1\n", object="Account", operation="insert")
    assert row["sf__Error"] == (
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    )


@pytest.mark.parametrize(("version", "named"), [("v59.0", True), ("v52.0", False)])
def test_a_failed_update_has_its_id_from_version_53_on(
    own: Client, version: str, *, named: bool
) -> None:
    [record] = own.ids(INVOICE, 1)
    rows = f"Id,Name\n{record},{'x' * 81}\n".encode()
    [row] = failed(own, rows, version, object=INVOICE, operation="update")
    assert (row["sf__Id"], row["Id"]) == (record if named else "", record)


def test_what_a_job_has_not_come_to_is_told_with_values_of_any_length(own: Client) -> None:
    fault = {"state": "Failed", "after_batches": 0}
    assert own("POST", "/__emulator__/faults", json={"jobs": [fault]}).ok
    rows = f'Name,Zuora__Description__c\na,"{"x" * 140_000}"\nb,"c\nd"\n'.encode()
    job = own.run(rows, object=INVOICE, operation="insert")
    assert own.results(job, "unprocessedrecords").encode() == rows
