"""Which object types have rows below billing accounts, in an org of which only some are cleaned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import OBJECTS, is_unlisted
from target_zuora360_cleanup.reach import chosen_rows, read_lookups, read_relationships

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from target_zuora360_cleanup.catalog.objects import ObjectType
    from target_zuora360_cleanup.reach import Lookup, Relationship
    from target_zuora360_cleanup.salesforce.client import Salesforce


@dataclass(frozen=True)
class Belonging:
    """Object types to be cleaned where only some billing accounts are.

    Attributes:
        kinds: Those with a way to a billing account, each with the condition of its rows.
        staying: API names of the others.
        stand_ins: Plain lookups by which alone rows belong to a billing account.
    """

    kinds: tuple[ObjectType, ...]
    staying: tuple[str, ...]
    stand_ins: tuple[Relationship, ...]


def below_accounts(
    salesforce: Salesforce,
    kinds: Sequence[ObjectType],
    describes: dict[str, dict[str, Any]],
    shown: Container[str],
) -> Belonging:
    """The object types limited to rows below chosen billing accounts.

    The package's reference data is above billing accounts, and shared by them.

    Args:
        salesforce: Where.
        kinds: The object types to be cleaned.
        describes: Theirs; those of others on the way to a billing account are added.
        shown: API names of the objects that the org shows.
    """
    listed = [kind for kind in OBJECTS if kind.group == "accounts" and not kind.reference]
    found = [kind for kind in kinds if kind.group == "accounts" and is_unlisted(kind.api_name)]
    names = [kind.api_name for kind in (*listed, *found) if kind.api_name in shown]
    describes |= salesforce.rest.describe_all([each for each in names if each not in describes])
    lookups: dict[tuple[str, str], Lookup] = {}
    for name in names:
        lookups |= read_lookups(name, describes[name])
    relationships = [each for name in names for each in read_relationships(name, describes[name])]
    ways, stand_ins = chosen_rows(names, relationships, lookups)
    return Belonging(
        tuple(replace(kind, rows=ways[kind.api_name]) for kind in kinds if kind.api_name in ways),
        tuple(kind.api_name for kind in kinds if kind.api_name not in ways),
        stand_ins,
    )
