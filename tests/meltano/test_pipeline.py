"""What a loader learns of the Meltano run around it."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.meltano.pipeline import (
    OwnPlugin,
    Pipeline,
    own_plugin,
    read_pipeline,
)

ENVIRON = {
    "MELTANO_ENVIRONMENT": "prod",
    "MELTANO_EXTRACTOR_NAME": "tap-zuora",
    "MELTANO_LOADER_NAME": "target-zuora360-cleanup",
    "MELTANO_EXTRACT_START_DATE": "2020-01-01",
}


def test_a_loader_behind_a_tap_knows_both_names() -> None:
    found = read_pipeline(ENVIRON)
    assert found == Pipeline("tap-zuora", "target-zuora360-cleanup", "prod", "2020-01-01")
    assert (found.has_tap, found.is_invoked) == (True, False)
    assert found.name == "prod:tap-zuora-to-target-zuora360-cleanup"


def test_a_loader_that_is_invoked_has_no_tap() -> None:
    found = read_pipeline({"MELTANO_LOADER_NAME": "target-zuora360-cleanup"})
    assert (found.has_tap, found.is_invoked, found.name) == (False, True, "")


def test_outside_of_meltano_nothing_is_known() -> None:
    found = read_pipeline({})
    assert found == Pipeline()
    assert (found.has_tap, found.is_invoked) == (False, False)


@pytest.mark.parametrize(
    ("environ", "plugin"),
    [
        (ENVIRON, OwnPlugin("loader", "target-zuora360-cleanup")),
        ({"MELTANO_UTILITY_NAME": "zuora360--eu"}, OwnPlugin("utility", "zuora360--eu")),
        ({"MELTANO_EXTRACTOR_NAME": "tap-zuora"}, None),
        ({}, None),
    ],
)
def test_the_plugin_knows_itself(environ: dict[str, str], plugin: OwnPlugin | None) -> None:
    assert own_plugin(environ) == plugin
