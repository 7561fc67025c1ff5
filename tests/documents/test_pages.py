"""Links lead somewhere; the README stays short; what pages quote is what the program says."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.errors import CleanupError, InputError, Partial, Refused
from tests.documents.pages import PAGES, README, anchors, prose
from tests.support.paths import ROOT
from tests.support.recipes import headings
from tests.test_architecture import ROOMS

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES, MOST_PICTURE_BYTES = 9 * 1024, 150_000
LEAST_QUOTE = 6
"""Shorter pieces of a message stand in too many sentences to prove anything."""


def links(page: Path) -> list[str]:
    """Where a page's links and pictures lead, in its own folders."""
    text = prose(page)
    found = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|href)="([^"]+)"', text)]
    return [each for each in found if "://" not in each]


LINKS = [(page, link) for page in PAGES for link in links(page)]


@pytest.mark.parametrize(
    ("page", "link"), LINKS, ids=[f"{page.name}-{link}" for page, link in LINKS]
)
def test_a_link_leads_to_a_file_and_a_heading_that_exist(page: Path, link: str) -> None:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    assert target.is_relative_to(ROOT)
    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = {README}, [README]
    while ahead:
        page = ahead.pop()
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target in PAGES and target not in reached:
                reached.add(target)
                ahead.append(target)
    docs = {page for page in PAGES if ".github" not in page.parts}
    assert reached >= docs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_row_of_a_table_has_as_many_cells_as_its_head(page: Path) -> None:
    """A bar that is not escaped ends a cell, in code too, and what is beyond the head is gone."""
    cells = 0
    for line in prose(page).splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (cells and bars) or bars == cells, line
        cells = bars


def test_the_readme_stays_short_and_its_picture_light() -> None:
    assert README.stat().st_size <= MOST_BYTES
    assert (ROOT / "docs/report.png").stat().st_size < MOST_PICTURE_BYTES


FILES = re.findall(
    r"`((?:\w+/)*\w+\.(?:py|tsv|json|yml))`",
    "".join(
        (ROOT / page).read_text(encoding="utf-8")
        for page in ("docs/architecture.md", "CONTRIBUTING.md")
    ),
)
OF_THE_PROGRAM = {"meltano.yml", "report.json", "plan.json"}


@pytest.mark.parametrize("file", sorted(set(FILES) - OF_THE_PROGRAM))
def test_a_file_that_a_page_names_is_there(file: str) -> None:
    places = (ROOT, ROOT / "target_zuora360_cleanup", ROOT / "target_zuora360_cleanup/emulator")
    assert any((place / file).is_file() for place in places)


def test_the_page_of_rooms_says_what_each_is_for() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)(?:\.py)?` \|", text, re.MULTILINE)
    doors = {"cli", "target", "__main__"}
    assert named == [*(room for level in ROOMS for room in level if room not in doors), "emulator"]


def quoted() -> list[str]:
    """The messages that the page of operations explains."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    tables = re.findall(r"<!-- messages -->\n(.*?)\n\n", text, re.DOTALL)
    return re.findall(r"^\| `(.*?)` \|", "\n".join(tables), re.MULTILINE)


@cache
def words_of_the_program() -> str:
    """Every string constant of the plugin."""
    files = [
        path
        for path in (ROOT / "target_zuora360_cleanup").rglob("*.py")
        if "emulator" not in path.parts
    ]
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("message", quoted())
def test_a_message_that_is_explained_is_one_that_the_program_writes(message: str) -> None:
    pieces = [piece.strip() for piece in message.split("…")]
    long = [piece for piece in pieces if len(piece) >= LEAST_QUOTE]
    assert long
    assert [piece for piece in long if piece not in words_of_the_program()] == []


def test_every_recipe_is_followed_by_a_slow_test() -> None:
    files = (ROOT / "tests/documents").glob("test_recipes*.py")
    followed = re.findall(r'Recipe\("(.+?)", ', "".join(each.read_text("utf-8") for each in files))
    assert sorted(followed) == sorted(headings())


def test_the_page_of_reports_has_each_exit_status() -> None:
    text = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    statuses = [int(each) for each in re.findall(r"^\| (\d) \| ", text, re.MULTILINE)]
    classes = (CleanupError, InputError, Refused, Partial)
    assert statuses == [0, *(each.exit_status for each in classes)]
