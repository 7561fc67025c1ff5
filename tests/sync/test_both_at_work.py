"""The tap goes on while Salesforce works, and Salesforce works while the tap goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.loading import both_at_work

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_slow_tap_and_a_slow_server_take_little_more_than_the_slower_of_both(
    tmp_path: Path,
) -> None:
    took = both_at_work(3, 6, tmp_path, batches=5)
    # (not the wall time, in which the start of the program is, on whatever machine)
    assert took.either <= took.bound
    assert took.bound < took.tap + took.server
