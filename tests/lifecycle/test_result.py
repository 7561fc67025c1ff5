"""A run returns how it ended; the door exits with it."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.errors import CleanupError, InputError, Partial, Refused
from target_zuora360_cleanup.lifecycle.result import Result


@pytest.mark.parametrize(
    ("error", "status"),
    [(CleanupError("x"), 1), (InputError("x"), 2), (Refused("x"), 3), (Partial("x"), 4)],
)
def test_the_exit_status_is_that_of_the_error(error: CleanupError, status: int) -> None:
    with pytest.raises(SystemExit) as caught:
        Result(error).exit()
    assert caught.value.code == Result(error).exit_status == status


def test_a_run_that_went_well_does_not_leave() -> None:
    Result().exit()
    assert Result().exit_status == 0


def test_a_mistake_of_the_program_is_raised_for_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        Result(ZeroDivisionError()).exit()
