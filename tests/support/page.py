"""An HTML page taken apart, for tests of what is in it."""

from __future__ import annotations

from html.parser import HTMLParser

from typing_extensions import override

_VOID = frozenset({"meta", "br", "path", "rect"})
_BLOCKS = frozenset({"td", "th", "dt", "dd", "text", "span"})


class Page(HTMLParser):
    """Elements with their attributes, and the text by the section that it is in.

    Attributes:
        elements: (tag, attributes) in order.
        text: Text by the id of its section; before the first one under an empty id.
        open: Tags that are still open; none at the end of a good page.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, str] = {"": ""}
        self.open: list[str] = []
        self._section = ""
        self.feed(html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "section":
            self._section = given["id"]
            self.text[self._section] = ""

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag
        if tag == "section":
            self._section = ""
        elif tag in _BLOCKS:
            self.text[self._section] += " "

    @override
    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text[self._section] += data

    def said(self, section: str = "") -> str:
        """The text of a section with single spaces."""
        return " ".join(self.text[section].split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]
