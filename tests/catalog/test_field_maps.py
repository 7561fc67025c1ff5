"""The field maps name what there is: in the catalogue, and in the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.field_maps import (
    FieldMap,
    FilledRelationship,
    field_maps,
    read_field_maps,
)
from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=10)) as made:
        yield made


@pytest.mark.parametrize("each", field_maps(), ids=lambda each: each.object)
def test_a_map_names_fields_and_parents_that_the_packages_have(org: Org, each: FieldMap) -> None:
    sobject = org.schema.get(each.object)
    assert each.stream in BY_NAME[each.object].streams
    assert [name for to in each.fields.values() for name in to if not sobject.find(name)] == []
    for link in each.parents:
        lookup = sobject.find(link.field)
        assert lookup is not None
        assert link.parent in lookup.reference_to
    filled = [name for to in each.fields.values() for name in to]
    filled += [link.field for link in each.parents]
    assert len(filled) == len(set(filled))


def test_no_map_fills_the_key_by_which_records_are_found() -> None:
    for each in field_maps():
        keys = BY_NAME[each.object].external_ids
        assert not {name for to in each.fields.values() for name in to} & {keys[0]}


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
    ]  # fmt: skip
    first, second = read_field_maps([HEAD, *lines])
    assert first == FieldMap(
        "Account", "A__c", {"Name": ("Name", "Title__c")},
        (FilledRelationship("ParentId", "Up__c", "A__c"),), "CrmId", "Status", frozenset({"Draft"}),
    )  # fmt: skip
    assert second == FieldMap("Account", "B__c", {"Id": ("Zuora_Id__c",)})


def test_a_use_that_nobody_knows_is_no_silent_gap() -> None:
    with pytest.raises(ValueError, match=r"A__c\.Name has the unknown use 'valeu'"):
        read_field_maps([HEAD, "Account\tA__c\tName\tvaleu\tName"])


def test_the_lines_of_a_map_stand_together() -> None:
    maps = [(each.stream, each.object) for each in field_maps()]
    assert len(maps) == len(set(maps))
