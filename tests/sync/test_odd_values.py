"""Odd values of a stream: loaded, or that record alone fails; never the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.syncs import (
    ACCOUNT,
    INVOICE,
    KEY,
    Message,
    crm_id,
    keys,
    record,
    rows,
    schema,
    state,
    sync,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ACCOUNTS = schema("Account", "Name CrmId Status Notes Balance Deleted")
TEXT = {"type": ["string", "null"]}


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=60)) as made:
        yield made


@pytest.fixture
def crm(server: EmulatorServer) -> str:
    return crm_id(server.org)


def account(key: str, crm: str, **values: Any) -> Message:
    return record("Account", key, **{"Name": key, "CrmId": crm, **values})


def test_a_state_with_a_fraction_is_passed_on_to_the_last_digit(
    server: EmulatorServer, tmp_path: Path
) -> None:
    done = sync(server, tmp_path, [ACCOUNTS, state(Account={"at": 1732500000.5})])
    assert done.states == [{"bookmarks": {"Account": {"at": 1732500000.5}}}]


def test_of_states_after_every_record_the_last_before_each_batch_is_passed_on(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    pairs = ((account(f"os{at}", crm), state(Account=at)) for at in range(1, 13))
    stream = [ACCOUNTS, *(each for pair in pairs for each in pair)]
    done = sync(server, tmp_path, stream, batch_size_rows=5)
    assert [each["bookmarks"]["Account"] for each in done.states] == [4, 9, 12]


def test_half_a_character_is_marked_and_the_rest_is_loaded(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    cut = account("oa2", crm, Notes="cut \ud83d", Name="whole \U0001f600")
    done = sync(server, tmp_path, [ACCOUNTS, account("oa1", crm), cut, state(Account=1)])
    assert (done.status, len(done.states)) == (0, 1)
    (found,) = rows(server.org, f"SELECT Name, Zuora__Notes__c FROM {ACCOUNT} WHERE {KEY} = 'oa2'")
    assert found == {"Name": "whole \U0001f600", "Zuora__Notes__c": "cut \ufffd"}


def test_a_version_of_a_stream_that_never_begins_is_passed_over(
    server: EmulatorServer, tmp_path: Path
) -> None:
    version = {"type": "ACTIVATE_VERSION", "stream": "Nope", "version": 17}
    done = sync(server, tmp_path, [version, ACCOUNTS, version, state(Account=1)])
    assert (done.status, len(done.states)) == (0, 1)


@pytest.mark.parametrize("flag", [True, 1, 1.0, "1", "true", "True"])
def test_every_form_of_deleted_removes_a_row(
    server: EmulatorServer, tmp_path: Path, crm: str, flag: object
) -> None:
    sync(server, tmp_path, [ACCOUNTS, account("od1", crm)])
    sync(server, tmp_path, [ACCOUNTS, account("od1", crm, Deleted=flag)])
    assert keys(server.org, ACCOUNT, "od1") == set()


@pytest.mark.parametrize("flag", ["t", "yes", 2, [], {}, "deleted"])
@pytest.mark.parametrize("stream", ["Account", "Product"])
def test_a_flag_that_says_neither_fails_its_record_alone(
    server: EmulatorServer, tmp_path: Path, crm: str, stream: str, flag: object
) -> None:
    one = record(stream, "of1", Name="x", CrmId=crm, Deleted=flag)
    other = record(stream, "of2", Name="x", CrmId=crm, Deleted=0)
    done = sync(server, tmp_path, [schema(stream, "Name CrmId Deleted"), one, other])
    assert (done.status, done.states) == (4, [])
    failures = {(each["id"], each["code"]) for each in done.file("failures.csv")}
    assert failures == {("of1", "VALUE_DOES_NOT_FIT")}


@pytest.mark.parametrize("flag", [None, False, 0, "0", "False", "", 0.0])
def test_what_says_that_it_is_not_deleted_is_loaded(
    server: EmulatorServer, tmp_path: Path, crm: str, flag: object
) -> None:
    done = sync(server, tmp_path, [ACCOUNTS, account("on1", crm, Deleted=flag)])
    assert (done.status, done.object(ACCOUNT)["upserted"]) == (0, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("Status", ["Draft"]), ("AccountId", {"Id": "oi1"}), ("AccountId", ["x"])]
)
def test_what_decides_on_a_records_place_has_to_be_a_text(
    server: EmulatorServer, tmp_path: Path, field: str, value: object
) -> None:
    invoice = {"InvoiceNumber": "1", "Status": "Posted", "AccountId": "oi1", field: value}
    stream = schema("Invoice", "InvoiceNumber Status AccountId")
    done = sync(server, tmp_path, [stream, record("Invoice", "oi2", **invoice), state(Invoice=1)])
    assert (done.status, done.states) == (4, [])
    assert [each["message"] for each in done.file("failures.csv")] == [f"{field} is no text"]


@pytest.mark.parametrize("bookmarks", [None, ["secret"], "secret"])
def test_a_state_that_no_tap_could_go_on_from_is_refused(
    server: EmulatorServer, tmp_path: Path, crm: str, bookmarks: object
) -> None:
    odd = {"type": "STATE", "value": {"bookmarks": bookmarks}}
    done = sync(server, tmp_path, [ACCOUNTS, account("ob1", crm), odd])
    assert (done.status, done.states) == (2, [])
    assert "bookmarks whose value is no object" in done.message
    assert "secret" not in done.summary


def test_half_a_character_in_a_state_is_passed_on_as_it_came(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [ACCOUNTS, account("oh1", crm), state(Account="2026\ud800")])
    assert (done.status, done.states) == (0, [{"bookmarks": {"Account": "2026\ud800"}}])


@pytest.mark.parametrize(
    ("stream", "flag"),
    [(schema("Product", "Name Deleted"), {"Deleted": "1"}),
     (schema("Product", "Name _sdc_deleted_at"), {"_sdc_deleted_at": "2026-01-01T00:00:00Z"})],
    ids=["Deleted", "_sdc_deleted_at"],
)  # fmt: skip
@pytest.mark.parametrize("metadata", [False, True])
def test_a_product_that_is_deleted_is_flagged_by_either(
    server: EmulatorServer, tmp_path: Path, stream: Message, flag: dict[str, str], *, metadata: bool
) -> None:
    key = f"op-{next(iter(flag))}-{metadata}"
    product = record("Product", key, Name="P", **flag)
    sync(server, tmp_path, [stream, product], add_record_metadata=metadata)
    soql = f"SELECT zqu__Deleted__c FROM Product2 WHERE zqu__ZuoraId__c = '{key}'"
    assert rows(server.org, soql) == [{"zqu__Deleted__c": True}]


def test_a_record_that_the_sdk_calls_deleted_removes_its_row(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    stream = schema("Account", "CrmId Status _sdc_deleted_at")
    sync(server, tmp_path, [ACCOUNTS, account("om1", crm), account("om2", crm)])
    when = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    sync(server, tmp_path, [stream, account("om1", crm, **when), account("om2", crm)])
    assert keys(server.org, ACCOUNT, "om") == {"om2"}


def test_the_sdk_s_metadata_is_allowed_where_a_schema_allows_nothing_else(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    stream = schema("Account", "CrmId Status Name")
    stream["schema"]["additionalProperties"] = False
    when = {"_sdc_extracted_at": "2026-01-01T00:00:00Z"}
    done = sync(server, tmp_path, [stream, account("on1", crm, **when), state(Account=1)])
    assert (done.status, keys(server.org, ACCOUNT, "on")) == (0, {"on1"})


def test_a_value_of_another_type_fails_its_record_alone(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    accounts = schema("Account", "CrmId Status", Name=TEXT)
    stream = [accounts, account("ot1", crm), account("ot2", crm, Name=["x"]), account("ot3", crm)]
    done = sync(server, tmp_path, [*stream, state(Account=1)], allow_failures=True)
    assert (done.status, len(done.states)) == (0, 1)
    assert keys(server.org, ACCOUNT, "ot") == {"ot1", "ot3"}
    assert [(each["id"], each["code"]) for each in done.file("failures.csv")] == [
        ("ot2", "VALUE_DOES_NOT_FIT")
    ]


def test_a_list_is_no_id(server: EmulatorServer, tmp_path: Path, crm: str) -> None:
    odd: Message = {"type": "RECORD", "stream": "Account", "record": {"Id": ["x"], "CrmId": crm}}
    done = sync(server, tmp_path, [ACCOUNTS, odd, account("ol1", crm)], allow_failures=True)
    assert done.status == 0
    assert keys(server.org, ACCOUNT, "ol") == {"ol1"}
    assert done.object(ACCOUNT)["failed"] == 1


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_a_schema_with_fewer_fields_clears_nothing_that_another_said(
    server: EmulatorServer, tmp_path: Path, crm: str, batch: int
) -> None:
    key = f"os{batch}"
    sync(server, tmp_path, [
        ACCOUNTS, account(key, crm, Notes="kept", Balance=1),
        schema("Account", "CrmId Status Balance"),
        record("Account", key, CrmId=crm, Status="Active", Balance=2),
    ], batch_size_rows=batch)  # fmt: skip
    fields = "Zuora__Notes__c, Zuora__Balance__c"
    assert rows(server.org, f"SELECT {fields} FROM {ACCOUNT} WHERE {KEY} = '{key}'") == [
        {"Zuora__Notes__c": "kept", "Zuora__Balance__c": 2.0}
    ]


def test_a_cancelled_account_goes(server: EmulatorServer, tmp_path: Path, crm: str) -> None:
    sync(server, tmp_path, [ACCOUNTS, account("oc1", crm, Status="Active")])
    sync(server, tmp_path, [ACCOUNTS, account("oc1", crm, Status="Canceled")])
    assert keys(server.org, ACCOUNT, "oc1") == set()


def test_columns_may_be_spelled_as_the_export_has_them(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    invoices = schema("Invoice", "invoicenumber STATUS Account.Id")
    invoice: Message = {"type": "RECORD", "stream": "Invoice", "record": {
        "Id": "on2", "invoicenumber": "I-1", "STATUS": "Posted", "Account.Id": "on1"}}  # fmt: skip
    done = sync(server, tmp_path, [ACCOUNTS, account("on1", crm), invoices, invoice])
    assert done.status == 0, done.message
    (found,) = rows(server.org, "SELECT Name, Zuora__BillingAccount__r.Name "
                    f"FROM {INVOICE} WHERE {KEY} = 'on2'")  # fmt: skip
    assert found == {"Name": "I-1", "Zuora__BillingAccount__r": {"Name": "on1"}}


@pytest.mark.parametrize(
    ("maps", "says"),
    [
        ({"Notess": "Zuora__Notes__c"}, "no field 'Notess'; did you mean 'Notes'?"),
        ({"Notes": "Zuora__Note__c"}, "user may write; did you mean 'Zuora__Notes__c'?"),
    ],
)  # fmt: skip
def test_a_typing_mistake_in_field_maps_is_an_error_with_the_nearest_name(
    server: EmulatorServer, tmp_path: Path, maps: dict[str, str], says: str
) -> None:
    done = sync(server, tmp_path, [ACCOUNTS], field_maps={"Account": maps})
    assert done.status == 2
    assert says in done.message


def test_a_dash_leaves_a_field_out_as_null_does(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    maps = {"Account": {"Notes": "-"}}
    sync(server, tmp_path, [ACCOUNTS, account("om1", crm, Notes="x")], field_maps=maps)
    soql = f"SELECT Zuora__Notes__c FROM {ACCOUNT} WHERE {KEY} = 'om1'"
    assert rows(server.org, soql) == [{"Zuora__Notes__c": None}]


def test_a_record_that_names_no_parent_is_no_row(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    invoices = schema("Invoice", "InvoiceNumber Status AccountId")
    orphan = record("Invoice", "oo1", InvoiceNumber="I", Status="Posted", AccountId=None)
    done = sync(server, tmp_path, [ACCOUNTS, account("oo0", crm), invoices, orphan])
    assert done.status == 0
    assert keys(server.org, INVOICE, "oo") == set()
    assert done.object(INVOICE)["skipped_why"] == {"PARENT_NOT_IN_SALESFORCE": 1}
