"""Write into the documents what they take from the code: `python -m tests.documents [--check]`.

With `--check` nothing is written; the names of what differs go to stderr, and the status is 1.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tests.documents.generated import all_files
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> None:
    """Write what differs, or name it; the words are those of the command line if left out."""
    parser = argparse.ArgumentParser(prog="python -m tests.documents", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    check = parser.parse_args(words).check
    stale = {path: text for path, text in all_files().items() if path.read_text("utf-8") != text}
    for path, text in stale.items():
        sys.stderr.write(f"{'differs' if check else 'written'}: {path.relative_to(ROOT)}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    sys.exit(check and bool(stale))


if __name__ == "__main__":
    main()
