"""Whatever kills a cleanup, running it again finishes it, and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import killing_accounts
from tests.support.added import JOINED
from tests.support.killing import make_base, run_round

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("killing") / "base.sqlite")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.rows_may_go(*JOINED)
@pytest.mark.quotes_may_change
@pytest.mark.parametrize("seeds", [range(first, first + 10) for first in range(1, 21, 10)])
def test_a_cleanup_that_is_killed_again_and_again_ends_well(seeds: range, base: Path) -> None:
    rounds = [run_round(seed, base) for seed in seeds]
    assert {each.seed: each.wrong for each in rounds if each.wrong} == {}
    assert sum(each.midway for each in rounds) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.quotes_may_change
def test_one_of_some_accounts_ends_well_too() -> None:
    rounds = [killing_accounts.run_round(seed) for seed in range(1, 7)]
    assert {each.seed: each.wrong for each in rounds if each.wrong} == {}
    assert sum(each.midway for each in rounds) > 0
