"""Which billing accounts a cleanup is limited to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, BY_NAME, CONTACT
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.counts import linked
from target_zuora360_cleanup.plan.finding import After, Code

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_zuora360_cleanup.facts.org_facts import Accounts
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

CHOSEN: Final = Code(
    "some-accounts-only",
    "tells",
    "how many billing accounts are chosen, and which object types stay whole",
    "see `accounts.csv`, which names them",
)
ALL_CHOSEN: Final = Code(
    "all-accounts-chosen",
    "warns",
    "`only_accounts` or `only_accounts_file` chooses every billing account",
    "see whether the condition is meant so",
)
NONE_CHOSEN: Final = Code(
    "no-accounts-chosen",
    "tells",
    "no billing account is chosen: nothing is deleted, and no state is written",
    "none needed, unless some were expected",
)
NOT_FOUND: Final = Code(
    "accounts-not-found",
    "warns",
    "entries of `only_accounts_file` that are no billing account's",
    "correct them; those of accounts that are gone may stay",
)
DOUBTFUL: Final = Code(
    "accounts-not-told-apart",
    "blocks",
    "entries of `only_accounts_file` that several billing accounts have",
    "name these by their Salesforce ids",
)
HIERARCHIES: Final = Code(
    "hierarchies-broken",
    "blocks",
    "a chosen billing account is the parent of one that is not chosen",
    "choose the children too, or set `allow_broken_hierarchies`",
    setting="allow_broken_hierarchies",
    otherwise=("warns",),
)
CONTACTS: Final = Code(
    "contacts-left",
    "tells",
    "contacts that only chosen billing accounts use, and that stay",
    "to erase somebody, anonymise them in Zuora before the next sync; `contacts.csv` names them",
)
SHARED: Final = Code(
    "rows-of-other-accounts",
    "blocks",
    "rows that belong to a chosen billing account and, by another lookup, to one that is not",
    "choose those accounts too, or blank one of the lookups",
)


@check(CHOSEN, ALL_CHOSEN, NONE_CHOSEN)
def chosen(weighed: Weighed) -> Iterator[Finding]:
    """How many billing accounts are chosen."""
    if not (accounts := weighed.facts.accounts):
        return
    of_all = _of_all(accounts)
    if not accounts.chosen:
        yield NONE_CHOSEN.found(
            f"{accounts.setting} chooses none{of_all}: nothing is deleted, and no state is "
            "written.",
            "If some were expected, correct it.",
        )
    elif accounts.all == Known(accounts.chosen):
        yield ALL_CHOSEN.found(
            f"{accounts.setting} chooses all there are: "
            f"{counted(accounts.chosen, 'billing account')}.",
            "If only some are meant, correct it; accounts.csv names them.",
            ((BILLING_ACCOUNT, accounts.chosen),),
        )
    else:
        staying = _staying(weighed.facts.staying)
        yield CHOSEN.found(
            f"{accounts.setting} chooses {accounts.chosen:,}{of_all}; what hangs below them goes "
            f"with them.{staying}",
            "accounts.csv names them.",
            ((BILLING_ACCOUNT, accounts.chosen),),
            after=After(
                f"{accounts.setting} chose {accounts.chosen:,}{of_all}.{staying}",
                "accounts.csv names them.",
            ),
        )


def _staying(names: Collection[str]) -> str:
    """Which object types no way leads from to a billing account; blank where there are none."""
    own = [name for name in names if name in BY_NAME and BY_NAME[name].group == "accounts"]
    others = [name for name in names if name not in own]
    told = [*own, *(["the product catalogue"] if others else [])]
    return f" No way leads to one from {', '.join(told)}, which stay whole." if told else ""


def _of_all(accounts: Accounts) -> str:
    match accounts.all:
        case Known(rows):
            return f" of the org's {counted(rows, 'billing account')}"
        case _:
            return " of the org's billing accounts"


@check(NOT_FOUND, DOUBTFUL)
def entries(weighed: Weighed) -> Iterator[Finding]:
    """Entries of the file that name no account, or several."""
    if not (accounts := weighed.facts.accounts):
        return
    if accounts.missing:
        yield NOT_FOUND.found(
            f"{accounts.setting}: {_entries_are(accounts.missing)} no billing account's, such as "
            f"{', '.join(accounts.first_missing)}.",
            "Correct them; accounts.csv has all of them. What is gone already may stay.",
        )
    if accounts.doubtful:
        yield DOUBTFUL.found(
            f"{accounts.setting}: {_entries_are(accounts.doubtful)} those of several billing "
            f"accounts, such as {', '.join(accounts.first_doubtful)}.",
            "Name these accounts by their Salesforce ids.",
        )


def _entries_are(count: int) -> str:
    """So many entries of a file, before what is said of them."""
    return counted(count, "entry is", "entries are")


@check(HIERARCHIES)
def hierarchies(weighed: Weighed) -> Iterator[Finding]:
    """Children of chosen billing accounts that are not chosen, and lose their parent."""
    facts = weighed.facts
    lost = {
        path: rows
        for path, rows in linked(facts)
        if facts.accounts and path.child == path.root == BILLING_ACCOUNT and len(path.links) == 1
    }
    if lost:
        rows = sum(lost.values())
        yield HIERARCHIES.found(
            f"{counted(rows, 'billing account that is', 'billing accounts that are')} not chosen "
            f"{'has' if rows == 1 else 'have'} a chosen one for "
            f"{'its' if rows == 1 else 'their'} parent, and would lose it.",
            "Choose them too, or, if they may, set allow_broken_hierarchies.",
            tuple((path.name, count) for path, count in lost.items()),
            "warns" if weighed.settings.allow_broken_hierarchies else "blocks",
            After(
                "Without their parent, which was chosen while they were not: {}.",
                "relink sets it again after the next full sync, if the parent is back.",
                ("billing account", "billing accounts"),
                tuple(lost.items()),
            ),
        )


@check(CONTACTS)
def contacts(weighed: Weighed) -> Iterator[Finding]:
    """Contacts that nobody uses any more once the chosen accounts are gone."""
    facts = weighed.facts
    if not facts.accounts or BILLING_ACCOUNT not in {each.kind.api_name for each in facts.objects}:
        return
    match facts.accounts.contacts:
        case Known(0):
            return
        case Known(rows):
            yield CONTACTS.found(
                f"{counted(rows, 'contact stays that only', 'contacts stay that only')} chosen "
                "billing accounts use, with name and address: contacts are above accounts.",
                "To erase somebody, anonymise them in Zuora, so that the next sync writes that; or "
                "delete them there, and here those that contacts.csv names.",
                ((CONTACT, rows),),
            )
        case unknown:
            yield CONTACTS.found(
                "How many contacts stay that only chosen billing accounts use is not known: "
                f"{unknown.why}.",
                "To erase somebody, look their contacts up.",
            )


@check(SHARED)
def shared(weighed: Weighed) -> Iterator[Finding]:
    """Rows that would go with a chosen billing account, and that another one would lose."""
    for name, fact in weighed.facts.shared.items():
        match fact:
            case Known(rows):
                told = (
                    f"{counted(rows, f'row of {name} belongs', f'rows of {name} belong')} to a "
                    "chosen billing account and, by another lookup, to one that is not chosen, "
                    "which would lose "
                    f"{'it' if rows == 1 else 'them'}."
                )
            case Unknown(why):
                told = (
                    f"How many rows of {name} belong to a chosen billing account and, by another "
                    f"lookup, to one that is not chosen could not be counted ({why})."
                )
        yield SHARED.found(
            told,
            "Choose the other accounts too, or blank one of the lookups.",
            ((name, fact.or_else(0)),),
        )
