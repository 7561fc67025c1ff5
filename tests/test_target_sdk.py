"""The Singer SDK's standard tests of a target, as far as they fit one that loads nothing."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from singer_sdk.testing import get_target_test_class, target_tests
from singer_sdk.testing.runners import TargetTestRunner
from singer_sdk.testing.suites import SingerTestSuite
from singer_sdk.testing.suites import target_tests as standard
from singer_sdk.testing.templates import TargetFileTestTemplate, TargetTestTemplate
from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import InputError, Refused
from target_zuora360_cleanup.target import TargetZuora360Cleanup
from tests.support.emulated import Emulated
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

RECORDS = 300

LEFT_OUT: Final[dict[type[TargetTestTemplate], str]] = {
    target_tests.TargetInvalidSchemaTest: (
        "expects a SCHEMA without properties to fail; nothing is validated against a schema here, "
        "and a tap's odd schema is no reason to keep an org from being cleaned"
    ),
    target_tests.TargetRecordBeforeSchemaTest: (
        "expects the SDK's own exception; here it is an InputError, which RecordBeforeSchema checks"
    ),
    target_tests.TargetRecordMissingKeyProperty: (
        "expects a record without its key to fail; records are counted, never parsed"
    ),
    target_tests.TargetMultipleStateMessages: (
        "expects the tap's STATEs on stdout (the SDK leaves it out as well); in plan the stored "
        "state stays as it is, which NoStatePassedOn checks"
    ),
}


FOREIGN_STATE: Final[dict[type[TargetFileTestTemplate], str]] = dict.fromkeys(
    (
        target_tests.TargetArrayData,
        target_tests.TargetDuplicateRecords,
        target_tests.TargetEncodedStringData,
        target_tests.TargetNoPrimaryKeys,
        target_tests.TargetOptionalAttributes,
        target_tests.TargetSchemaUpdates,
    ),
    "its STATEs have no `bookmarks`, a form that is refused since it can't be reset; it is run "
    "with the same values as bookmarks",
)


class Bookmarked(TargetFileTestTemplate):
    """The SDK's stream, with what its STATEs hold as bookmarks."""

    @override
    def test(self) -> None:
        messages = map(json.loads, self.singer_filepath.read_text(encoding="utf-8").splitlines())
        lines = [json.dumps(bookmarked(message)) for message in messages]
        self.runner.target_input = io.StringIO("\n".join(lines) + "\n")
        super().test()


def bookmarked(message: dict[str, Any]) -> dict[str, Any]:
    if message["type"] != "STATE":
        return message
    return {**message, "value": {"bookmarks": message["value"]}}


class RecordBeforeSchema(TargetFileTestTemplate):
    name = "record_before_schema"

    @override
    def test(self) -> None:
        with pytest.raises(InputError, match=r"Line 1 .* before its SCHEMA"):
            super().test()


class ForeignStateIsRefused(TargetFileTestTemplate):
    name = "multiple_state_messages"

    @override
    def test(self) -> None:
        with pytest.raises(Refused, match="no `bookmarks` in it"):
            super().test()


class NoStatePassedOn(Bookmarked):
    name = "multiple_state_messages"


class MissingKeyIsNoConcern(TargetFileTestTemplate):
    name = "record_missing_key_property"


class SchemaWithoutPropertiesIsNoConcern(TargetFileTestTemplate):
    name = "invalid_schema"


OWN: Final[list[type[TargetTestTemplate]]] = [
    RecordBeforeSchema,
    ForeignStateIsRefused,
    MissingKeyIsNoConcern,
    SchemaWithoutPropertiesIsNoConcern,
    *(
        type(f"Bookmarked{each.__name__}", (Bookmarked, each), {"name": each.name})
        for each in FOREIGN_STATE
    ),
]
PASSED_ON: Final = SingerTestSuite[TargetTestTemplate](kind="target", tests=[NoStatePassedOn])
"""By itself, since a suite names a test after its stream."""
RUN: Final[list[type[TargetTestTemplate]]] = [
    *(each for each in standard.tests if each not in {*LEFT_OUT, *FOREIGN_STATE}),
    # In the SDK, but not in its suite.
    target_tests.TargetRecordMissingRequiredProperty,
]
FITTING: Final = SingerTestSuite[TargetTestTemplate](kind="target", tests=[*RUN, *OWN])


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=RECORDS, sandbox=True)) as made:
        yield made


@pytest.fixture
def runner(
    server: EmulatorServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[TargetTestRunner]:
    """Runs the target in its default mode; what it wrote is looked at afterwards."""
    before = server.org.counts()
    # (a bookmark that nobody knows stops a plan)
    others = {f"test_multiple_state_messages_{name}": "other" for name in "abc"}
    config = {**login(server), "output_dir": str(tmp_path), "stream_objects": others}
    made = TargetTestRunner(TargetZuora360Cleanup, config=config)
    yield made
    # The runner gets what is written during a sync, and pytest what the target's own stdout is.
    assert not made.stdout
    assert '{"bookmarks"' not in capsys.readouterr().out
    assert server.org.counts() == before


def suite(tests: SingerTestSuite[TargetTestTemplate]) -> type:
    made: type = get_target_test_class(
        TargetZuora360Cleanup, custom_suites=[tests], include_target_tests=False
    )
    del made.runner  # type: ignore[attr-defined] # the module's takes its place
    return made


TestSdkSuite = suite(FITTING)
TestStateOfTheTap = suite(PASSED_ON)


def test_each_of_the_sdks_target_tests_is_run_or_left_out_for_a_reason() -> None:
    in_the_sdk = {
        each
        for each in vars(target_tests).values()
        if isinstance(each, type)
        and issubclass(each, TargetTestTemplate)
        and each.__module__ == target_tests.__name__
    }
    assert in_the_sdk == {*RUN, *FOREIGN_STATE, *LEFT_OUT}
    assert set(standard.tests) <= in_the_sdk
    assert all([*FOREIGN_STATE.values(), *LEFT_OUT.values()])
