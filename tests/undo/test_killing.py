"""Whatever kills a cleanup or its undo, running the undo again finishes it, to the last value."""

from __future__ import annotations

import pytest

from tests.support.killing_undo import Base, run_round


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(tmp_path_factory.mktemp("killing-undo"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seeds", [range(first, first + 5) for first in range(1, 16, 5)])
def test_an_undo_that_is_killed_again_and_again_ends_well(seeds: range, base: Base) -> None:
    rounds = [run_round(seed, base) for seed in seeds]
    assert {each.seed: each.wrong for each in rounds if each.wrong} == {}
    assert sum(each.midway for each in rounds) > 0
