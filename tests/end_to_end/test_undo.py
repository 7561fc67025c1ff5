"""A cleanup in a real Meltano project is taken back; the next sync is incremental again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.meltano_project import (
    BEFORE,
    OTHER_LOADER,
    OTHER_STATE_ID,
    TAP,
    Project,
    recording,
)
from tests.support.undoing import SUBSCRIPTIONS, image

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = pytest.mark.slow

OBJECTS = json.dumps(SUBSCRIPTIONS)
PAIRED = json.dumps([OTHER_STATE_ID])


def test_the_org_and_a_paired_state_are_as_before_and_the_next_sync_sends_changes_alone(
    project: Callable[[EmulatorServer], Project],
) -> None:
    with Emulated(OrgOptions(records=1200, sandbox=True, quotes=False)) as server:
        made = replace(project(server), is_real=True)
        before = image(server.org)
        cleaned = made.utility("cleanup", paired_state_ids=PAIRED, include_objects=OBJECTS)
        assert cleaned.returncode == 0, cleaned.stderr
        assert made.state_of(OTHER_STATE_ID) != BEFORE

        taken_back = made.utility("undo", TAP, OTHER_LOADER, paired_state_ids=PAIRED)

        assert taken_back.returncode == 0, taken_back.stderr
        assert image(server.org) == before
        assert f"State {OTHER_STATE_ID}: as it was before the cleanup." in taken_back.stderr
        incremental = Counter(
            message["stream"] for message in recording("incremental") if message["type"] == "RECORD"
        )
        assert f"{sum(incremental.values())} records loaded" in taken_back.stderr
