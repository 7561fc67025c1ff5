"""Which triggers run at a deletion, and on which objects.

`ApexTrigger.TableEnumOrId` is the name of a standard object and the durable id of a custom one
(Tooling API Reference), so that ids are asked for by `EntityDefinition`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts.known import Fact, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = ["TRIGGERS", "read_triggers"]

TRIGGERS: Final = (
    "SELECT Name, NamespacePrefix, TableEnumOrId FROM ApexTrigger "
    "WHERE Status = 'Active' AND (UsageBeforeDelete = true OR UsageAfterDelete = true)"
)
_OBJECTS: Final = "SELECT DurableId, QualifiedApiName FROM EntityDefinition"
_PACKAGES: Final = ("Zuora", "zqu")
_PREFIX, _SHORT = "01I", 15
_AT_ONCE: Final = 100
"""Ids in one query, so that its address stays short."""

Rows = list[dict[str, Any]]
Triggers = tuple[tuple[str, str], ...]


def read_triggers(
    rows: Rows, names: Collection[str], ask: Callable[[str], Fact[Rows]]
) -> Fact[Triggers]:
    """Triggers for deletions on these objects that are not the packages', as (object, name).

    Args:
        rows: Answers to `TRIGGERS`.
        names: API names of the org's objects.
        ask: Asks the Tooling API.
    """
    own = [row for row in rows if row["NamespacePrefix"] not in _PACKAGES]
    ids = sorted({_short(row["TableEnumOrId"]) for row in own} - {""})
    return _names_of(ids, ask).then(lambda known: _told(own, names, known))


def _told(own: Rows, names: Collection[str], known: Mapping[str, str]) -> Fact[Triggers]:
    unknown = [row["Name"] for row in own if _short(row["TableEnumOrId"]) not in {"", *known}]
    if unknown:
        return Unknown(f"Salesforce does not say on which object the trigger {unknown[0]} is")
    return Known(tuple(_on(own, names, known)))


def _on(own: Rows, names: Collection[str], known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for row in own:
        table = str(row["TableEnumOrId"])
        name = known.get(_short(table), table)
        if name in names:
            yield name, row["Name"]


def _names_of(ids: list[str], ask: Callable[[str], Fact[Rows]]) -> Fact[Mapping[str, str]]:
    """API names of custom objects, by the first 15 characters of their ids."""
    found: dict[str, str] = {}
    for at in range(0, len(ids), _AT_ONCE):
        listed = ", ".join(f"'{each}'" for each in ids[at : at + _AT_ONCE])
        match ask(f"{_OBJECTS} WHERE DurableId IN ({listed})"):
            case Known(rows):
                found |= {_short(row["DurableId"]): row["QualifiedApiName"] for row in rows}
            case Unknown() as why:
                return why
    return Known(found)


def _short(table: object) -> str:
    """The id of a custom object without its last three characters; blank for a name."""
    text = str(table)
    is_id = text.startswith(_PREFIX) and len(text) in {_SHORT, _SHORT + 3} and text.isalnum()
    return text[:_SHORT] if is_id else ""
