"""The field maps name what there is: in the catalogue, and in the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.field_maps import (
    FieldMap,
    FilledRelationship,
    Made,
    field_maps,
    not_filled,
    read_field_maps,
)
from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.catalog.paths import Path, Step, read_path
from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from tests.support.facts import table

if TYPE_CHECKING:
    from collections.abc import Iterator


STANDARD = frozenset({"Name", "Description", "CurrencyIsoCode"})
"""Fields of Salesforce's own that a package's metadata does not list."""
NEWER = frozenset({
    ("Zuora__ZInvoice__c", "Zuora__ReverseFlag__c"),
    ("Zuora__Subscription__c", "Zuora__Currency__c"),
    ("Zuora__SubscriptionRatePlan__c", "Zuora__Reverted__c"),
    ("Zuora__SubscriptionProductCharge__c", "Zuora__UpToPeriods__c"),
})  # fmt: skip
"""Documented for package versions that are newer than the orgs whose metadata is known."""
NOT_TOLD = "no: ", "not seen", "not in the"
"""How the table says that no export has a value."""
DOES_NOT_FIT = ("Zuora__SubscriptionChargeTierHistory__c", "Zuora__Currency__c")
"""Documented for the code of a currency, and in orgs a field for an amount."""
NUMBERS = frozenset({"Currency", "Number", "Percent"})
GOAL = 600
"""Of the documented fields, so many at least are filled from what an export tells."""


def filled(each: FieldMap) -> Iterator[tuple[str, str]]:
    """The fields of a map, each with the parent that it leads to, if any."""
    yield from ((name, "") for to in each.fields.values() for name in to)
    yield from ((link.field, link.parent) for link in each.parents)
    yield from ((made.field, made.parent) for made in each.made)


def all_filled() -> set[tuple[str, str]]:
    """Every field that is filled, as (object, field), the key included."""
    fields = {(each.object, name) for each in field_maps() for name, _ in filled(each)}
    return fields | {(name, BY_NAME[name].external_ids[0]) for name, _ in fields}


def is_writable(kind: str) -> bool:
    return not kind.startswith("Formula") and kind not in {"Summary", "AutoNumber"}


@pytest.mark.parametrize("each", field_maps(), ids=lambda each: f"{each.stream}-{each.object}")
def test_a_map_names_fields_that_real_orgs_have_and_that_can_be_written(each: FieldMap) -> None:
    known = {
        row["field"]: row for row in table("package_fields.tsv") if row["object"] == each.object
    }
    assert each.stream in BY_NAME[each.object].streams
    for name, parent in filled(each):
        if name not in STANDARD and (each.object, name) not in NEWER:
            assert is_writable(known[name]["type"]), name
            assert parent in ("", known[name]["references"]), name


def test_no_field_is_filled_twice_from_what_the_record_itself_says() -> None:
    for each in field_maps():
        own = [name for to in each.fields.values() for name in to]
        own += [link.field for link in each.parents]
        assert len(own) == len(set(own)), each.object


def test_every_field_that_a_row_can_not_be_without_is_filled() -> None:
    required = {
        (row["object"], row["field"]) for row in table("package_fields.tsv") if row["required"]
    }
    assert required - all_filled() == set()


def test_what_is_documented_and_can_be_known_is_filled() -> None:
    """The documented fields that orgs have, that can be written and that an export tells."""
    documented = [
        row
        for row in table("documented_fields.tsv")
        if row["in_orgs"] == "yes" and is_writable(row["type"])
    ]
    told = {
        (row["object"], row["field"])
        for row in documented
        if not row["export"].startswith(NOT_TOLD)
    }
    assert told - all_filled() == {DOES_NOT_FIT}
    assert len(told & all_filled()) >= GOAL


def test_no_text_of_zuoras_goes_into_a_field_for_numbers() -> None:
    """A row with such a value is refused, each time that it comes."""
    types = {(row["object"], row["field"]): row["type"] for row in table("package_fields.tsv")}
    for each in field_maps():
        item = zuora_objects().get(each.stream)
        for source, to in each.fields.items():
            found = item and next(filter(None, map(item.find, source.split("|"))), None)
            if found and found.type in {"text", "picklist"}:
                assert not [name for name in to if types.get((each.object, name)) in NUMBERS], (
                    source
                )


def test_a_documented_field_is_filled_or_it_is_said_why_not() -> None:
    unfilled = {(name, field) for name, field, _ in not_filled()}
    documented = {
        (row["object"], row["field"])
        for row in table("documented_fields.tsv")
        if row["in_orgs"] == "yes"
    }
    assert documented - all_filled() - unfilled == set()
    assert not unfilled & all_filled()


def test_no_map_fills_the_key_by_which_records_are_found() -> None:
    for each in field_maps():
        assert BY_NAME[each.object].external_ids[0] not in {name for name, _ in filled(each)}


def test_a_map_reads_as_it_is_written() -> None:
    (found,) = [each for each in field_maps() if each.object == "Zuora__Subscription__c"]
    assert found.fields["Name"] == ("Name", "Zuora__SubscriptionNumber__c")
    assert found.fields["Status"] == ("Zuora__Status__c",)
    assert found.parents[0] == FilledRelationship(
        "AccountId", "Zuora__CustomerAccount__c", "Zuora__CustomerAccount__c"
    )


HEAD = "stream\tobject\tfield\tuse\tto"


def test_each_use_of_a_field_is_read() -> None:
    lines = [
        "Account\tA__c\tName\tvalue\tName", "Account\tA__c\tName\tvalue\tTitle__c",
        "Account\tA__c\tParentId\tparent\tUp__c>A__c", "Account\tA__c\tCrmId\taccount\t",
        "Account\tA__c\tStatus\telsewhere\tDraft", "Account\tB__c\tId\tvalue\tZuora_Id__c",
        "Account\tB__c\tTerm\tkey\t", "Account\tB__c\tOwnerId/Account.Name\tvalue\tOwner__c",
        "Account\tB__c\tA + B\tvalue:text\tBoth__c",
        "Account\tB__c\t*Account@ParentId.Id\tparent:first\tChild__c>A__c",
    ]  # fmt: skip
    first, second = read_field_maps([HEAD, *lines])
    assert first == FieldMap(
        "Account", "A__c", {"Name": ("Name", "Title__c")},
        (FilledRelationship("ParentId", "Up__c", "A__c"),), "CrmId", "Status", frozenset({"Draft"}),
    )  # fmt: skip
    owner, child = Step("Account", "Id", "Name"), Step("Account", "ParentId", "Id", down=True)
    assert second == FieldMap(
        "Account", "B__c", {"Id": ("Zuora_Id__c",)}, key=("Term",),
        made=(
            Made((Path(("OwnerId",), (owner,)),), "", "Owner__c"),
            Made((Path(("A",)), Path(("B",))), "text", "Both__c"),
            Made((Path(("Id",), (child,)),), "first", "Child__c", "A__c"),
        ),
    )  # fmt: skip
    assert second.by_name
    assert not first.by_name


def test_a_use_that_nobody_knows_is_no_silent_gap() -> None:
    with pytest.raises(ValueError, match=r"A__c\.Name has the unknown use 'valeu'"):
        read_field_maps([HEAD, "Account\tA__c\tName\tvaleu\tName"])


def test_the_lines_of_a_map_stand_together() -> None:
    maps = [(each.stream, each.object) for each in field_maps()]
    assert len(maps) == len(set(maps))


def test_a_form_that_nobody_knows_is_no_silent_gap() -> None:
    with pytest.raises(ValueError, match=r"A__c\.Name has the unknown form 'summ'"):
        read_field_maps([HEAD, "Account\tA__c\tName\tvalue:summ\tName"])


@pytest.mark.parametrize("text", ["", "A/", "A/B", "A B", "*B.C/", "A/B@.C"])
def test_what_is_no_path_is_no_silent_gap(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_path(text)


def test_a_path_says_which_fields_of_which_streams_have_to_be_known() -> None:
    path = read_path("UOM|Uom/UnitOfMeasure@UomName.OwnerId/Account.Name")
    assert list(path.needs("RatePlan")) == [
        ("RatePlan", "UOM"), ("RatePlan", "Uom"), ("UnitOfMeasure", "UomName"),
        ("UnitOfMeasure", "OwnerId"), ("Account", "Name"),
    ]  # fmt: skip
    assert list(read_path("*Tier@ChargeId:Number.Price").needs("Charge")) == [
        ("Tier", "ChargeId"), ("Tier", "Price"), ("Tier", "Number"),
    ]  # fmt: skip
