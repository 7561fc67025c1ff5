"""A stop does not hide what the work had failed with by itself."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.errors import CleanupError, InputError, Interrupted, Partial
from target_zuora360_cleanup.lifecycle.stopping import with_own_failure
from target_zuora360_cleanup.rows.stop import Stopped

ENDING = CleanupError("Stopped by SIGTERM.")


@pytest.mark.parametrize("failure", [None, Stopped(), Interrupted("Stopped before anything.")])
def test_that_the_work_was_stopped_is_told_once(failure: BaseException | None) -> None:
    assert with_own_failure(ENDING, failure) is ENDING


@pytest.mark.parametrize("kind", [InputError, Partial, CleanupError])
def test_what_the_work_failed_with_is_told_with_its_own_exit_status(
    kind: type[CleanupError],
) -> None:
    told = with_own_failure(ENDING, kind("Salesforce refused the login."))
    assert str(told) == "Stopped by SIGTERM. Salesforce refused the login."
    assert told.exit_status == kind.exit_status


def test_a_mistake_of_the_program_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    told = with_own_failure(Partial("Stopped by SIGTERM."), KeyError("instance_url"))
    assert str(told) == "Stopped by SIGTERM. Its work had failed: KeyError: 'instance_url'."
    assert told.exit_status == Partial.exit_status
    assert "KeyError" in caplog.text
