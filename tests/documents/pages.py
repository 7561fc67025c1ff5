"""The pages in Markdown, and what may be taken out of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README: Final = ROOT / "README.md"
PAGES: Final = tuple(
    sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/**/*.md")])
)


def block_after(page: Path, marker: str) -> str:
    """The code in the fence that follows the comment `marker`."""
    (found,) = re.findall(
        rf"^<!-- {marker} -->\n```\w+\n(.*?)^```$",
        page.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    return str(found)


def prose(page: Path) -> str:
    """A page without its fenced code."""
    return re.sub(
        r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page: Path) -> set[str]:
    """What a link may name after `#`, as GitHub makes it of headings."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
