"""The first signal sets the stop, and nothing else; handlers are as before in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from target_zuora360_cleanup.lifecycle.signals import heeded
from target_zuora360_cleanup.rows.stop import Stop

SECONDS = 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_sets_the_stop_and_raises_nothing(number: signal.Signals) -> None:
    stop, before = Stop(), signal.getsignal(number)
    with heeded(stop, lambda: 1):
        os.kill(os.getpid(), number)
        assert stop.wait(SECONDS)
    assert (stop.by, signal.getsignal(number)) == (number.name, before)


def test_a_second_signal_ends_the_process_at_once() -> None:
    code = (
        "import os, signal\n"
        "from target_zuora360_cleanup.lifecycle.signals import heeded\n"
        "from target_zuora360_cleanup.rows.stop import Stop\n"
        "with heeded(Stop(), lambda: 4):\n"
        "    for number in (signal.SIGINT, signal.SIGTERM):\n"
        "        os.kill(os.getpid(), number)\n"
        "    raise SystemExit('went on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=SECONDS, check=False)
    assert done.returncode == 4
