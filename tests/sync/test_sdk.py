"""The Singer SDK's standard tests of a target, all of them, in mode `sync`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class, target_tests
from singer_sdk.testing.runners import TargetTestRunner
from singer_sdk.testing.suites import target_tests as standard

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.syncs import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from singer_sdk.testing.templates import TargetFileTestTemplate

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

UNITS = "zqu__ZUnitOfMeasure__c"
TO_UNITS = {"__alias__": "UnitOfMeasure", "Id": "'sdk-' + str(id)", "__key_properties__": ["Id"]}
"""A stream map that makes units of measure of the SDK's records."""


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


@pytest.fixture
def settings(server: EmulatorServer, tmp_path: Path) -> dict[str, Any]:
    return {**login(server), "mode": "sync", "output_dir": str(tmp_path)}


@pytest.fixture
def runner(settings: dict[str, Any]) -> TargetTestRunner:
    return TargetTestRunner(TargetZuora360Cleanup, config=settings)


TestStandard: type = get_target_test_class(
    TargetZuora360Cleanup, custom_suites=[standard], include_target_tests=False
)
del TestStandard.runner  # type: ignore[attr-defined] # the module's takes its place


@pytest.mark.parametrize(
    ("template", "stream", "name", "expected"),
    [
        (
            target_tests.TargetDuplicateRecords,
            "test_duplicate_records",
            "'metric ' + str(metric)",
            {"1": "metric 100", "2": "metric 20"},
        ),
        (
            target_tests.TargetEncodedStringData,
            "test_strings",
            "info",
            {
                "3": "简单的字串",
                "5": 'quoted "string"',
                "11": "Control Characters in string:  A \x01",
            },
        ),
    ],
    ids=["duplicates", "encoded strings"],
)
def test_the_sdks_records_arrive_in_salesforce_through_a_stream_map(  # noqa: PLR0913, PLR0917 - fixtures
    server: EmulatorServer,
    settings: dict[str, Any],
    template: type[TargetFileTestTemplate],
    stream: str,
    name: str,
    expected: dict[str, str],
) -> None:
    maps = {stream: {**TO_UNITS, "UomName": name}}
    made = TargetTestRunner(TargetZuora360Cleanup, config={**settings, "stream_maps": maps})
    made.target_input = io.StringIO(template().singer_filepath.read_text(encoding="utf-8"))
    made.sync_all()
    soql = f"SELECT zqu__ZuoraId__c, Name FROM {UNITS} WHERE zqu__ZuoraId__c LIKE 'sdk-%'"
    found = {each["zqu__ZuoraId__c"][4:]: each["Name"] for each in rows(server.org, soql)}
    assert {key: found.get(key) for key in expected} == expected
