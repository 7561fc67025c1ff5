"""Leaves what is imported so far to no walk of the garbage collector: each fork is spared them."""

from __future__ import annotations

import gc

gc.collect()
gc.freeze()
