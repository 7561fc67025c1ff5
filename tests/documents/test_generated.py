"""The documents hold what the code says; the script that writes them fails on a difference."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.documents.generated import DOCS, TABLES, all_files, with_table
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FILES = all_files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_document_holds_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run `python -m tests.documents`"


@pytest.mark.parametrize("name", TABLES)
def test_a_line_that_is_missing_in_a_table_is_put_back(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, make = TABLES[name]
    whole = (DOCS / page).read_text(encoding="utf-8")
    last = make().splitlines(keepends=True)[-1]
    (tmp_path / page).write_text(whole.replace(last, ""), encoding="utf-8")
    monkeypatch.setattr("tests.documents.generated.DOCS", tmp_path)
    assert with_table(name) == whole


def test_the_script_checks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.documents", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
