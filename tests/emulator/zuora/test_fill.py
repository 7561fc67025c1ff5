"""The generated tenant: what a sync brings back is what the org had, and a little more is there."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.schema.reading import load_schema
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.server.opening import open_org
from target_zuora360_cleanup.emulator.zuora.query import compile_export
from target_zuora360_cleanup.emulator.zuora.tenant import Tenant
from tests.support.emulated import opened
from tests.support.facts import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.schema.objects import SObject
    from target_zuora360_cleanup.emulator.schema.zuora import ZuoraObject

RECORDS = 3_000
KEYS = {item.sobject: item.key for item in zuora_objects().values() if item.key}
KEYS["zqu__ZProduct__c"] = "zqu__ZuoraId__c"
KEYS["Zuora__UnitOfMeasure__c"] = "Zuora__External_Id__c"
ZUORA = {name for name, item in zuora_objects().items() if item.is_synced}
TWINS = {"zqu__ZProduct__c": "Product2", "Zuora__UnitOfMeasure__c": "zqu__ZUnitOfMeasure__c"}
"""Objects whose rows are those of another, under the same Zuora id."""
WITH_UNIT = {"Zuora__InitialTerm__c", "Zuora__CurrentTerm__c", "Zuora__RenewalTerm__c"}
"""What the 360 writes in another form than Zuora exports it."""
NOT_EXPORTED = "not seen", "not in the", "as "
# The org has lost these lookups of a few rows, and gives a filler to plans of any product.
ABOUT = {
    ("Subscription", "Zuora__CustomerAccount__c"), ("Invoice", "Zuora__BillingAccount__c"),
    ("ProductRatePlan", "zqu__ZProduct__c"), ("ProductFeature", "zqu__ZProduct__c"),
    # Found by a name; documented from two fields; the export's own name is not known.
    ("ProductRatePlanCharge", "zqu__ZUnitOfMeasure__c"), ("Invoice", "Zuora__GeneratedDate__c"),
    ("SubscriptionProductFeature", "Zuora__FeatureName__c"),
    ("Product", "zqu__Allow_Feature_Changes__c"),
    ("SubscriptionProductFeature", "Zuora__FeatureDescription__c"),
}  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=RECORDS)) as made:
        yield made


def exported(org: Org, zoql: str) -> list[tuple[str, ...]]:
    with Tenant(org).rows(compile_export(zoql)) as rows:
        return [tuple("" if value is None else str(value) for value in row) for row in rows]


def column_of(item: ZuoraObject, source: str) -> str | None:
    """The column behind a field's name in the tap's records."""
    field = item.find(source) or (item.find(f"{source[:-2]}.Id") if source[-2:] == "Id" else None)
    return field.name if field else None


def is_of_the_row(item: ZuoraObject, column: str) -> bool:
    """Whether a generated row of the org has it too, or Zuora alone."""
    return item.fields[column].source[0] not in "?>"


@pytest.mark.parametrize("item", zuora_objects().values(), ids=list(zuora_objects()))
def test_every_source_is_a_field_of_the_salesforce_object(item: ZuoraObject) -> None:
    schema = load_schema()
    sobject = schema.get(item.sobject)

    assert not item.key or sobject.fields[item.key].unique
    for field in item.fields.values():
        if field.source[0] in "=@#?>":
            continue
        holder, *path = [sobject], *field.source.split(".")
        for name in path:
            found = holder[0].fields[name]
            holder = [schema.get(found.reference_to[0])] if found.type == "reference" else holder


def documented() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Fields of the 360 as Zuora's pages map them from a record's own: by stream and object."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in table("documented_fields.tsv"):
        stream, _, source = row["zuora"].partition(".")
        if stream in zuora_objects() and "." not in source and row["field"] not in WITH_UNIT:
            found.setdefault((stream, row["object"]), []).append((source, row["field"]))
    return found


@pytest.mark.parametrize("stream_object", sorted(documented()), ids="-".join)
def test_the_org_holds_what_zuora_sends(org: Org, stream_object: tuple[str, str]) -> None:
    """Field by field, as Zuora's pages map them; a lookup by the Zuora id behind it."""
    stream, name = stream_object
    item, key, schema = zuora_objects()[stream], KEYS.get(name, ""), org.schema.get(name)
    if item.sobject not in (name, TWINS.get(name)):
        pytest.skip("its rows are made of other records")
    pairs = [
        (column, shown)
        for source, target in documented()[stream_object]
        if (column := column_of(item, source))
        and is_of_the_row(item, column)
        and (shown := shown_as(schema, stream, target)) not in ("", key)
    ]
    columns = ", ".join(column for column, _ in pairs) or "Id"
    sent = {row[0]: row[1:] for row in exported(org, f"select Id, {columns} from {item.name}")}
    names = ", ".join((key, *(shown for _, shown in pairs)))
    held = org.query(f"SELECT {names} FROM {name} WHERE {key} != null")
    found = list(held.rows(0, RECORDS))

    assert found
    # (generated rows leave many of the packages' fields blank)
    filled = {at for row in found for at, value in enumerate(row[1:]) if value is not None}
    for key_value, *values in found:
        each = zip(pairs, values, sent[key_value], strict=False)
        for column, shown, value, other in (
            (*pair, value, other) for at, (pair, value, other) in enumerate(each) if at in filled
        ):
            assert plain(value) == plain(other), (column, shown, key_value)


def shown_as(schema: SObject, stream: str, name: str) -> str:
    """How a field is asked for, a lookup by its parent's Zuora id; blank where there is none."""
    field = schema.find(name)
    if field is None or (stream, name) in ABOUT or name == "zqu__Deleted__c":
        return ""
    if field.type != "reference" or field.reference_to[0] == "Account":
        return name
    key = KEYS.get(field.reference_to[0])
    return f"{field.relationship_name}.{key}" if key else ""


def test_no_field_is_exported_that_no_data_source_has() -> None:
    """What is documented as in no export is in none; what goes by another name goes by that."""
    for row in table("documented_fields.tsv"):
        stream, _, source = row["zuora"].partition(".")
        item = zuora_objects().get(stream)
        if item is None or "." in source or not row["export"].startswith(NOT_EXPORTED):
            continue
        other = row["export"].removeprefix("as ")
        assert item.find(source) is None, row
        assert other == row["export"] or column_of(item, other), row


def plain(value: object) -> str:
    """A value in the one form that both sides can be brought to."""
    text = "" if value is None else str(value)
    if len(text) == len("2024-01-01T00:00:00.000+0000") and text.endswith(".000+0000"):
        return text[:19]
    if text[10:11] == "T":
        return offset_taken(text)
    if text in {"True", "False"}:
        return text.lower()
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def offset_taken(text: str) -> str:
    from datetime import datetime

    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def test_the_tenant_has_a_record_for_every_row_of_the_org(org: Org) -> None:
    synced, rows = Tenant(org).counts(synced=True), org.counts()

    for name in ZUORA - {"Product"}:
        assert synced[name] == rows[zuora_objects()[name].sobject], name
    assert (
        synced["Product"]
        == org.query("SELECT COUNT() FROM Product2 WHERE zqu__ZuoraId__c != null").total
    )


def test_a_few_records_are_none_of_the_360(org: Org) -> None:
    every, synced = Tenant(org).counts(), Tenant(org).counts(synced=True)
    more = {name: every[name] - synced[name] for name in synced if every[name] != synced[name]}

    assert {*more} == {
        "Account", "Subscription", "RatePlan", "RatePlanCharge", "Invoice", "Payment",
    }  # fmt: skip
    assert all(1 <= count < 10 for count in more.values())
    assert len(exported(org, "select Id from Account where CrmId = null")) == more["Account"]
    assert exported(org, "select Id from Invoice where Status = 'Draft'")


def test_an_expired_version_is_older_than_the_one_that_is_synced(org: Org) -> None:
    query = "select Name, Version, Id from Subscription where Status"
    expired = exported(org, f"{query} = 'Expired'")
    current = {name: version for name, version, _ in exported(org, f"{query} != 'Expired'")}

    assert expired
    assert all(int(version) < int(current[name]) for name, version, _ in expired)


def test_every_record_but_those_outside_the_crm_has_an_account(org: Org) -> None:
    accounts = {row[0] for row in exported(org, "select Id from Account")}
    for name in ("Subscription", "RatePlan", "RatePlanCharge", "Invoice", "Payment", "Contact"):
        assert {row[0] for row in exported(org, f"select Account.Id from {name}")} <= accounts, name


@pytest.mark.parametrize("name", zuora_objects())
def test_no_two_records_have_the_same_id_or_time(org: Org, name: str) -> None:
    key = "TransactionDate" if name == "PaymentTransactionLog" else "UpdatedDate"
    rows = exported(org, f"select Id, {key} from {name}")

    assert rows
    assert len({row[0] for row in rows}) == len(rows) == len({row[1] for row in rows})


def test_the_tenant_is_the_same_whether_the_org_is_synced_or_not(org: Org) -> None:
    other = open_org(OrgOptions(records=RECORDS, synced=False))

    for name in zuora_objects():
        query = f"select * from {name}"
        assert exported(other, query) == exported(org, query), name
    other.close()


@pytest.mark.parametrize("records", [0, 1, 10, 99])
def test_a_tiny_org_has_a_tenant_too(records: int) -> None:
    org = open_org(OrgOptions(records=records))

    assert sum(Tenant(org).counts(synced=True).values()) <= records
    org.close()


@pytest.mark.parametrize("packages", [{"zqu"}, {"Zuora", "zqu"}])
def test_without_a_package_the_tenant_lacks_its_records(packages: set[str]) -> None:
    org = open_org(OrgOptions(records=500, without_packages=frozenset(packages)))

    assert Tenant(org).counts()["Product"] == 0
    assert bool(Tenant(org).counts()["Account"]) == ("Zuora" not in packages)
    org.close()
