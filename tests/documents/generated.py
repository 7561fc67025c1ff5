"""Which part of which document comes from the code, and the documents with those parts put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.documents import definitions, tables
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCS: Final = ROOT / "docs"
TABLES: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "settings": ("settings.md", tables.settings),
    "findings": ("checks.md", tables.findings),
    "streams": ("sync.md", tables.streams),
    "not restored": ("sync.md", tables.not_restored),
    "counts of fields": ("sync.md", tables.counts_of_fields),
    "fields": ("sync.md", tables.fields),
    "rooms": ("architecture.md", tables.rooms),
}
"""What is generated -> the document below `docs/`, and what makes it."""


def all_files() -> dict[Path, str]:
    """Every file that holds something from the code, as it must be."""
    made = {DOCS / page: _with_tables(page) for page, _ in TABLES.values()}
    return made | {
        definitions.FOLDER / name: definitions.as_yaml(content)
        for name, content in definitions.definitions().items()
    }


def _with_tables(page: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, (where, _) in TABLES.items():
        if where == page:
            text = with_table(name, text)
    return text


def with_table(name: str, text: str) -> str:
    """A document's text with one table as the code has it.

    Raises:
        ValueError: The text lacks the comments between which the table stands.
    """
    page, make = TABLES[name]
    begin, end = f"<!-- generated: {name} -->\n", f"<!-- end of {name} -->\n"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"docs/{page} needs {begin.strip()} and {end.strip()}, once each.")
    before, _, rest = text.partition(begin)
    return before + begin + make() + end + rest.partition(end)[2]
