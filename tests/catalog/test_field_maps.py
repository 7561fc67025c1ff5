"""The field maps name what there is: in the catalogue, and in the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.field_maps import FIELD_MAPS, FieldMap, Parent
from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=10)) as made:
        yield made


@pytest.mark.parametrize("each", FIELD_MAPS, ids=lambda each: each.object)
def test_a_map_names_fields_and_parents_that_the_packages_have(org: Org, each: FieldMap) -> None:
    sobject = org.schema.get(each.object)
    assert each.stream in BY_NAME[each.object].streams
    assert [name for to in each.fields.values() for name in to if not sobject.find(name)] == []
    for link in each.parents:
        lookup = sobject.find(link.lookup)
        assert lookup is not None
        assert link.object in lookup.reference_to
    filled = [name for to in each.fields.values() for name in to]
    filled += [link.lookup for link in each.parents]
    assert len(filled) == len(set(filled))


def test_no_map_fills_the_key_by_which_records_are_found() -> None:
    for each in FIELD_MAPS:
        keys = BY_NAME[each.object].external_ids
        assert not {name for to in each.fields.values() for name in to} & {keys[0]}


def test_a_map_reads_as_it_is_written() -> None:
    (found,) = [each for each in FIELD_MAPS if each.object == "Zuora__Subscription__c"]
    assert found.fields["Name"] == ("Name", "Zuora__SubscriptionNumber__c")
    assert found.fields["Status"] == ("Zuora__Status__c",)
    assert found.parents[0] == Parent(
        "AccountId", "Zuora__CustomerAccount__c", "Zuora__CustomerAccount__c"
    )
