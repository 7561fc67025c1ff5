"""How often Python looks for garbage."""

from __future__ import annotations

import gc

from target_zuora360_cleanup.lifecycle.garbage import seldom_collected


def test_garbage_is_looked_for_more_seldom_and_then_as_before() -> None:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        with seldom_collected():
            assert gc.isenabled()
            assert gc.get_threshold() == (100_000, 10, 10)
        assert gc.get_threshold() == (700, 10, 10)
    finally:
        gc.set_threshold(*before)
