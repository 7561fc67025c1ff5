"""Counts the contacts that only chosen billing accounts use: they stay when those go.

A contact is above billing accounts, and several may have the same. Which are used by which the
lookups of the accounts say. The ids are on the disk, so that any number of them takes no memory.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, CHOSEN, CONTACT
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.salesforce.chosen import Chosen
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed
from target_zuora360_cleanup.salesforce.rows import Selection, read_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce

_BLOCK: Final = 1_000


def contacts_left(salesforce: Salesforce, note: Callable[[Iterable[str]], None]) -> Fact[int]:
    """How many contacts chosen billing accounts use, and no other billing account does.

    Args:
        salesforce: Where; its queries may name the accounts.
        note: Is told of their ids, once all are known.

    Raises:
        requests.RequestException: No answer came.
    """
    chosen = salesforce.rest.chosen
    if chosen is None or not len(chosen):
        return Known(0)
    try:
        fields = _fields(salesforce.rest.describe_each([BILLING_ACCOUNT])[BILLING_ACCOUNT])
        if not fields:
            return Unknown(f"the user sees no lookup of {BILLING_ACCOUNT} to {CONTACT}")
        used = _used(salesforce, fields, chosen)
        shared = _shared(salesforce, fields, chosen, used)
    except ApiError as exc:
        return refusal(exc)
    except JobFailed as exc:
        return Unknown(str(exc))
    for ids in used.slices(_BLOCK):
        others = shared.among(ids)
        if alone := [each for each in ids if each not in others]:
            note(alone)
    return Known(len(used) - len(shared))


def _fields(describe: Mapping[str, Any] | ApiError) -> list[str]:
    """The lookups of billing accounts to contacts that the user sees."""
    if isinstance(describe, ApiError):
        raise describe
    return [each["name"] for each in describe["fields"] if CONTACT in (each["referenceTo"] or ())]


def _used(salesforce: Salesforce, fields: Sequence[str], chosen: Chosen) -> Chosen:
    """The contacts that chosen accounts use."""
    found = Chosen()
    where = f"Id IN {CHOSEN}"
    selection = Selection(BILLING_ACCOUNT, ("Id", *fields), where, len(chosen))
    for block in _blocks(read_table(salesforce, selection)):
        found.add(contact for _, *contacts in block for contact in contacts if contact)
    return found


def _shared(salesforce: Salesforce, fields: Iterable[str], chosen: Chosen, used: Chosen) -> Chosen:
    """Those of some contacts that accounts use which are not chosen."""
    found, limited = Chosen(), salesforce.only(used)
    for field in fields if len(used) else ():
        selection = Selection(BILLING_ACCOUNT, ("Id", field), f"{field} IN {CHOSEN}", len(used))
        for block in _blocks(read_table(limited, selection)):
            own = chosen.among([account for account, _ in block])
            found.add(contact for account, contact in block if account not in own)
    return found


def _blocks(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while block := list(islice(rows, _BLOCK)):
        yield block
