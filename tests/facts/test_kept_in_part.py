"""What quotes use stays, however little of the catalogue is cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.facts.reading import read_facts
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, login, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

PARTS = [
    ["zqu__ProductRatePlanChargePriceSummary__c"],
    ["zqu__ProductRatePlanChargeTier__c", "zqu__ProductRatePlanChargePriceSummary__c"],
    ["zqu__ZProductFeature__c"],
    ["Product2"],
]


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=1_500, sandbox=True)) as made:
        yield made


def kept(server: EmulatorServer, *names: str) -> dict[str, frozenset[str]]:
    settings = read_settings({**login(server), **ALLOWED, "include_objects": [*names]})
    return dict(read_facts(connect(settings, waits=NO_WAITS), settings).kept)


@pytest.mark.parametrize("names", PARTS)
def test_of_a_part_as_much_stays_as_of_the_whole_catalogue(
    server: EmulatorServer, names: list[str]
) -> None:
    settings = read_settings({**login(server), **ALLOWED, "object_groups": ["product_catalog"]})
    whole = read_facts(connect(settings, waits=NO_WAITS), settings).kept
    assert all(whole[name] for name in names)
    assert kept(server, *names) == {name: whole[name] for name in names}


def test_it_stays_in_the_org_too(tmp_path: Path) -> None:
    (name,) = PARTS[0]
    with Emulated(OrgOptions(records=1_500, sandbox=True)) as server:
        config = {**login(server), **ALLOWED, "include_objects": [name], "mode": "cleanup"}
        expected = kept(server, name)[name]
        ran = run(config, tmp_path)
        assert ran.status == 0, ran.message
        assert {str(row["Id"]) for row in server.org.all_rows(name)} == expected
