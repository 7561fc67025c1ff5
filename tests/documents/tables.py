"""Tables of Markdown that say what the code says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.field_maps import field_maps, not_filled
from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.catalog.paths import spelled
from target_zuora360_cleanup.plan.checks import CODES
from target_zuora360_cleanup.settings.schema import json_schema
from target_zuora360_cleanup.state.codes import CODES as OF_STATE
from tests.demo.not_restored import NOT_RESTORED
from tests.support.facts import table
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
    parents = ", ".join(_code(source) for source in sources if source)
    return f"`{each.stream}`", f"`{each.object}`", parents


def fields() -> str:
    """One line a field of an object: from where it is filled, or why it is not."""
    rows = [*_filled(), *((name, field, f"not filled: {why}") for name, field, why in not_filled())]
    lines = ((f"`{name}`", f"`{field}`", source) for name, field, source in sorted(rows))
    return _table(("Object", "Field", "From"), lines)


def _filled() -> Iterable[tuple[str, str, str]]:
    sources: dict[tuple[str, str], list[str]] = {}
    for each in field_maps():
        for name, source in _sources(each):
            sources.setdefault((each.object, name), []).append(f"`{each.stream}`: {source}")
    return [(*names, "; ".join(dict.fromkeys(said))) for names, said in sources.items()]


def _sources(each: FieldMap) -> Iterable[tuple[str, str]]:
    yield BY_NAME[each.object].external_ids[0], _code(" + ".join(each.key))
    yield from ((name, _code(source)) for source, to in each.fields.items() for name in to)
    yield from ((link.field, f"{_code(link.source)}, a lookup") for link in each.parents)
    for made in each.made:
        form = f"{made.form.replace('_', ' ')} of " if made.form else ""
        paths = " and ".join(_code(spelled(path)) for path in made.paths)
        yield made.field, f"{form}{paths}{', a lookup' if made.parent else ''}"


def _code(text: str) -> str:
    return " or ".join(f"`{each}`" for each in text.split("|")) if "/" not in text else f"`{text}`"


def not_restored() -> str:
    """One line a reason why fields are not as before after a cleanup and a full sync."""
    rows = (
        (f"{why[0].upper()}{why[1:]}", ", ".join(f"`{each}`" for each in fields))
        for why, fields in NOT_RESTORED.items()
    )
    return _table(("Why", "Fields"), rows)


def counts_of_fields() -> str:
    """How many fields are filled, and how many of those that Zuora documents."""
    filled = {(name, field) for name, field, _ in _filled()}
    documented = {
        (row["object"], row["field"])
        for row in table("documented_fields.tsv")
        if row["in_orgs"] == "yes"
    }
    return (
        f"{len(filled):,} fields have a source. Zuora's pages name {len(documented):,} fields that "
        f"orgs have; {len(documented & filled):,} of them are filled.\n"
    )


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
    # (a bar ends a cell, in code too)
    lines = ([cell.replace("|", r"\|") for cell in line] for line in (head, *rows))
    first, *others = [f"| {' | '.join(line)} |\n" for line in lines]
    return "".join((first, f"|{' --- |' * len(head)}\n", *others))
