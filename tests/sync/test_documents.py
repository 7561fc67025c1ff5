"""The README's table of streams says what the field maps say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.field_maps import FIELD_MAPS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap

README: Final = ROOT / "README.md"
BEGIN, END = "<!-- streams -->\n", "<!-- end of the streams -->\n"


def table() -> str:
    """One line a map: the stream, its object, and by which of its fields parents are found."""
    lines = ["| Stream | Object | Parents by |", "|---|---|---|", *map(_line, FIELD_MAPS)]
    return "\n".join(lines) + "\n"


def _line(each: FieldMap) -> str:
    sources = [each.account, *dict.fromkeys(parent.source for parent in each.parents)]
    parents = ", ".join(f"`{source}`" for source in sources if source)
    return f"| `{each.stream}` | `{each.object}` | {parents} |"


def test_the_readme_names_each_stream_with_its_object_and_parents() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == table()
