"""Mode `sync` over HTTP: records become rows, parents before children, and the state follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.syncs import (
    ACCOUNT,
    INVOICE,
    ITEM,
    KEY,
    METHOD,
    PAYMENT,
    SUBSCRIPTION,
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

ACCOUNTS = schema("Account", "Name CrmId Balance Notes AutoPay ParentId DefaultPaymentMethodId")
INVOICES = schema("Invoice", "InvoiceNumber Amount Status AccountId PostedDate DueDate")
ITEMS = schema("InvoiceItem", "ChargeName InvoiceId SubscriptionId")
METHODS = schema("PaymentMethod", "Name Type AccountId")
SUBSCRIPTIONS = schema("Subscription", "Name Status AccountId Version TermEndDate Deleted")


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=60)) as made:
        yield made


@pytest.fixture
def crm(server: EmulatorServer) -> str:
    return crm_id(server.org)


def account(key: str, crm: str | None, **values: Any) -> Message:
    return record("Account", key, Name=key, CrmId=crm, **values)


def one(server: EmulatorServer, name: str, fields: str, key: str) -> dict[str, Any]:
    (found,) = rows(server.org, f"SELECT {fields} FROM {name} WHERE {KEY} = '{key}'")
    return found


def test_values_are_written_by_the_type_of_their_field(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [
        ACCOUNTS,
        account("v1", crm, Balance="12.50", Notes='one\ntwo, "three"', AutoPay="true"),
        INVOICES,
        record("Invoice", "v2", InvoiceNumber="INV-V", Amount=7, Status="Posted", AccountId="v1",
               PostedDate="2024-05-01T10:20:30.000000Z", DueDate="2024-06-01T00:00:00.000000Z"),
        state(Account=1),
    ])  # fmt: skip
    assert (done.status, done.states) == (0, [{"bookmarks": {"Account": 1}}])
    found = one(server, ACCOUNT, "Name, Zuora__Balance__c, Zuora__Notes__c, Zuora__AutoPay__c, "
                "Zuora__Zuora_Id__c, Zuora__Account__c", "v1")  # fmt: skip
    assert found == {
        "Name": "v1", "Zuora__Balance__c": 12.5, "Zuora__Notes__c": 'one\ntwo, "three"',
        "Zuora__AutoPay__c": True, "Zuora__Zuora_Id__c": "v1", "Zuora__Account__c": crm,
    }  # fmt: skip
    invoice = one(server, INVOICE, "Name, Zuora__TotalAmount__c, Zuora__Posted_Date__c, "
                  "Zuora__DueDate__c, Zuora__BillingAccount__r.Name", "v2")  # fmt: skip
    assert invoice == {
        "Name": "INV-V", "Zuora__TotalAmount__c": 7.0,
        "Zuora__Posted_Date__c": "2024-05-01T10:20:30.000+0000",
        "Zuora__DueDate__c": "2024-06-01", "Zuora__BillingAccount__r": {"Name": "v1"},
    }  # fmt: skip


def test_an_update_to_null_clears_a_field_and_a_lookup_and_a_missing_one_leaves_them(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    full = account("n1", crm, Balance=5, Notes="x", ParentId="n2")
    sync(server, tmp_path, [ACCOUNTS, account("n2", crm), full])
    fields = "Zuora__Balance__c, Zuora__Notes__c, Zuora__Parent__r.Name"
    assert one(server, ACCOUNT, fields, "n1")["Zuora__Parent__r"] == {"Name": "n2"}
    sync(server, tmp_path, [ACCOUNTS, account("n1", crm, Balance=None)])
    assert one(server, ACCOUNT, fields, "n1") == {
        "Zuora__Balance__c": None, "Zuora__Notes__c": "x", "Zuora__Parent__r": {"Name": "n2"},
    }  # fmt: skip
    sync(server, tmp_path, [ACCOUNTS, account("n1", crm, ParentId=None, Notes="")])
    assert one(server, ACCOUNT, fields, "n1") == {
        "Zuora__Balance__c": None, "Zuora__Notes__c": None, "Zuora__Parent__r": None,
    }  # fmt: skip


@pytest.mark.parametrize("batch", [1, 2, 50_000])
def test_children_that_come_before_their_parents_wait_and_hold_the_state_back(
    server: EmulatorServer, tmp_path: Path, crm: str, batch: int
) -> None:
    p = f"w{batch}"
    done = sync(server, tmp_path, [
        ITEMS,
        record("InvoiceItem", f"{p}t", ChargeName="x", InvoiceId=f"{p}i", SubscriptionId=f"{p}s"),
        state(InvoiceItem=1),
        INVOICES,
        record("Invoice", f"{p}i", InvoiceNumber="I", Status="Posted", AccountId=f"{p}a"),
        state(InvoiceItem=1, Invoice=1),
        SUBSCRIPTIONS,
        record("Subscription", f"{p}s", Name=f"{p}S", Status="Active", AccountId=f"{p}a"),
        ACCOUNTS,
        account(f"{p}a", crm),
        state(InvoiceItem=1, Invoice=1, Account=1),
    ], batch_size_rows=batch)  # fmt: skip
    assert done.status == 0
    assert done.states == [{"bookmarks": {"InvoiceItem": 1, "Invoice": 1, "Account": 1}}]
    found = one(server, ITEM, "Zuora__Invoice__r.Zuora__BillingAccount__r.Name, "
                "Zuora__Subscription__r.Name", f"{p}t")  # fmt: skip
    assert found == {
        "Zuora__Invoice__r": {"Zuora__BillingAccount__r": {"Name": f"{p}a"}},
        "Zuora__Subscription__r": {"Name": f"{p}S"},
    }
    assert done.object(ITEM)["upserted"] == 1


def test_lookups_in_a_circle_are_set_once_all_rows_are_there(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [
        ACCOUNTS,
        account("c1", crm, ParentId="c2", DefaultPaymentMethodId="cm"),
        account("c2", crm, ParentId=None, DefaultPaymentMethodId=None),
        METHODS,
        record("PaymentMethod", "cm", Name="card", Type="CreditCard", AccountId="c1"),
    ])  # fmt: skip
    assert done.status == 0
    fields = "Zuora__Parent__r.Name, Zuora__Default_Payment_Method__r.Zuora__External_Id__c"
    assert one(server, ACCOUNT, fields, "c1") == {
        "Zuora__Parent__r": {"Name": "c2"}, "Zuora__Default_Payment_Method__r": {KEY: "cm"},
    }  # fmt: skip


def test_a_lookup_whose_parent_does_not_come_stays_blank_and_is_told(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [
        ACCOUNTS,
        account("b1", crm, ParentId="nobody", DefaultPaymentMethodId="nothing"),
        INVOICES,
        record("Invoice", "b2", InvoiceNumber="I", Status="Posted", AccountId="b1"),
        ITEMS,
        record("InvoiceItem", "b3", ChargeName="x", InvoiceId="b2", SubscriptionId="none"),
        state(Account=1),
    ])  # fmt: skip
    assert (done.status, len(done.states)) == (0, 1)
    assert done.object(ACCOUNT)["blank_links"] == {
        "Zuora__Parent__c": 1, "Zuora__Default_Payment_Method__c": 1,
    }  # fmt: skip
    assert done.object(ITEM)["blank_links"]["Zuora__Subscription__c"] == 1
    assert one(server, ITEM, "Zuora__Subscription__c, Zuora__Invoice__r.Name", "b3") == {
        "Zuora__Subscription__c": None, "Zuora__Invoice__r": {"Name": "I"},
    }  # fmt: skip
    assert "lookups stay blank, their parents did not come: " in done.summary


def test_an_account_without_a_salesforce_account_is_left_out_with_all_that_is_below_it(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [
        ACCOUNTS,
        account("s0", crm), account("s1", ""), account("s2", None), account("s3", "CRM-77"),
        INVOICES,
        record("Invoice", "s4", InvoiceNumber="I", Status="Posted", AccountId="s1"),
        record("Invoice", "s5", InvoiceNumber="I", Status="Posted", AccountId="s0"),
        ITEMS,
        record("InvoiceItem", "s6", ChargeName="x", InvoiceId="s4", SubscriptionId=None),
        state(Account=1),
    ])  # fmt: skip
    assert (done.status, len(done.states)) == (0, 1)
    assert keys(server.org, ACCOUNT, "s") == {"s0"}
    assert keys(server.org, INVOICE, "s") == {"s5"}
    assert {(each["id"], each["code"]) for each in done.file("skipped.csv")} == {
        ("s1", "NO_SALESFORCE_ACCOUNT"), ("s2", "NO_SALESFORCE_ACCOUNT"),
        ("s3", "NO_SALESFORCE_ACCOUNT"), ("s4", "PARENT_NOT_IN_SALESFORCE"),
        ("s6", "PARENT_NOT_IN_SALESFORCE"),
    }  # fmt: skip
    assert done.object(ACCOUNT)["skipped"] == 3
    # Whatever becomes of them, the report tells how many the tap has sent.
    assert done.report["records_read"] == {"Account": 4, "Invoice": 2, "InvoiceItem": 1}


@pytest.mark.parametrize("said", ["CRM-77", 5, "001000000000", "https://x.my.salesforce.com/"])
def test_an_account_whose_crm_id_is_none_of_an_account_is_not_removed(
    server: EmulatorServer, tmp_path: Path, crm: str, said: object
) -> None:
    invoice = record("Invoice", "sb2", InvoiceNumber="I", Status="Posted", AccountId="sb1")
    sync(server, tmp_path, [ACCOUNTS, account("sb1", crm), INVOICES, invoice])
    other = record("Account", "sb1", Name="sb1", CrmId=said)
    done = sync(server, tmp_path, [ACCOUNTS, other, state(Account=1)])
    assert (done.status, done.states) == (4, [])
    assert done.report["failures"][0]["code"] == "CRM_ID_IS_NO_ACCOUNT"
    assert (keys(server.org, ACCOUNT, "sb"), keys(server.org, INVOICE, "sb")) == ({"sb1"}, {"sb2"})


def test_a_row_whose_parents_stream_is_not_selected_fails_and_the_state_stays(
    server: EmulatorServer, tmp_path: Path
) -> None:
    stream = [
        ITEMS,
        record("InvoiceItem", "x1", ChargeName="x", InvoiceId="nowhere", SubscriptionId=None),
        state(InvoiceItem=1),
    ]
    done = sync(server, tmp_path, stream)
    assert (done.status, done.states) == (4, [])
    (failure,) = done.report["failures"]
    assert failure["code"] == "PARENT_STREAM_NOT_SENT"
    assert "select that stream too" in failure["message"]
    allowed = sync(server, tmp_path, stream, allow_failures=True)
    assert (allowed.status, len(allowed.states)) == (0, 1)


def test_a_record_that_comes_twice_is_loaded_as_it_was_last(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(
        server,
        tmp_path,
        [
            schema("Account", "Name CrmId Balance"),
            *(account("t1", crm, Balance=number) for number in range(5)),
        ],
        batch_size_rows=3,
    )
    assert one(server, ACCOUNT, "Zuora__Balance__c", "t1") == {"Zuora__Balance__c": 4.0}
    assert done.object(ACCOUNT)["merged"] == 4


def test_a_sparse_record_leaves_what_an_earlier_one_of_the_same_batch_said(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    sync(server, tmp_path, [
        schema("Account", "Name CrmId Balance Notes"),
        account("sp1", crm, Balance=1, Notes="kept"), account("sp1", crm, Balance=2),
    ])  # fmt: skip
    found = one(server, ACCOUNT, "Zuora__Balance__c, Zuora__Notes__c", "sp1")
    assert found == {"Zuora__Balance__c": 2.0, "Zuora__Notes__c": "kept"}


def test_state_is_passed_on_as_batches_are_loaded(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    messages: list[Message] = [ACCOUNTS]
    for number in range(6):
        messages += [account(f"m{number}", crm), state(Account=number)]
    done = sync(server, tmp_path, messages, batch_size_rows=2)
    assert [each["bookmarks"]["Account"] for each in done.states] == [0, 2, 4, 5]


def test_a_state_never_runs_ahead_of_a_failed_row(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    messages: list[Message] = [ACCOUNTS]
    for number in range(6):
        balance = "much" if number == 3 else "1"
        messages += [account(f"f{number}", crm, Balance=balance), state(Account=number)]
    done = sync(server, tmp_path, messages, batch_size_rows=2)
    assert done.status == 4
    assert [each["bookmarks"]["Account"] for each in done.states] == [0]
    (failure,) = done.report["failures"]
    assert failure["code"] == "VALUE_DOES_NOT_FIT"
    assert "much" not in failure["message"]
    assert done.report["status"] == "partial"
    assert done.file("failures.csv")[0]["id"] == "f3"


def test_texts_that_are_too_long_are_cut_and_counted(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    done = sync(server, tmp_path, [ACCOUNTS, record("Account", "l1", CrmId=crm, Name="n" * 300)])
    assert done.object(ACCOUNT)["cut"] == {"Name": 1}
    assert one(server, ACCOUNT, "Name", "l1") == {"Name": "n" * 80}
    assert "1 text was cut to the length of its field: " in done.summary


def test_the_new_version_of_a_subscription_takes_the_place_and_the_number_of_the_old_one(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    first = [
        ACCOUNTS, account("e0", crm), SUBSCRIPTIONS,
        record("Subscription", "e1", Name="A-E", Status="Active", AccountId="e0", Version=1),
    ]  # fmt: skip
    sync(server, tmp_path, first)
    done = sync(server, tmp_path, [
        ACCOUNTS, SUBSCRIPTIONS,
        record("Subscription", "e2", Name="A-E", Status="Active", AccountId="e0", Version=2),
        record("Subscription", "e1", Name="A-E", Status="Expired", AccountId="e0", Version=1),
    ], batch_size_rows=1)  # fmt: skip
    assert done.status == 0
    assert keys(server.org, SUBSCRIPTION, "e") == {"e2"}
    found = one(server, SUBSCRIPTION, "Zuora__SubscriptionNumber__c, Zuora__Version__c", "e2")
    assert found == {"Zuora__SubscriptionNumber__c": "A-E", "Zuora__Version__c": 2}


def test_what_is_deleted_in_zuora_is_removed_with_what_is_below_it(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    invoices = schema("Invoice", "InvoiceNumber Status AccountId Deleted")
    sync(server, tmp_path, [
        ACCOUNTS, account("dl0", crm), invoices,
        record("Invoice", "dl1", InvoiceNumber="I", Status="Posted", AccountId="dl0"),
        record("Invoice", "dl2", InvoiceNumber="I", Status="Posted", AccountId="dl0"),
        ITEMS, record("InvoiceItem", "dl3", ChargeName="x", InvoiceId="dl1"),
    ])  # fmt: skip
    done = sync(server, tmp_path, [
        ACCOUNTS, invoices,
        record("Invoice", "dl1", InvoiceNumber="I", Status="Posted", AccountId="dl0", Deleted=True),
        record("Invoice", "dl9", InvoiceNumber="I", Status="Posted", AccountId="dl0", Deleted=True),
        record("Invoice", "dl2", InvoiceNumber="I", Status="Draft", AccountId="dl0", Deleted=False),
        state(Invoice=1),
    ])  # fmt: skip
    assert (done.status, len(done.states)) == (0, 1)
    assert keys(server.org, INVOICE, "dl") == set()
    assert keys(server.org, ITEM, "dl") == set()
    counts = done.object(INVOICE)
    assert (counts["deleted"], counts["skipped_why"]) == (2, {"NOT_IN_SALESFORCE": 1})


def test_a_deletion_that_overtakes_a_waiting_row_is_not_undone_by_it(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    invoices = schema("Invoice", "InvoiceNumber Status AccountId Deleted")
    values = {"InvoiceNumber": "I", "Status": "Posted", "AccountId": "q0"}
    done = sync(server, tmp_path, [
        invoices,
        record("Invoice", "q1", **values, Deleted=False),
        record("Invoice", "q2", **values, Deleted=False),
        record("Invoice", "q1", **values, Deleted=True),
        ACCOUNTS, account("q0", crm),
    ], batch_size_rows=1)  # fmt: skip
    assert done.status == 0
    assert keys(server.org, INVOICE, "q") == {"q2"}


def test_a_deleted_product_is_flagged_while_quoted_products_are_kept(
    server: EmulatorServer, tmp_path: Path
) -> None:
    products = schema("Product", "Name SKU Deleted")
    values = {"Name": "P", "SKU": "S-1"}
    stream = [products, record("Product", "p1", **values, Deleted=True)]
    sync(server, tmp_path, [products, record("Product", "p1", **values, Deleted=False)])
    sync(server, tmp_path, stream)
    soql = "SELECT zqu__Deleted__c FROM Product2 WHERE zqu__ZuoraId__c = 'p1'"
    assert rows(server.org, soql) == [{"zqu__Deleted__c": True}]
    done = sync(server, tmp_path, stream, keep_quoted_products=False,
                allow_cascade_to=["PricebookEntry"])  # fmt: skip
    assert rows(server.org, soql) == []
    assert done.object("Product2")["deleted"] == 1


def test_streams_without_an_object_type_are_ignored_with_a_word_or_refused(
    server: EmulatorServer, tmp_path: Path
) -> None:
    stream = [schema("Amendment", "Name"), record("Amendment", "a1", Name="x"), state(Amendment=1)]
    assert sync(server, tmp_path, stream).states == [{"bookmarks": {"Amendment": 1}}]
    refused = sync(server, tmp_path, stream, unmapped_streams="refuse")
    assert (refused.status, refused.states) == (2, [])
    assert "takes the stream 'Amendment'" in refused.message


def test_a_stream_without_the_field_that_its_records_need_is_refused(
    server: EmulatorServer, tmp_path: Path
) -> None:
    done = sync(server, tmp_path, [schema("Account", "Name"), record("Account", "1", Name="x")])
    assert done.status == 2
    assert "The stream 'Account' has no field CrmId" in done.message


def test_fields_are_added_overridden_and_left_out_by_field_maps(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    field_maps = {"Account": {"Region": "Zuora__Notes__c", "Notes": None,
                              "Name": ["Name", "Zuora__SalesRepName__c"]}}  # fmt: skip
    stream = [schema("Account", "Name CrmId Notes Region"),
              record("Account", "o1", Name="N", CrmId=crm, Notes="no", Region="EU")]  # fmt: skip
    assert sync(server, tmp_path, stream, field_maps=field_maps).status == 0
    found = one(server, ACCOUNT, "Name, Zuora__Notes__c, Zuora__SalesRepName__c", "o1")
    assert found == {"Name": "N", "Zuora__Notes__c": "EU", "Zuora__SalesRepName__c": "N"}


def test_stream_maps_of_the_sdk_rename_streams_and_compute_fields(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    stream_maps = {"kunden": {"__alias__": "Account", "CrmId": f"'{crm}'",
                              "Notes": "Name.upper()"}}  # fmt: skip
    text = {"type": ["string", "null"]}
    stream = [schema("kunden", "", Name=text), record("kunden", "g1", Name="acme")]
    done = sync(server, tmp_path, stream, stream_maps=stream_maps)
    assert done.status == 0
    assert one(server, ACCOUNT, "Zuora__Notes__c", "g1") == {"Zuora__Notes__c": "ACME"}


def test_record_metadata_goes_where_field_maps_say(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    message = {**account("h1", crm), "time_extracted": "2026-01-02T03:04:05Z"}
    done = sync(
        server, tmp_path, [ACCOUNTS, message], add_record_metadata=True,
        field_maps={"Account": {"_sdc_extracted_at": "Zuora__Notes__c"}},
    )  # fmt: skip
    assert done.status == 0
    assert one(server, ACCOUNT, "Zuora__Notes__c", "h1") == {
        "Zuora__Notes__c": "2026-01-02T03:04:05Z"
    }


def test_streams_of_other_names_are_led_to_their_object_by_stream_objects(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    stream = [schema("crm_kunden", "Name CrmId"), record("crm_kunden", "k1", Name="K", CrmId=crm)]
    done = sync(server, tmp_path, stream, stream_objects={"crm_kunden": ACCOUNT})
    assert done.status == 0
    assert keys(server.org, ACCOUNT, "k") == {"k1"}


def test_a_payment_is_found_by_the_key_that_the_org_has(
    server: EmulatorServer, tmp_path: Path, crm: str
) -> None:
    payments = schema("Payment", "PaymentNumber Amount AccountId")
    for amount in (1, 2):
        sync(server, tmp_path, [
            ACCOUNTS, account("y0", crm), payments,
            record("Payment", "y1", PaymentNumber="P-Y", Amount=amount, AccountId="y0"),
        ])  # fmt: skip
    found = rows(server.org, f"SELECT Zuora__Amount__c FROM {PAYMENT} "
                 "WHERE Zuora__EXT_ID__c = 'y1'")  # fmt: skip
    assert found == [{"Zuora__Amount__c": 2.0}]
    assert keys(server.org, METHOD, "y") == set()
