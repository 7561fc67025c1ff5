"""What is made once in a test run, by whichever worker comes first, and used by all of them."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER: Final = "TEST_ORGS_OF_ZUORA360"
"""The variable that names the folder that all workers of a test run share."""


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name in the shared one; others wait while it is made.

    Args:
        name: Of the folder.
        make: Fills it; one that fails is tried once more by the next who asks.
    """
    shared = Path(os.environ[FOLDER])
    made, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(made, ignore_errors=True)
            make(made)
            done.touch()
    return made
