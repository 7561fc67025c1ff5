"""The documents hold what the code says; the script that writes them fails on a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documents.__main__ import main
from tests.documents.generated import DOCS, TABLES, all_files, with_table

if TYPE_CHECKING:
    from pathlib import Path

FILES = all_files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_document_holds_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run `python -m tests.documents`"


@pytest.mark.parametrize("name", TABLES)
def test_a_line_that_is_missing_in_a_table_is_put_back(name: str) -> None:
    page, make = TABLES[name]
    whole = (DOCS / page).read_text(encoding="utf-8")
    last = make().splitlines(keepends=True)[-1]
    without = whole.replace(f"{last}<!-- end of {name} -->", f"<!-- end of {name} -->")
    assert without != whole
    assert with_table(name, without) == whole


def test_a_page_without_the_place_of_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"docs/sync.md needs <!-- generated: streams -->"):
        with_table("streams", "# Sync\n")


def test_the_script_names_what_differs_and_then_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("old", encoding="utf-8")
    monkeypatch.setattr("tests.documents.__main__.ROOT", tmp_path)
    monkeypatch.setattr("tests.documents.__main__.all_files", lambda: {page: "new"})
    assert _ends_with("--check") == 1
    assert page.read_text(encoding="utf-8") == "old"
    assert _ends_with() == 0
    assert page.read_text(encoding="utf-8") == "new"
    assert _ends_with("--check") == 0
    assert capsys.readouterr().err == "differs: page.md\nwritten: page.md\n"


def _ends_with(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(words)
    return int(end.value.code or 0)
