"""Tables of Markdown that say what the code says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.plan.checks import CODES
from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.state.codes import CODES as OF_STATE
from tests.test_architecture import EMULATOR_ROOMS, ROOMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.catalog.field_maps import FieldMap


def settings() -> str:
    """One line a setting: its name, kind, default and meaning."""
    rows = ((f"`{name}`", *_about(about)) for name, about in json_schema()["properties"].items())
    return _table(("Setting", "Kind", "Default", "Meaning"), rows)


def _about(about: dict[str, Any]) -> tuple[str, str, str]:
    secret = ", secret" if about.get("secret") else ""
    return f"{_kind(about)}{secret}", _default(about.get("default")), about["description"]


def _kind(about: dict[str, Any]) -> str:
    if options := [each for each in about.get("enum", ()) if each is not None]:
        return "one of " + ", ".join(f"`{each}`" for each in options)
    least, most = about.get("minimum"), about.get("maximum")
    if least is not None:
        return f"{least:,} to {most:,}" if most else f"{least:,} or more"
    return str(about["type"][0])


def _default(default: object) -> str:
    if default is None:
        return "not set"
    if isinstance(default, list):
        return ", ".join(f"`{each}`" for each in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def findings() -> str:
    """One line a finding: its code, what it does to a cleanup, what it says, and what to do."""
    rows = (
        (f"`{code.name}`", code.effect, code.meaning, code.remedy) for code in (*CODES, *OF_STATE)
    )
    return _table(("Finding", "A cleanup", "What it says", "What to do"), rows)


def streams() -> str:
    """One line a map: the stream, its object, and by which of its fields parents are found."""
    return _table(("Stream", "Object", "Parents by"), map(_stream, field_maps()))


def _stream(each: FieldMap) -> tuple[str, str, str]:
    sources = [each.account, *dict.fromkeys(parent.source for parent in each.parents)]
    parents = ", ".join(f"`{source}`" for source in sources if source)
    return f"`{each.stream}`", f"`{each.object}`", parents


def not_loaded() -> str:
    """One line an object type that mode `sync` does not fill, with the reason."""
    rows = ((f"`{kind.api_name}`", kind.not_loaded) for kind in OBJECTS if kind.not_loaded)
    return _table(("Object", "Why"), rows)


def rooms() -> str:
    """The rooms in their order, as a diagram in Mermaid: an arrow leads to what may be imported."""
    plugin, emulator = _levels(ROOMS), _levels(EMULATOR_ROOMS, "emulator_")
    lines = [
        "flowchart TB",
        '    subgraph plugin["target_zuora360_cleanup"]',
        "        direction TB",
        *(f"        {line}" for line in plugin),
        "    end",
        '    subgraph apart["target_zuora360_cleanup/emulator: apart"]',
        "        direction TB",
        *(f"        {line}" for line in emulator),
        "    end",
    ]
    return "".join(f"{line}\n" for line in ("```mermaid", *lines, "```"))


def _levels(rooms: tuple[tuple[str, ...], ...], prefix: str = "") -> list[str]:
    """One line a pair of neighbouring levels, the doors first."""
    doors_first = rooms[::-1]
    nodes = [" & ".join(f'{prefix}{room}["{room}"]' for room in level) for level in doors_first]
    return [f"{upper} --> {lower}" for upper, lower in pairwise(nodes)]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
