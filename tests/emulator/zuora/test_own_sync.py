"""The emulated 360 writes what Zuora's pages say, and names what Zuora's data sources have."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.org.shape.objects import shaped
from target_zuora360_cleanup.emulator.org.shape.shape import read_shape
from target_zuora360_cleanup.emulator.schema.reading import load_objects
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.zuora.own_forms import GATHERED
from target_zuora360_cleanup.emulator.zuora.own_rows import own_rows
from target_zuora360_cleanup.emulator.zuora.own_table import OWN, OwnField, own_fields
from target_zuora360_cleanup.emulator.zuora.paths import NoSuchPath, Paths
from target_zuora360_cleanup.emulator.zuora.query import compile_export
from target_zuora360_cleanup.emulator.zuora.tenant import Tenant
from tests.support.emulated import opened, shape
from tests.support.facts import table
from tests.support.full_sync import read

if TYPE_CHECKING:
    from collections.abc import Iterator

CALCULATED = "Formula", "Summary", "AutoNumber"
NEWER = frozenset({
    "Zuora__Currency__c", "Zuora__Reverted__c", "Zuora__ReverseFlag__c", "Zuora__UpToPeriods__c",
})  # fmt: skip
"""Documented for newer packages than those of the orgs whose metadata is known."""
MANY = 12
"""In fewer records chance may leave out a value."""
NOT_TOLD = "no: ", "not seen", "not in the"
"""How the table of documented fields says that no export has a value."""
NOT_WRITTEN = {
    ("Zuora__SubscriptionChargeTierHistory__c", "Zuora__Currency__c"): (
        "a field for an amount: the code of a currency does not fit"
    ),
    ("zqu__ProductRatePlanCharge__c", "zqu__Discount_Class__c"): (
        "the emulated Zuora has no classes of discounts"
    ),
    ("Zuora__Subscription__c", "CurrencyIsoCode"): "only orgs of several currencies have it",
    ("Zuora__DebitMemoItem__c", "Name"): "Salesforce counts it up",
}
"""Documented fields that an export tells and the emulated 360 leaves blank, and why."""


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=600, sandbox=True, own_sync=True)) as made:
        yield made


def documented() -> dict[tuple[str, str], set[str]]:
    """The fields that can be written and told, with those of Zuora's that the pages name."""
    found = defaultdict(set)
    for row in table("documented_fields.tsv"):
        told = not row["export"].startswith(NOT_TOLD)
        if (
            told
            and (row["in_orgs"] == "yes" or row["field"] in NEWER)
            and not row["type"].startswith(CALCULATED)
        ):
            found[row["object"], row["field"]].add(as_exported(row))
    return found


def as_exported(row: dict[str, str]) -> str:
    """A documented field of Zuora's by the data source that has it and its name there."""
    source, *path = row["zuora"].split(".")
    name = path[-1]
    if len(path) == 1:
        return f"{source}.{row['export'].removeprefix('as ') if 'as ' in row['export'] else name}"
    return f"{path[-2] if path[-2] in zuora_objects() else source}.{name}"


def ends(sobject: str, own: OwnField) -> set[str]:
    """Where the paths of a field lead, written as the tap writes it."""
    paths = Paths(own_rows()[sobject].item)
    gather = own.form if own.form in GATHERED else ""
    names = (paths.value(each, gather).name for each in own.paths)
    return {name if name.count(".") == 1 else f"{name.rpartition('.')[0]}Id" for name in names}


@pytest.mark.parametrize("name", own_fields())
def test_a_field_leads_to_one_that_zuora_has_and_can_be_written(name: str) -> None:
    sobject = shaped(load_objects(frozenset()), read_shape(shape("newer-packages"))).get(name)
    for own in own_fields()[name]:
        field = sobject.fields[own.name]
        assert field.createable, own
        assert not field.calculated, own
        assert not field.auto_number, own
        assert bool(ends(name, own)) == (own.form != OWN), own


def test_every_documented_field_is_written_from_what_its_page_names() -> None:
    written = {
        (name, own.name): ends(name, own) for name, fields in own_fields().items() for own in fields
    }
    wrong = {
        place: names
        for place, names in documented().items()
        if not names & written.get(place, set()) and place not in NOT_WRITTEN
    }
    assert wrong == {}
    assert not NOT_WRITTEN.keys() & written.keys()


def test_every_field_that_is_written_is_one_of_the_packages_metadata() -> None:
    known = {(row["object"], row["field"]) for row in table("package_fields.tsv")}
    standard = {"Name", "Description"}
    for name, fields in own_fields().items():
        unknown = {each.name for each in fields if (name, each.name) not in known}
        assert unknown <= standard | NEWER, name
        assert len({each.name for each in fields}) == len(fields)


def test_the_emulated_zuora_has_every_field_that_an_export_tells() -> None:
    for row in table("documented_fields.tsv"):
        source, *path = row["zuora"].split(".")
        if len(path) > 1 or path[0] == "Deleted" or row["export"].startswith(NOT_TOLD):
            continue
        item, name = zuora_objects()[source], as_exported(row).partition(".")[2]
        assert item.find(name) or item.find(f"{name[:-2]}.Id"), row


@pytest.mark.parametrize("path", ["Account", "Invoice.Id", "Account.Nothing", "Account.Nobody.Id"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(NoSuchPath):
        Paths(zuora_objects()["Account"]).value(path)


def rows(org: Org, name: str, *fields: str) -> dict[str, dict[str, Any]]:
    """Rows by their key, with some of their fields."""
    key = own_rows()[name].key
    found = read(org, name, ("Id", key, *fields))
    assert found
    return {row[key]: row for row in found}


def records(org: Org, name: str, *fields: str) -> list[dict[str, Any]]:
    with Tenant(org).rows(compile_export(f"select {', '.join(fields)} from {name}")) as found:
        return [dict(zip(fields, row, strict=True)) for row in found]


def test_a_subscription_has_what_its_charges_add_up_to(org: Org) -> None:
    charges: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in records(org, "RatePlanCharge", "Subscription.Id", "MRR", "ChargedThroughDate"):
        charges[each["Subscription.Id"]].append(each)
    shown = rows(org, "Zuora__Subscription__c", "Zuora__MRR__c", "Zuora__NextChargeDate__c")
    for key, row in shown.items():
        of_it = charges[key]
        total = sum(float(each["MRR"]) for each in of_it)
        assert row["Zuora__MRR__c"] == pytest.approx(total)
        assert row["Zuora__NextChargeDate__c"] == min(each["ChargedThroughDate"] for each in of_it)


def test_a_term_has_its_unit_in_the_subscription_and_none_in_its_history(org: Org) -> None:
    field = "Zuora__InitialTerm__c"
    terms = {
        each["Id"]: (each["InitialTerm"], each["InitialTermPeriodType"])
        for each in records(org, "Subscription", "Id", "InitialTerm", "InitialTermPeriodType")
    }
    for key, row in rows(org, "Zuora__Subscription__c", field).items():
        number, unit = terms[key]
        assert row[field] == f"{number} {unit}{'s' * (str(number) != '1')}"
    for key, row in rows(org, "Zuora__SubscriptionHistory__c", field).items():
        assert row[field] == str(terms[key][0])


def test_every_version_of_a_synced_accounts_subscription_has_a_history(org: Org) -> None:
    accounts = rows(org, "Zuora__CustomerAccount__c")
    versions = {
        each["Id"]
        for each in records(org, "Subscription", "Id", "Account.Id")
        if each["Account.Id"] in accounts
    }
    assert rows(org, "Zuora__SubscriptionHistory__c").keys() == versions
    assert versions > rows(org, "Zuora__Subscription__c").keys()


def test_a_billing_account_shows_its_contact_and_leads_to_its_term(org: Org) -> None:
    names = {
        each["Id"]: f"{each['FirstName']} {each['LastName']}"
        for each in records(org, "Contact", "Id", "FirstName", "LastName")
    }
    terms = {row["Id"]: name for name, row in rows(org, "Zuora__PaymentTerm__c").items()}
    fields = "Zuora__BillToId__c", "Zuora__BillToName__c", "Zuora__Payment_Term__c"
    shown = rows(org, "Zuora__CustomerAccount__c", *fields, "Zuora__PaymentTerm__c")
    assert {row["Zuora__BillToName__c"] for row in shown.values()} - {None}
    for row in shown.values():
        contact, name, term = (row[each] for each in fields)
        assert name == (names[contact] if contact else None)
        assert terms[term] == row["Zuora__PaymentTerm__c"]


def test_a_product_is_there_wherever_the_packages_hold_it(org: Org) -> None:
    keys = {each["Id"] for each in records(org, "Product", "Id")}
    for name in ("Product2", "zqu__ZProduct__c", "Zuora__Product__c"):
        assert {key for key in rows(org, name) if key} == keys


@pytest.mark.parametrize("options", [
    OrgOptions(records=0, own_sync=True), OrgOptions(records=10, own_sync=True),
    OrgOptions(records=300, own_sync=True, without_packages=frozenset({"zqu"})),
    OrgOptions(records=300, own_sync=True, synced=False),
], ids=["empty", "tiny", "without quotes", "unsynced"])  # fmt: skip
def test_a_small_org_can_be_filled_too(options: OrgOptions) -> None:
    org = open_org(options)
    if not options.synced:
        assert org.counts()["Zuora__Subscription__c"] == 0
    org.close()


def test_no_lookup_leads_to_a_row_that_is_not_there(org: Org) -> None:
    for name in own_rows():
        there = {row["Id"] for row in read(org, name, ["Id"])}
        for child in org.schema.children_of(name):
            if not child.field.polymorphic and org.schema.get(child.child).queryable:
                led = {row[child.field.name] for row in read(org, child.child, [child.field.name])}
                assert led - there <= {None}, (child.child, child.field.name)


def test_what_zuora_alone_has_is_blank_in_some_records_and_different_in_others(org: Org) -> None:
    for item in zuora_objects().values():
        made = [name for name, each in item.fields.items() if each.source.startswith("?")]
        found = records(org, item.name, "Id", *made)
        if len(found) < MANY:
            continue
        for name in made:
            values = {row[name] for row in found}
            assert len(values) > 1, (item.name, name)
            assert None in values or item.fields[name].type == "boolean", (item.name, name)
