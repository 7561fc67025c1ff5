"""Mode `sync` over several runs: what waits for a parent, or for a value, comes when that does."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.dying import Died, dying
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.runs import run as cleanup
from tests.support.syncs import (
    ACCOUNT,
    INVOICE,
    ITEM,
    KEY,
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
    from tests.support.runs import Ran

ACCOUNTS = schema("Account", "Name CrmId Status BillToContactId ParentId")
INVOICES = schema("Invoice", "InvoiceNumber Status AccountId")
ITEMS = schema("InvoiceItem", "ChargeName InvoiceId SubscriptionId")
SUBSCRIPTIONS = schema("Subscription", "Name Status AccountId")
PLANS = schema("RatePlan", "Name SubscriptionId AccountId")
CONTACTS = schema("Contact", "FirstName LastName City")
CHARGES = schema("RatePlanCharge", "Name RatePlanId SubscriptionId MRR ChargedThroughDate")


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=60)) as made:
        yield made


@pytest.fixture
def crm(server: EmulatorServer) -> str:
    return crm_id(server.org)


@pytest.fixture
def run(server: EmulatorServer, tmp_path: Path) -> Any:
    """Runs the target on a stream, each time with what the last run has kept."""

    def made(*messages: Message, **config: Any) -> Ran:
        kept = {"kept_file": str(tmp_path / "kept.sqlite")}
        return sync(server, tmp_path / "out", messages, **{**kept, **config})

    return made


def one(server: EmulatorServer, name: str, fields: str, key: str) -> dict[str, Any]:
    (found,) = rows(server.org, f"SELECT {fields} FROM {name} WHERE {KEY} = '{key}'")
    return found


def invoice(key: str, account: str, status: str = "Posted") -> Message:
    return record("Invoice", key, InvoiceNumber=key, Status=status, AccountId=account)


def test_a_child_whose_parent_comes_with_the_next_run_is_loaded_then(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    item = record("InvoiceItem", "ra3", ChargeName="x", InvoiceId="ra2", SubscriptionId=None)
    first = run(ACCOUNTS, record("Account", "ra1", Name="a", CrmId=crm), INVOICES, ITEMS, item,
                state(Account=1, InvoiceItem=1))  # fmt: skip
    assert first.states == [{"bookmarks": {"Account": 1, "InvoiceItem": 1}}]
    assert first.report["kept"] == {"lasts": True, "objects": [
        {"api_name": ITEM, "rows": 1, "below": 0, "links": 0, "stale": 0}]}  # fmt: skip
    assert "1 record waits for a parent" in first.summary
    # The tap sends no SCHEMA of items any more.
    second = run(INVOICES, invoice("ra2", "ra1"), state(Invoice=1))
    assert second.status == 0
    assert keys(server.org, ITEM, "ra") == {"ra3"}
    assert second.report["kept"]["objects"] == []
    assert second.object(ITEM)["caught_up"] == 1


def test_a_lookup_that_was_left_blank_is_set_when_its_parent_comes(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(
        ACCOUNTS,
        record("Account", "rb1", Name="b", CrmId=crm, ParentId="rb2"),
        state(Account=1),
    )
    assert one(server, ACCOUNT, "Zuora__Parent__c", "rb1") == {"Zuora__Parent__c": None}
    done = run(ACCOUNTS, record("Account", "rb2", Name="up", CrmId=crm), state(Account=2))
    assert one(server, ACCOUNT, "Zuora__Parent__r.Name", "rb1") == {
        "Zuora__Parent__r": {"Name": "up"}
    }
    assert done.object(ACCOUNT)["links_set"] == 1


def test_what_is_below_an_account_comes_when_that_gets_its_crm_id_and_goes_with_it(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    item = record("InvoiceItem", "rc3", ChargeName="x", InvoiceId="rc2", SubscriptionId=None)
    done = run(ACCOUNTS, record("Account", "rc1", Name="c", CrmId=None), INVOICES,
               invoice("rc2", "rc1"), ITEMS, item)  # fmt: skip
    assert {each["api_name"]: each["below"] for each in done.report["kept"]["objects"]} == {
        INVOICE: 1, ITEM: 1,
    }  # fmt: skip
    run(ACCOUNTS, record("Account", "rc1", Name="c", CrmId=crm))
    assert keys(server.org, ITEM, "rc") == {"rc3"}
    run(ACCOUNTS, record("Account", "rc1", Name="c", CrmId=None))
    assert keys(server.org, ACCOUNT, "rc") == set()
    # What was below it is gone too, lookups to it as well, and this tap sends nothing by itself.
    back = run(state(Invoice=1, InvoiceItem=1, Account=1, Product=1), ACCOUNTS,
               record("Account", "rc1", Name="c", CrmId=crm),
               state(Invoice=1, InvoiceItem=1, Account=2, Product=1))  # fmt: skip
    assert back.states == [{"bookmarks": {"Product": 1}}]


def test_an_invoice_that_is_posted_after_its_items_came_brings_them(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    item = record("InvoiceItem", "rd3", ChargeName="x", InvoiceId="rd2", SubscriptionId=None)
    run(ACCOUNTS, record("Account", "rd1", Name="d", CrmId=crm), INVOICES,
        invoice("rd2", "rd1", "Draft"), ITEMS, item)  # fmt: skip
    assert keys(server.org, INVOICE, "rd") == keys(server.org, ITEM, "rd") == set()
    run(INVOICES, invoice("rd2", "rd1"))
    assert keys(server.org, ITEM, "rd") == {"rd3"}


def test_values_of_another_stream_are_filled_when_it_comes_and_when_it_changes(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    fields = "Zuora__BillToCity__c, Zuora__BillToName__c, Zuora__BillToId__c"
    run(ACCOUNTS, record("Account", "re1", Name="e", CrmId=crm, BillToContactId="re2"),
        CONTACTS, record("Contact", "re2", FirstName="Ann", LastName="Lee", City="Rome")
        )  # fmt: skip
    assert one(server, ACCOUNT, fields, "re1") == {
        "Zuora__BillToCity__c": "Rome", "Zuora__BillToName__c": "Ann Lee",
        "Zuora__BillToId__c": "re2",
    }  # fmt: skip
    done = run(CONTACTS, record("Contact", "re2", FirstName="Ann", LastName="Lee", City="Oslo"))
    assert one(server, ACCOUNT, fields, "re1")["Zuora__BillToCity__c"] == "Oslo"
    assert done.object(ACCOUNT)["refilled"] == 1


def test_sums_and_the_salesforce_account_reach_every_object_that_has_them(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    sub = record("Subscription", "rf2", Name="rf2", Status="Active", AccountId="rf1")
    first = run(
        state(), CHARGES,
        record("RatePlanCharge", "rf4", Name="1", RatePlanId="rf3", SubscriptionId="rf2",
               MRR="1.50", ChargedThroughDate="2026-05-01"),
        record("RatePlanCharge", "rf5", Name="2", RatePlanId="rf3", SubscriptionId="rf2", MRR=2,
               ChargedThroughDate="2026-04-01"),
        PLANS, record("RatePlan", "rf3", Name="p", SubscriptionId="rf2", AccountId="rf1"),
        SUBSCRIPTIONS, sub, ACCOUNTS, record("Account", "rf1", Name="f", CrmId=crm),
    )  # fmt: skip
    assert first.status == 0, first.message
    fields = "Zuora__MRR__c, Zuora__NextChargeDate__c, Zuora__Account__c"
    assert one(server, SUBSCRIPTION, fields, "rf2") == {
        "Zuora__MRR__c": 3.5, "Zuora__NextChargeDate__c": "2026-04-01", "Zuora__Account__c": crm,
    }  # fmt: skip
    run(CHARGES, record("RatePlanCharge", "rf5", MRR=4))
    assert one(server, SUBSCRIPTION, fields, "rf2")["Zuora__MRR__c"] == 5.5


def test_without_a_place_that_lasts_the_bookmark_of_what_waits_stays_and_no_other(
    run: Any, crm: str
) -> None:
    before, after = (
        {name: {"UpdatedDate": f"2024-0{month}-01T00:00:00Z"} for name in names}
        for names in [("Account", "Invoice", "InvoiceItem")]
        for month in (1, 2)
    )
    created = {"CreatedDate": "2024-01-02T00:00:00Z"}
    done = run(
        state(**before),
        schema("Account", "Name CrmId CreatedDate"),
        record("Account", "rg1", Name="g", CrmId=crm, **created),
        INVOICES,
        schema("InvoiceItem", "ChargeName InvoiceId SubscriptionId CreatedDate"),
        record("InvoiceItem", "rg3", InvoiceId="rg2", SubscriptionId=None, **created),
        state(**after),
        kept_file="",
    )
    assert done.states == [{"bookmarks": {**after, "InvoiceItem": before["InvoiceItem"]}}]
    assert "Name a place that lasts" in " ".join(done.summary.split())


def test_a_tap_that_resumes_sends_no_schema_of_earlier_streams(run: Any) -> None:
    item = record("InvoiceItem", "rh3", ChargeName="x", InvoiceId="rh2", SubscriptionId=None)
    done = run(state(Invoice=1), ITEMS, item, state(Invoice=1, InvoiceItem=1))
    assert (done.status, done.report["failures"]) == (0, [])


def test_a_tap_that_ended_within_a_stream_is_told(run: Any) -> None:
    broken = {"type": "STATE", "value": {"bookmarks": {}, "current_stream": "Invoice"}}
    done = run(INVOICES, broken)
    assert "ended while it was working on 'Invoice'" in " ".join(done.summary.split())


def test_a_run_that_fails_itself_says_nothing_of_how_the_tap_ended(run: Any) -> None:
    working = {"type": "STATE", "value": {"bookmarks": {}, "current_stream": "Account"}}
    odd = schema("Nonsense", "Name")
    done = run(working, odd, ACCOUNTS, state(), unmapped_streams="refuse")
    assert (done.status, done.report["status"]) == (2, "failed")
    assert "The tap ended" not in " ".join(done.summary.split())


def test_a_tap_that_ended_within_a_stream_is_told_whatever_else_failed(run: Any) -> None:
    broken = {"type": "STATE", "value": {"bookmarks": {}, "current_stream": "Account"}}
    done = run(ACCOUNTS, record("Account", "ry1", Name="y" * 9, CrmId="001000000000000"), broken)
    assert done.status == 4
    assert "ended while it was working on 'Account'" in " ".join(done.summary.split())


def test_what_waited_of_a_stream_does_not_come_back_once_all_of_it_is_sent_anew(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    item = record("InvoiceItem", "ri3", ChargeName="x", InvoiceId="ri2", SubscriptionId=None)
    run(ACCOUNTS, record("Account", "ri1", Name="i", CrmId=crm), INVOICES, ITEMS, item)
    # After a reset the tap sends what there is; the item is deleted in Zuora meanwhile.
    run(state(), ITEMS, INVOICES, invoice("ri2", "ri1"))
    assert keys(server.org, ITEM, "ri") == set()


def test_a_name_that_several_streams_have_is_loaded_once(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    accounts = schema("Account", "Name CrmId Status PaymentTerm")
    invoices = schema("Invoice", "InvoiceNumber Status AccountId PaymentTerm")
    done = run(
        accounts, record("Account", "rt1", Name="t", CrmId=crm, PaymentTerm="Net 77"),
        invoices, record("Invoice", "rt2", InvoiceNumber="t", Status="Posted", AccountId="rt1",
                         PaymentTerm="Net 77"),
        state(Account=1, Invoice=1),
    )  # fmt: skip
    assert done.object("Zuora__PaymentTerm__c")["upserted"] == 1
    found = rows(server.org, "SELECT Id FROM Zuora__PaymentTerm__c WHERE Name = 'Net 77'")
    assert len(found) == 1


def test_in_an_org_of_several_currencies_a_row_has_that_of_its_account(
    tmp_path: Path,
) -> None:
    currency = {"name": "CurrencyIsoCode", "type": "picklist", "values": ["USD", "JPY"]}
    shape = {"fields": [{"object": each, **currency} for each in (ACCOUNT, INVOICE, PAYMENT)]}
    with Emulated(OrgOptions(records=60, shape=json.dumps(shape))) as server:
        crm = crm_id(server.org)
        done = sync(
            server, tmp_path / "out",
            [
                schema("Account", "Name CrmId Status Currency"),
                record("Account", "rc1", Name="c", CrmId=crm, Currency="JPY"),
                INVOICES, invoice("rc2", "rc1"),
                schema("Payment", "PaymentNumber Status Amount AccountId"),
                record("Payment", "rc3", PaymentNumber="P-c", Status="Processed", Amount=1,
                       AccountId="rc1"),
                state(Account=1, Invoice=1, Payment=1),
            ],
        )  # fmt: skip
        assert done.status == 0
        yen = {"CurrencyIsoCode": "JPY"}
        assert one(server, ACCOUNT, "CurrencyIsoCode", "rc1") == yen
        assert one(server, INVOICE, "CurrencyIsoCode", "rc2") == yen
        both = f"CurrencyIsoCode, Zuora__EXT_ID__c, {KEY}"
        assert one(server, PAYMENT, both, "rc3") == {
            **yen, "Zuora__EXT_ID__c": "rc3", KEY: "rc3"
        }  # fmt: skip


def test_a_name_that_zuoras_own_sync_has_a_row_of_gets_no_second_one(tmp_path: Path) -> None:
    term, gateway = "Zuora__PaymentTerm__c", "Zuora__PaymentGateway__c"
    with Emulated(OrgOptions(records=600, own_sync=True)) as server:
        known = {
            each: rows(server.org, f"SELECT Name, {KEY} FROM {each} ORDER BY Id")
            for each in (term, gateway)
        }
        name, key = known[term][0]["Name"], known[term][0][KEY]
        assert name != key
        messages = [
            schema("Account", "Name CrmId Status PaymentTerm PaymentGateway"),
            record("Account", "rn1", Name="n", CrmId=crm_id(server.org), PaymentTerm=name,
                   PaymentGateway=known[gateway][0]["Name"]),
            record("Account", "rn2", Name="n", CrmId=crm_id(server.org), PaymentTerm="Net 99"),
            state(Account=1),
        ]  # fmt: skip
        done = sync(server, tmp_path, messages)
        assert done.status == 0
        for each, more in ((term, 1), (gateway, 0)):
            assert len(rows(server.org, f"SELECT Id FROM {each}")) == len(known[each]) + more
        led = [one(server, ACCOUNT, f"Zuora__Payment_Term__r.{KEY}", each)
               for each in ("rn1", "rn2")]  # fmt: skip
        assert [each["Zuora__Payment_Term__r"][KEY] for each in led] == [key, "Net 99"]


SUMMARY, CHARGE = "zqu__ProductRatePlanChargePriceSummary__c", "zqu__ProductRatePlanCharge__c"
ZUORA_ID = "zqu__ZuoraId__c"
SUMMARIES = f"SELECT Id, Name, {ZUORA_ID}, {CHARGE[:-1]}r.{ZUORA_ID} FROM {SUMMARY} ORDER BY Id"
TIERS = schema("ProductRatePlanChargeTier", "ProductRatePlanChargeId Currency Price")


def tier(number: int, charge: str, currency: str) -> Message:
    values = {"ProductRatePlanChargeId": charge, "Currency": currency, "Price": 1}
    return record("ProductRatePlanChargeTier", f"rs{number}", **values)


@pytest.mark.parametrize("form", ["{0}{1}", "{0}_{1}", "{1}-{0}", "own {2}"])
def test_a_price_summary_of_zuoras_own_sync_gets_no_second_one_however_that_keys_it(
    tmp_path: Path, form: str
) -> None:
    with Emulated(OrgOptions(records=600, own_sync=True)) as server:
        found = rows(server.org, SUMMARIES)
        names = [(each[f"{CHARGE[:-1]}r"][ZUORA_ID], each["Name"]) for each in found]
        changes = [
            {"Id": each["Id"], ZUORA_ID: form.format(*name, at)}
            for at, (each, name) in enumerate(zip(found, names, strict=True))
        ]
        assert not [each.error for each in server.org.dml("update", SUMMARY, changes) if each.error]
        before = rows(server.org, SUMMARIES)
        tiers = [tier(at, *name) for at, name in enumerate(names)]
        new = tier(len(names), names[0][0], "NZD")
        stream = [TIERS, *tiers, new, state(ProductRatePlanChargeTier=1)]
        for _ in range(2):
            done = sync(server, tmp_path, stream)
            assert (done.status, done.object(SUMMARY)["failed"]) == (0, 0)
            assert rows(server.org, SUMMARIES)[: len(before)] == before
            (added,) = rows(server.org, SUMMARIES)[len(before) :]
            assert (added["Name"], added[ZUORA_ID]) == ("NZD", f"{names[0][0]}NZD")


@pytest.mark.rows_may_go("PricebookEntry")
def test_price_summaries_that_quotes_keep_get_no_second_one_after_a_cleanup(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=1500, own_sync=True, sandbox=True)) as server:
        found = rows(server.org, SUMMARIES)
        changes = [{"Id": each["Id"], ZUORA_ID: f"own {at}"} for at, each in enumerate(found)]
        assert not [each.error for each in server.org.dml("update", SUMMARY, changes) if each.error]
        config = {
            "mode": "cleanup",
            "object_groups": ["product_catalog"],
            "allow_cascade_to": ["PricebookEntry"],
        }
        cleaned = cleanup({**config, **login(server)}, tmp_path)
        assert cleaned.status == 0, cleaned.message
        kept = rows(server.org, SUMMARIES)
        assert 0 < len(kept) < len(found)
        names = [(each[f"{CHARGE[:-1]}r"][ZUORA_ID], each["Name"]) for each in kept]
        tiers = [tier(at, *name) for at, name in enumerate(names)]
        done = sync(server, tmp_path, [TIERS, *tiers, state(ProductRatePlanChargeTier=1)])
        assert (done.status, done.object(SUMMARY)["upserted"]) == (0, len(kept))
        assert rows(server.org, SUMMARIES) == kept


def back_again(run: Any, crm: str, key: str) -> Ran:
    """An account gets its CrmId again; this tap sends nothing else by itself."""
    done: Ran = run(
        state(Invoice=1, InvoiceItem=1, Account=1, Product=1), ACCOUNTS,
        record("Account", key, Name="again", CrmId=crm),
        state(Invoice=1, InvoiceItem=1, Account=2, Product=1),
    )  # fmt: skip
    return done


def test_an_account_that_changes_while_it_is_out_still_brings_back_what_was_below_it(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(ACCOUNTS, record("Account", "ua1", Name="a", CrmId=crm), INVOICES, invoice("ua2", "ua1"))
    for name in ("b", "c"):
        run(ACCOUNTS, record("Account", "ua1", Name=name, CrmId=None))
    assert keys(server.org, INVOICE, "ua") == set()
    assert back_again(run, crm, "ua1").states == [{"bookmarks": {"Product": 1}}]


def test_what_was_below_is_asked_for_until_the_tap_begins_anew_with_it(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(ACCOUNTS, record("Account", "ub1", Name="a", CrmId=crm), INVOICES, invoice("ub2", "ub1"))
    run(ACCOUNTS, record("Account", "ub1", Name="a", CrmId=None))
    # Meltano dies before it has stored the state: it hands the tap the one before.
    assert back_again(run, crm, "ub1").states == [{"bookmarks": {"Product": 1}}]
    assert back_again(run, crm, "ub1").states == [{"bookmarks": {"Product": 1}}]
    sent = run(state(), ACCOUNTS, INVOICES, invoice("ub2", "ub1"), state(Account=2, Invoice=1))
    assert sent.states == [{"bookmarks": {"Account": 2, "Invoice": 1}}]
    assert keys(server.org, INVOICE, "ub") == {"ub2"}


def test_a_lookup_that_went_blank_with_what_it_led_to_is_asked_for_when_that_is_back(
    crm: str, run: Any
) -> None:
    subscription = record("Subscription", "uc2", Name="c", AccountId="uc1")["record"]

    def version(status: str) -> Message:
        return {"type": "RECORD", "stream": "Subscription",
                "record": {**subscription, "Status": status}}  # fmt: skip

    run(ACCOUNTS, record("Account", "uc1", Name="a", CrmId=crm), SUBSCRIPTIONS, version("Active"),
        INVOICES, invoice("uc3", "uc1"), ITEMS,
        record("InvoiceItem", "uc4", ChargeName="x", InvoiceId="uc3", SubscriptionId="uc2")
        )  # fmt: skip
    run(SUBSCRIPTIONS, version("Expired"))
    done = run(state(InvoiceItem=1, Invoice=1, Subscription=1), SUBSCRIPTIONS, version("Active"),
               state(InvoiceItem=1, Invoice=1, Subscription=2))  # fmt: skip
    assert done.states == [{"bookmarks": {"Invoice": 1, "Subscription": 2}}]


def test_an_account_that_a_run_which_died_removed_still_brings_back_what_was_below_it(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(ACCOUNTS, record("Account", "ud1", Name="a", CrmId=crm), INVOICES, invoice("ud2", "ud1"))
    (row,) = rows(server.org, f"SELECT Id FROM {ACCOUNT} WHERE {KEY} = 'ud1'")
    # A run has removed it and died before anything of that was kept.
    server.org.dml("delete", ACCOUNT, [row])
    run(state(Account=1), ACCOUNTS, record("Account", "ud1", Name="a", CrmId=None))
    assert back_again(run, crm, "ud1").states == [{"bookmarks": {"Product": 1}}]


def test_what_a_run_removed_that_died_then_is_known_when_the_record_is_back_at_once(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(ACCOUNTS, record("Account", "ug1", Name="a", CrmId=crm), INVOICES, invoice("ug2", "ug1"))
    for requests in range(60):
        with contextlib.suppress(Died), dying(requests, in_request=True):
            run(state(Invoice=1), INVOICES, invoice("ug2", "ug1", "Draft"), state(Invoice=2))
        if not keys(server.org, INVOICE, "ug"):
            break
    back = run(state(Invoice=1, InvoiceItem=1), INVOICES, invoice("ug2", "ug1"),
               state(Invoice=2, InvoiceItem=1))  # fmt: skip
    assert back.states == [{"bookmarks": {"Invoice": 2}}]


def test_a_row_that_has_waited_is_filled_from_what_others_say_by_then(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(state(), ACCOUNTS, record("Account", "ue1", Name="e", CrmId=crm, Status="Canceled"),
        SUBSCRIPTIONS, record("Subscription", "ue2", Name="ue2", Status="Active", AccountId="ue1"),
        PLANS, record("RatePlan", "ue4", Name="p", SubscriptionId="ue2"), CHARGES,
        record("RatePlanCharge", "ue3", Name="1", RatePlanId="ue4", SubscriptionId="ue2", MRR=2)
        )  # fmt: skip
    assert keys(server.org, SUBSCRIPTION, "ue") == set()
    run(ACCOUNTS, record("Account", "ue1", Name="e", CrmId=crm, Status="Active"))
    fields = "Zuora__MRR__c, Zuora__Account__c"
    assert one(server, SUBSCRIPTION, fields, "ue2") == {
        "Zuora__MRR__c": 2, "Zuora__Account__c": crm,
    }  # fmt: skip


def aged(stream: str, key: str, **values: Any) -> Message:
    """A record that was created long ago."""
    return record(stream, key, CreatedDate="2020-01-01T00:00:00Z", **values)


def test_where_nothing_is_kept_an_account_that_is_linked_later_comes_with_what_is_below_it(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    marks = {name: {"UpdatedDate": "2024-01-01T00:00:00Z"} for name in ("Account", "Invoice")}
    accounts, linked = schema("Account", "Name CrmId CreatedDate"), {"Name": "v", "CrmId": crm}
    run(accounts, aged("Account", "ve1", Name="v", CrmId=None), INVOICES, invoice("ve2", "ve1"),
        state(**marks), kept_file="")  # fmt: skip
    later = {**marks, "Account": {"UpdatedDate": "2024-02-01T00:00:00Z"}}
    done = run(state(**marks), accounts, aged("Account", "ve1", **linked), state(**later),
               kept_file="")  # fmt: skip
    assert done.states == [{"bookmarks": {}}]
    assert keys(server.org, ACCOUNT, "ve") == set()
    assert "1 record is put off until the next sync" in " ".join(done.summary.split())
    done = run(state(), accounts, aged("Account", "ve1", **linked), INVOICES,
               invoice("ve2", "ve1"), state(**later), kept_file="")  # fmt: skip
    assert done.states == [{"bookmarks": later}]
    assert keys(server.org, INVOICE, "ve") == {"ve2"}


def test_where_nothing_is_kept_all_that_hangs_on_what_is_put_off_comes_with_the_next_sync(
    crm: str, run: Any
) -> None:
    mark = {"UpdatedDate": "2024-01-01T00:00:00Z"}
    accounts = schema("Account", "Name CrmId CreatedDate")
    old = aged("Account", "vj1", Name="v", CrmId=crm)
    # Payments come from the start in this run, before and after the account.
    done = run(
        state(Account=mark, Invoice=mark), schema("Payment", "AccountId"), accounts, old,
        schema("CreditMemo", "AccountId"),
        state(Account=mark, Invoice=mark, Payment=mark, CreditMemo=mark, Product=mark),
        kept_file="",
    )  # fmt: skip
    assert done.states == [{"bookmarks": {"Product": mark}}]


def test_where_nothing_is_kept_an_account_that_is_new_comes_at_once(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    marks = {name: {"UpdatedDate": "2024-01-01T00:00:00Z"} for name in ("Account", "Invoice")}
    accounts = schema("Account", "Name CrmId CreatedDate")
    new = record("Account", "vf1", Name="v", CrmId=crm, CreatedDate="2024-01-01T00:00:01Z")
    done = run(state(**marks), accounts, new, state(**marks), kept_file="")
    assert done.states == [{"bookmarks": marks}]
    assert keys(server.org, ACCOUNT, "vf") == {"vf1"}


def test_what_waits_of_another_stream_of_the_same_object_is_not_forgotten(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    both = {"stream_objects": {"OldItem": ITEM}}
    item = {"ChargeName": "x", "InvoiceId": "vg2", "SubscriptionId": None}
    old = schema("OldItem", "ChargeName InvoiceId SubscriptionId")
    marks = {"UpdatedDate": "2024-01-01T00:00:00Z"}
    run(state(OldItem=marks, Invoice=marks), ACCOUNTS,
        record("Account", "vg1", Name="g", CrmId=crm), INVOICES, old,
        record("OldItem", "vg3", **item), **both)  # fmt: skip
    # The tap begins anew with one of the two streams.
    run(state(OldItem=marks, Invoice=marks), ITEMS, record("InvoiceItem", "vg4", **item), **both)
    run(INVOICES, invoice("vg2", "vg1"), **both)
    assert keys(server.org, ITEM, "vg") == {"vg3", "vg4"}


def test_that_nothing_is_there_of_what_earlier_syncs_kept_is_told(
    run: Any, crm: str, tmp_path: Path
) -> None:
    mark = {"UpdatedDate": "2024-01-01T00:00:00Z"}
    one = record("Account", "vh1", Name="h", CrmId=crm)
    done = run(state(), ACCOUNTS, one, state(Account=mark))
    assert "kept by earlier syncs" not in " ".join(done.summary.split())
    done = run(state(Account=mark), ACCOUNTS, one, state(Account=mark))
    assert "kept by earlier syncs" not in " ".join(done.summary.split())
    (tmp_path / "kept.sqlite").unlink()
    done = run(state(Account=mark), ACCOUNTS, one, state(Account=mark))
    assert "kept by earlier syncs" in " ".join(done.summary.split())
    assert "a full sync" in " ".join(done.summary.split())


def test_that_bookmarks_come_back_which_an_earlier_sync_dropped_is_told(
    run: Any, crm: str, server: EmulatorServer
) -> None:
    run(ACCOUNTS, record("Account", "vi1", Name="a", CrmId=crm), INVOICES, invoice("vi2", "vi1"))
    run(ACCOUNTS, record("Account", "vi1", Name="a", CrmId=None))
    assert keys(server.org, INVOICE, "vi") == set()
    first, second = (back_again(run, crm, "vi1").summary for _ in range(2))
    assert "bookmarks that an earlier sync dropped" not in " ".join(first.split())
    assert "bookmarks that an earlier sync dropped" in " ".join(second.split())


@pytest.fixture(params=["invoice_rows", "invoice_*"])
def alias(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings by which the tap calls a stream otherwise than the loader does."""
    return {"stream_maps": {request.param: {"__alias__": "InvoiceItem"}}}


OWN_ITEMS = schema("invoice_rows", "ChargeName InvoiceId SubscriptionId CreatedDate")
MARK = {"UpdatedDate": "2024-01-01T00:00:00Z"}
LATER = {"UpdatedDate": "2024-02-01T00:00:00Z"}


def own_item(key: str, of: str) -> Message:
    return aged("invoice_rows", key, ChargeName="x", InvoiceId=of, SubscriptionId=None)


def test_what_waits_of_a_stream_that_is_renamed_is_not_forgotten(
    server: EmulatorServer, crm: str, run: Any, alias: dict[str, Any]
) -> None:
    marks = {"invoice_rows": MARK, "Invoice": MARK}
    run(state(**marks), ACCOUNTS, record("Account", "wa1", Name="a", CrmId=crm), INVOICES,
        OWN_ITEMS, own_item("wa3", "wa2"), state(**marks), **alias)  # fmt: skip
    run(state(**marks), OWN_ITEMS, state(**marks), **alias)
    run(state(**marks), INVOICES, invoice("wa2", "wa1"), state(**marks), **alias)
    assert keys(server.org, ITEM, "wa") == {"wa3"}


def test_the_bookmark_of_a_stream_that_is_renamed_stays_where_nothing_is_kept(
    run: Any, alias: dict[str, Any]
) -> None:
    marks = {"Account": MARK, "invoice_rows": MARK, "Invoice": MARK}
    new = record("invoice_rows", "wb3", InvoiceId="wb2", CreatedDate="2024-01-05T00:00:00Z")
    done = run(
        state(**marks),
        ACCOUNTS,
        INVOICES,
        OWN_ITEMS,
        new,
        state(Account=LATER, invoice_rows=LATER, Invoice=LATER),
        kept_file="",
        **alias,
    )
    assert done.states == [
        {"bookmarks": {"Account": LATER, "invoice_rows": MARK, "Invoice": LATER}}
    ]


def test_the_bookmark_of_a_stream_that_is_renamed_goes_when_what_it_hangs_on_is_back(
    server: EmulatorServer, crm: str, run: Any, alias: dict[str, Any]
) -> None:
    marks = {"Account": MARK, "invoice_rows": MARK, "Invoice": MARK, "Product": MARK}
    run(state(**marks), ACCOUNTS, record("Account", "wc1", Name="a", CrmId=crm), INVOICES,
        invoice("wc2", "wc1"), OWN_ITEMS, own_item("wc3", "wc2"), **alias)  # fmt: skip
    run(state(**marks), ACCOUNTS, record("Account", "wc1", Name="a", CrmId=None), **alias)
    assert keys(server.org, ITEM, "wc") == set()
    done = run(state(**marks), ACCOUNTS, record("Account", "wc1", Name="a", CrmId=crm),
               state(**marks), **alias)  # fmt: skip
    assert done.states == [{"bookmarks": {"Product": MARK}}]


FIELDS = "AccountingCode InvoiceId SubscriptionId CreatedDate"


@pytest.fixture(params=["zuora_invoice_item", "what_nobody_knows"])
def mark(request: pytest.FixtureRequest) -> str:
    """The tap's own name of its stream of invoice items, to which a mapper gives the usual one."""
    return str(request.param)


def item(key: str, of: str) -> Message:
    return aged("InvoiceItem", key, ChargeName="x", InvoiceId=of, SubscriptionId=None)


def test_what_waits_of_a_stream_that_a_mapper_renames_is_not_forgotten(
    server: EmulatorServer, crm: str, run: Any, mark: str
) -> None:
    marks = {mark: MARK, "Invoice": MARK}
    run(state(**marks), ACCOUNTS, record("Account", "wg1", Name="a", CrmId=crm), INVOICES,
        ITEMS, item("wg3", "wg2"), state(**marks))  # fmt: skip
    run(state(**marks), ITEMS, state(**marks))
    run(state(**marks), INVOICES, invoice("wg2", "wg1"), state(**marks))
    assert keys(server.org, ITEM, "wg") == {"wg3"}


def test_the_bookmark_of_a_stream_that_a_mapper_renames_stays_where_nothing_is_kept(
    run: Any, mark: str
) -> None:
    marks = {"Account": MARK, mark: MARK, "Invoice": MARK}
    new = record("InvoiceItem", "wh3", InvoiceId="wh2", CreatedDate="2024-01-05T00:00:00Z")
    later = dict.fromkeys(marks, LATER)
    done = run(
        state(**marks),
        ACCOUNTS,
        INVOICES,
        schema("InvoiceItem", FIELDS),
        new,
        state(**later),
        kept_file="",
    )
    assert done.states == [{"bookmarks": {**later, mark: MARK}}]


def test_the_bookmark_of_a_stream_that_a_mapper_renames_goes_when_what_it_hangs_on_is_back(
    server: EmulatorServer, crm: str, run: Any, mark: str
) -> None:
    marks = {"Account": MARK, mark: MARK, "Invoice": MARK, "Product": MARK}
    run(state(**marks), ACCOUNTS, record("Account", "wi1", Name="a", CrmId=crm), INVOICES,
        invoice("wi2", "wi1"), ITEMS, item("wi3", "wi2"))  # fmt: skip
    run(state(**marks), ACCOUNTS, record("Account", "wi1", Name="a", CrmId=None))
    assert keys(server.org, ITEM, "wi") == set()
    done = run(state(**marks), ACCOUNTS, record("Account", "wi1", Name="a", CrmId=crm), ITEMS,
               state(**marks))  # fmt: skip
    assert done.states == [{"bookmarks": {"Product": MARK}}]


def test_a_state_of_another_form_has_nothing_that_waits_forgotten(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    other = {"type": "STATE", "value": {"airbyte_state": [{"stream": "InvoiceItem"}]}}
    run(other, ACCOUNTS, record("Account", "wj1", Name="a", CrmId=crm), INVOICES,
        ITEMS, item("wj3", "wj2"), other)  # fmt: skip
    run(other, ITEMS, other)
    run(other, INVOICES, invoice("wj2", "wj1"), other)
    assert keys(server.org, ITEM, "wj") == {"wj3"}


BOTH = {"stream_maps": {"rows_*": {"__alias__": "InvoiceItem"}}}
"""Two streams of the tap's come under one name."""


def test_the_bookmark_of_each_stream_stays_that_comes_under_the_name_of_what_waits(
    run: Any,
) -> None:
    marks = {"Invoice": MARK, "rows_a": MARK, "rows_b": MARK}
    new = record("rows_b", "we3", InvoiceId="we2", CreatedDate="2024-01-05T00:00:00Z")
    done = run(
        state(**marks), INVOICES, schema("rows_a", FIELDS), schema("rows_b", FIELDS), new,
        state(Invoice=LATER, rows_a=LATER, rows_b=LATER), kept_file="", **BOTH,
    )  # fmt: skip
    assert done.states == [{"bookmarks": {**marks, "Invoice": LATER}}]


def test_records_of_two_streams_under_one_name_keep_the_fields_of_their_own(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(
        ACCOUNTS, record("Account", "wf1", Name="a", CrmId=crm), INVOICES, invoice("wf2", "wf1"),
        schema("rows_a", FIELDS), schema("rows_b", "InvoiceId"),
        record("rows_a", "wf3", AccountingCode="x", InvoiceId="wf2"),
        record("rows_b", "wf4", InvoiceId="wf2"),
        record("rows_a", "wf5", AccountingCode="y", InvoiceId="wf2"), **BOTH,
    )  # fmt: skip
    code = "Zuora__AccountingCode__c"
    assert [one(server, ITEM, code, f"wf{at}")[code] for at in (3, 5)] == ["x", "y"]


def test_what_came_anew_before_its_parent_went_is_asked_for_when_that_is_back_in_the_same_run(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    run(ACCOUNTS, record("Account", "xa1", Name="a", CrmId=crm))
    done = run(
        state(Account=MARK), INVOICES, invoice("xa2", "xa1"), ACCOUNTS,
        record("Account", "xa1", Name="a", CrmId=None),
        record("Account", "xa1", Name="b", CrmId=crm),
        state(Account=LATER, Invoice=MARK, Product=MARK), batch_size_rows=1,
    )  # fmt: skip
    assert keys(server.org, ACCOUNT, "xa") == {"xa1"}
    assert keys(server.org, INVOICE, "xa") == set()
    assert done.states[-1] == {"bookmarks": {"Product": MARK}}


def test_what_one_stream_of_an_object_has_said_is_not_forgotten_when_another_begins_anew(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    old = schema("OldCharge", "Name RatePlanId SubscriptionId MRR ChargedThroughDate")
    charge = {"Name": "1", "RatePlanId": "xb3", "SubscriptionId": "xb2"}
    run(state(), ACCOUNTS, record("Account", "xb1", Name="a", CrmId=crm), SUBSCRIPTIONS,
        record("Subscription", "xb2", Name="xb2", Status="Active", AccountId="xb1"),
        PLANS, record("RatePlan", "xb3", Name="p", SubscriptionId="xb2"),
        old, record("OldCharge", "xb4", MRR=2, **charge),
        CHARGES, record("RatePlanCharge", "xb5", MRR=3, **charge),
        stream_objects={"OldCharge": "Zuora__SubscriptionProductCharge__c"})  # fmt: skip
    assert one(server, SUBSCRIPTION, "Zuora__MRR__c", "xb2") == {"Zuora__MRR__c": 5}


def test_sums_are_not_filled_while_another_stream_of_the_same_object_comes_only_in_part(
    server: EmulatorServer, crm: str, run: Any
) -> None:
    one_more = schema("RatePlanCharge-EU", "Name RatePlanId SubscriptionId MRR ChargedThroughDate")
    charge = {"Name": "1", "RatePlanId": "xc3", "SubscriptionId": "xc2"}
    marks = {"RatePlanCharge": MARK}
    run(state(**marks), ACCOUNTS, record("Account", "xc1", Name="a", CrmId=crm), SUBSCRIPTIONS,
        record("Subscription", "xc2", Name="xc2", Status="Active", AccountId="xc1"),
        PLANS, record("RatePlan", "xc3", Name="p", SubscriptionId="xc2"),
        CHARGES, one_more, record("RatePlanCharge-EU", "xc4", MRR=2, **charge),
        state(**marks))  # fmt: skip
    assert one(server, SUBSCRIPTION, "Zuora__MRR__c", "xc2") == {"Zuora__MRR__c": None}


@pytest.mark.parametrize(
    ("start_date", "total"), [("2000-01-01T00:00:00Z", 2), ("2024-01-01T00:00:00Z", None)]
)
def test_sums_are_not_filled_where_the_tap_begins_later_than_what_there_may_be(  # noqa: PLR0913, PLR0917 - fixtures
    server: EmulatorServer, crm: str, run: Any, monkeypatch: pytest.MonkeyPatch,
    start_date: str, total: int | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("MELTANO_EXTRACT_START_DATE", start_date)
    p = f"xd{start_date[:4]}"
    charge = {"Name": "1", "RatePlanId": f"{p}3", "SubscriptionId": f"{p}2"}
    run(state(), ACCOUNTS, record("Account", f"{p}1", Name="a", CrmId=crm), SUBSCRIPTIONS,
        record("Subscription", f"{p}2", Name=p, Status="Active", AccountId=f"{p}1"),
        PLANS, record("RatePlan", f"{p}3", Name="p", SubscriptionId=f"{p}2"),
        CHARGES, record("RatePlanCharge", f"{p}4", MRR=2, **charge), state())  # fmt: skip
    assert one(server, SUBSCRIPTION, "Zuora__MRR__c", f"{p}2") == {"Zuora__MRR__c": total}
