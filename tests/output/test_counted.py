"""A count and its noun agree, wherever a person reads them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from target_zuora360_cleanup.output.counted import counted
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLURALS: Final = (
    "accounts|are|bookmarks|calls|changes|characters|fields|files|follows|have|hold|jobs|lines|"
    "links|lookups|marks|messages|objects|pages|prices|products|quotes|reasons|records|"
    "relationships|requests|rows|snapshots|soft deletes|states|streams|texts|triggers|types|"
    "values|were"
)
AFTER_ONE: Final = re.compile(rf"(?<![\d,.:=-])(?<!-n )\b1 (?:[a-z]+ )?(?:{PLURALS})\b")
BEFORE_PLURAL: Final = re.compile(rf" (?:[a-z]+ )?(?:{PLURALS})\b")
READ: Final = sorted(
    [
        *(ROOT / "tests/data/reports").glob("*"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("*.md"),
    ]
)
_ELSEWHERE: Final = {"emulator"}
"""Whose words are not looked over."""
MODULES: Final = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "target_zuora360_cleanup").rglob("*.py")
    if not _ELSEWHERE & {*path.parts}
)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 records"),
        (1, "1 record"),
        (1_200, "1,200 records"),
        (None, "an unknown number of records"),
    ],
)
def test_a_noun_follows_its_count(count: int | None, words: str) -> None:
    assert counted(count, "record") == words


def test_what_is_said_of_them_follows_too() -> None:
    assert counted(1, "row is left", "rows are left") == "1 row is left"
    assert counted(2, "row is left", "rows are left") == "2 rows are left"


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_nothing_that_is_recorded_or_documented_says_one_of_several(path: Path) -> None:
    assert [found[0] for found in AFTER_ONE.finditer(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_number_is_written_before_a_plural_by_hand(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    assert list(by_hand(tree)) == []


def by_hand(tree: ast.AST) -> Iterator[str]:
    """What a number that may be 1 stands before, as `12: records`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for each, following in zip(node.values, node.values[1:], strict=False):
                if isinstance(each, ast.FormattedValue) and is_count(each):
                    yield from plural_after(following, node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for part in node.value.split("%d")[1:]:
                yield from plural_after(ast.Constant(part), node.lineno)


def is_count(value: ast.FormattedValue) -> bool:
    """Whether a number is formatted here; a constant is more than one."""
    is_constant = isinstance(value.value, ast.Name) and value.value.id.isupper()
    is_grouped = value.format_spec is not None and ast.unparse(value.format_spec) == "f','"
    is_length = isinstance(value.value, ast.Call) and ast.unparse(value.value.func) in (
        "len",
        "sum",
    )
    return (is_grouped or is_length) and not is_constant


def plural_after(following: ast.expr, line: int) -> Iterator[str]:
    text = following.value if isinstance(following, ast.Constant) else ""
    if isinstance(text, str) and (found := BEFORE_PLURAL.match(text)):
        yield f"{line}: {found[0].strip()}"
