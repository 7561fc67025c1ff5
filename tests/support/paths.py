"""Where things lie in the repository."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TESTS: Final = ROOT / "tests"
RECORDINGS: Final = TESTS / "data" / "tap_zuora"
"""What the real tap-zuora wrote, one file a run."""
