"""Counts the contacts that only chosen billing accounts use: they stay when those go.

A contact is above billing accounts, and several may have the same. Which are used by which the
lookups of the accounts say. The ids are on the disk, so that any number of them takes no memory.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.field_maps import field_maps
from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, CHOSEN, CONTACT
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.salesforce.chosen import Chosen
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 1_000
LISTED: Final = 4_000
"""So many ids one query of the Bulk API names; of more accounts one that reads all is cheaper."""


def contacts_left(
    salesforce: Salesforce, note: Callable[[Iterable[str]], None], *, listed: int = LISTED
) -> Fact[int]:
    """How many contacts chosen billing accounts use, and no other billing account does.

    Args:
        salesforce: Where; its queries may name the accounts.
        note: Is told of their ids, once all are known.
        listed: So many accounts are asked for by their ids.

    Raises:
        requests.RequestException: No answer came.
    """
    chosen = salesforce.rest.chosen
    if chosen is None or not len(chosen):
        return Known(0)
    try:
        fields = _fields(salesforce.rest.describe_each([BILLING_ACCOUNT])[BILLING_ACCOUNT])
        if unseen := ", ".join(each for each in _known_fields() if each not in fields):
            return Unknown(f"the org has no {BILLING_ACCOUNT}.{unseen}, or does not show it")
        read = _of_few if len(chosen) <= listed else _of_many
        own, others = read(salesforce, fields, chosen)
    except ApiError as exc:
        return refusal(exc)
    except JobFailed as exc:
        return Unknown(str(exc))
    count = 0
    for ids in own.slices(_BLOCK):
        shared = others.among(ids)
        if alone := [each for each in ids if each not in shared]:
            note(alone)
            count += len(alone)
    return Known(count)


def _fields(describe: Mapping[str, Any] | ApiError) -> list[str]:
    """The lookups of billing accounts to contacts that the user sees."""
    if isinstance(describe, ApiError):
        raise describe
    return [
        each["name"] for each in describe["fields"] if CONTACT in (each.get("referenceTo") or ())
    ]


def _known_fields() -> tuple[str, ...]:
    """The package's own lookups of billing accounts to contacts."""
    return tuple(
        parent.field
        for each in field_maps()
        if each.object == BILLING_ACCOUNT
        for parent in each.parents
        if parent.parent == CONTACT
    )


def _of_few(salesforce: Salesforce, fields: Sequence[str], chosen: Chosen) -> tuple[Chosen, Chosen]:
    """The contacts of chosen accounts, and those of them that accounts use which are not chosen."""
    own, others = Chosen(), Chosen()
    selection = Selection(BILLING_ACCOUNT, ("Id", *fields), f"Id IN {CHOSEN}", len(chosen))
    for block in _blocks(read_table(salesforce, selection)):
        own.add(_contacts(block))
    limited = salesforce.only(own)
    for field in fields if len(own) else ():
        selection = Selection(BILLING_ACCOUNT, ("Id", field), f"{field} IN {CHOSEN}", len(own))
        for block in _blocks(read_table(limited, selection)):
            others.add(_contacts(_parted(block, chosen)[1]))
    return own, others


def _of_many(
    salesforce: Salesforce, fields: Sequence[str], chosen: Chosen
) -> tuple[Chosen, Chosen]:
    """The contacts of chosen accounts, and those of all others."""
    own, others = Chosen(), Chosen()
    selection = Selection(BILLING_ACCOUNT, ("Id", *fields), "", len(chosen))
    for block in _blocks(read_table(salesforce, selection)):
        inside, outside = _parted(block, chosen)
        own.add(_contacts(inside))
        others.add(_contacts(outside))
    return own, others


def _parted(rows: Iterable[list[str]], chosen: Chosen) -> tuple[list[list[str]], list[list[str]]]:
    """Rows of chosen accounts, and of others."""
    rows = list(rows)
    inside = chosen.among([row[0] for row in rows])
    return [row for row in rows if row[0] in inside], [row for row in rows if row[0] not in inside]


def _contacts(rows: Iterable[list[str]]) -> Iterator[str]:
    return (contact for row in rows for contact in row[1:] if contact)


def _blocks(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while block := list(islice(rows, _BLOCK)):
        yield block
