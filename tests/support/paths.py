"""Where things lie in the repository."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = ROOT / "tests"
RECORDINGS: Final = TESTS / "data" / "tap_zuora"
"""What the real tap-zuora wrote, one file a run."""


def copy_parts(parts: Iterable[str], folder: Path) -> None:
    """Copy files and folders of the repository to a folder, each to where it lies in it."""
    for part in parts:
        source, copy = ROOT / part, folder / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
