"""Each object type of the table has what the rest of the project needs of it, or a test names it.

A new type is one entry in `OBJECTS` of catalog/objects.py. What else it takes is said here, one
sentence each, and by tests/documents for the pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.catalog.objects import BY_NAME, NEVER, OBJECTS, ObjectType
from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.schema.reading import load_schema
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDS = 3_000
NAMES = StreamNames.of((kind.api_name, kind.streams) for kind in OBJECTS)
DATA = "emulator/schema/data"
OLDER = frozenset({("Zuora__Payment__c", "Zuora__EffectiveDate__c")})
"""Fields that orgs with older versions of the package have, and the emulator's version has not."""


@pytest.fixture(scope="module")
def rows() -> Iterator[Mapping[str, int]]:
    """Rows of an emulated org, by object."""
    with opened(OrgOptions(records=RECORDS)) as org:
        yield org.counts()


def lacking(kind: ObjectType, rows: Mapping[str, int]) -> Iterator[str]:
    """What is still to be done for an object type, in sentences that say where."""
    name = kind.api_name
    if not all(name in NAMES.objects(stream) for stream in kind.streams or ("",)):
        yield f"{name}: name the Zuora objects that feed it (streams in catalog/objects.py)"
    mapped = any(each.object == name for each in field_maps())
    if mapped == bool(kind.not_loaded):
        yield (
            f"{name}: say how mode sync fills it (lines in catalog/field_maps.tsv) or why it does "
            "not (not_loaded in catalog/objects.py), and not both"
        )
    if name not in load_schema().objects:
        yield f"{name}: let the emulator have it (a line in {DATA}/objects.tsv)"
        return
    sobject = load_schema().get(name)
    wanted = (*kind.external_ids, *kind.dates, *(field for field, _ in kind.links))
    for field in (each for each in wanted if not sobject.find(each) and (name, each) not in OLDER):
        yield f"{name}: let the emulator have its field {field} (a line in {DATA}/packages.tsv)"
    if not rows.get(name):
        yield f"{name}: let the emulator make rows of it (emulator/generate/counts.py)"


@pytest.mark.parametrize("kind", OBJECTS, ids=lambda kind: kind.api_name)
def test_an_object_type_has_all_that_it_takes(kind: ObjectType, rows: Mapping[str, int]) -> None:
    said = list(lacking(kind, rows))
    assert not said, "\n".join(said)


def test_what_is_lacking_is_said_with_its_place(rows: Mapping[str, int]) -> None:
    invoice = BY_NAME["Zuora__ZInvoice__c"]
    unknown = replace(invoice, api_name="Zuora__New__c", streams=("New",))
    assert [each.split(":")[1].split("(")[1] for each in lacking(unknown, rows)] == [
        "streams in catalog/objects.py)",
        "lines in catalog/field_maps.tsv) or why it does not ",
        f"a line in {DATA}/objects.tsv)",
    ]
    half_done = replace(invoice, not_loaded="x", dates=("Zuora__Day__c",))
    assert [each.split(":")[1].split("(")[0] for each in lacking(half_done, {})] == [
        " say how mode sync fills it ",
        " let the emulator have its field Zuora__Day__c ",
        " let the emulator make rows of it ",
    ]


def test_an_object_type_stands_in_the_table_once() -> None:
    assert len(BY_NAME) == len(OBJECTS)


def test_what_is_never_cleaned_is_not_in_the_table() -> None:
    assert not NEVER & BY_NAME.keys()


def test_every_map_fills_an_object_type_of_the_table() -> None:
    assert {each.object for each in field_maps()} <= BY_NAME.keys()
