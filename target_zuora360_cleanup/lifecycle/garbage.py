"""How often Python looks for what only leads to itself."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELDOM: Final = 100_000
"""More objects than before, where Python looks after 700 by default."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage in circles more seldom meanwhile.

    Each search goes over the rows of a batch that have come so far; rows are in no circle, so that
    it finds nothing, for a tenth of a sync's CPU.
    """
    before = gc.get_threshold()
    gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
