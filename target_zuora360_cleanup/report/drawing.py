"""The drawing of `report.html`: which boxes and lines a report has. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.deletion.outcome import total
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.report.graph import Drawing, Node, draw, reduced
from target_zuora360_cleanup.report.object_table import is_carried_out, labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.report.object_table import ObjectTable

    Links = dict[str, list[Mapping[str, Any]]]

_WHAT_HAPPENS: Final = {
    "clear": ("link goes blank", "links go blank"),
    "cascade": ("row goes along", "rows go along"),
    "restrict": ("row holds its parent", "rows hold their parents"),
    "detach": ("row is detached", "rows are detached"),
}
_WHAT_HAPPENED: Final = {
    **_WHAT_HAPPENS,
    "clear": ("link went blank", "links went blank"),
    "cascade": ("row went along", "rows went along"),
    "detach": ("row was detached", "rows were detached"),
}


def drawing(report: Mapping[str, Any], table: ObjectTable) -> Drawing:
    """What goes before what; objects that are not to be cleaned, by their links, as step 0.

    Empty where the report's object types have no order (`after`).
    """
    if not any("after" in each for each in report["objects"]):
        return draw(())
    links = _links(report, {row.name for row in table.rows})
    happens = partial(_happened, report) if is_carried_out(report) else _happens
    others = [Node(name, name, happens(each), 0) for name, each in sorted(links.items())]
    return draw([*others, *_nodes(report, table, links)])


def _nodes(report: Mapping[str, Any], table: ObjectTable, links: Links) -> list[Node]:
    entries = {each["api_name"]: each for each in report["objects"]}
    after = {name: each.get("after", ()) for name, each in entries.items()}
    direct = reduced(after, (row.name for row in table.rows))
    called = labels(report)
    key = "deleted" if is_carried_out(report) else "to_delete"
    return [
        Node(
            row.name,
            called[row.name],
            _counted(entries[row.name].get(key, row.numbers[0]), "record", "records"),
            row.step,
            direct[row.name] | _leading_to(row.name, links),
        )
        for row in table.rows
    ]


def _leading_to(parent: str, links: Links) -> frozenset[str]:
    return frozenset(
        name for name, each in links.items() if any(link["parent"] == parent for link in each)
    )


def _links(report: Mapping[str, Any], shown: set[str]) -> Links:
    """The links of each object that is not to be cleaned."""
    links: Links = {}
    detached = [{**each, "on_delete": "detach"} for each in report.get("detached", ())]
    for link in (*report["blank_links"], *report.get("strong_links", ()), *detached):
        if link["parent"] in shown and link["object"] not in shown:
            links.setdefault(link["object"], []).append(link)
    return links


def _happens(links: Iterable[Mapping[str, Any]]) -> str:
    """What a plan does to the rows of an object."""
    return _in_words(((link, link["rows"]) for link in links), _WHAT_HAPPENS)


def _happened(report: Mapping[str, Any], links: Iterable[Mapping[str, Any]]) -> str:
    """What a cleanup has done to the rows of an object."""
    along = {each["path"]: each["gone"] for each in report.get("taken_along", ())}
    counts = (
        (link, link.get("gone", link.get("detached", along.get(link["path"])))) for link in links
    )
    return _in_words(counts, _WHAT_HAPPENED)


def _in_words(
    counts: Iterable[tuple[Mapping[str, Any], int | None]], words: Mapping[str, tuple[str, str]]
) -> str:
    by_kind: dict[str, list[int | None]] = {}
    for link, rows in counts:
        by_kind.setdefault(link.get("on_delete", "clear"), []).append(rows)
    return ", ".join(_counted(total(rows), *words[kind]) for kind, rows in by_kind.items())


def _counted(count: int | None, one: str, more: str) -> str:
    if count is None:
        return f"unknown {more}"
    return counted(count, one, more)
