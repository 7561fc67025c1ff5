"""Whether it is the right org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.errors import Refused
from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.settings.declared import Settings

NO_OBJECTS: Final = Code(
    "no-360-objects",
    "blocks",
    "the org shows none of the object types to clean",
    "check the org and the user's permission set",
)
UNFILTERED: Final = Code(
    "filter-not-readable",
    "blocks",
    "the user may not read the field that tells Zuora's rows of an object from others",
    "give the user Read on the field, or name the object in `exclude_objects`",
)
NOT_CONFIRMED: Final = Code(
    "production-not-confirmed",
    "blocks",
    "a production org, and `confirm_org_id` is not set",
    "set it to the org's id, for this run only",
)
OTHER_CONFIRMED: Final = Code(
    "other-org-confirmed",
    "blocks",
    "`confirm_org_id` is another org's id, in a sandbox too",
    "check which org the credentials belong to; a refreshed sandbox has a new id",
)


@check(UNFILTERED)
def filters(weighed: Weighed) -> Iterator[Finding]:
    """Whether Zuora's rows can be told from others."""
    for name in weighed.facts.unfiltered:
        field = BY_NAME[name].external_ids[0]
        yield UNFILTERED.found(
            f"The user can't read {name}.{field}, which tells Zuora's rows from others: nobody can "
            "say which of them to clean.",
            f"Give the user Read on {field}, or name {name} in exclude_objects.",
        )


@check(NO_OBJECTS)
def package(weighed: Weighed) -> Iterator[Finding]:
    """Whether there is anything of the packages to clean."""
    facts = weighed.facts
    if facts.objects or (facts.accounts and not facts.accounts.chosen):
        return
    if facts.staying:
        yield NO_OBJECTS.found(
            f"No way leads to a billing account from {', '.join(facts.staying)}: where only some "
            "accounts are cleaned, these object types stay whole.",
            "Choose other object types, or no accounts.",
        )
    else:
        yield NO_OBJECTS.found(
            f"The org {facts.org.name} ({facts.org.id}) has none of the 360 object types to clean, "
            "or this user can't see them.",
            "Check that it is the right org, that Zuora 360 is installed there, and that the user "
            "has the package's permission set.",
        )


@check(NOT_CONFIRMED, OTHER_CONFIRMED)
def production(weighed: Weighed) -> Iterator[Finding]:
    """Whether a production org is confirmed by its id, and whether an id that is given is its."""
    org = weighed.facts.org
    match confirmation(weighed.settings, org):
        case "missing" if not org.is_sandbox:
            yield _not_confirmed(org, "it really is to be cleaned")
        case "other org":
            yield _other_confirmed(weighed.settings, org)
        case _:
            pass


def confirmation(settings: Settings, org: OrgInfo) -> Literal["given", "missing", "other org"]:
    """What `confirm_org_id` says of an org."""
    if not settings.confirm_org_id:
        return "missing"
    return "given" if org.has_id(settings.confirm_org_id) else "other org"


def refuse_unconfirmed(settings: Settings, org: OrgInfo, purpose: str, *, dry_run: bool) -> None:
    """Refuse another org than the one that is confirmed, and production without its id.

    Args:
        settings: Confirm it.
        org: Where the login leads.
        purpose: What is to be done there, as the end of a sentence.
        dry_run: Whether a run only looks, which needs no confirmation.

    Raises:
        Refused: It is not to be done.
    """
    match confirmation(settings, org):
        case "other org":
            raise Refused(_other_confirmed(settings, org).words)
        case "missing" if not (org.is_sandbox or dry_run):
            raise Refused(_not_confirmed(org, purpose).words)


def _not_confirmed(org: OrgInfo, purpose: str) -> Finding:
    """A production org without its id; what is to be done there ends the sentence of the remedy."""
    return NOT_CONFIRMED.found(
        f"{org.name} is a production org.", f"If {purpose}, set confirm_org_id to its id, {org.id}."
    )


def _other_confirmed(settings: Settings, org: OrgInfo) -> Finding:
    """The id of another org."""
    return OTHER_CONFIRMED.found(
        f"confirm_org_id is {settings.confirm_org_id}, but the login leads to {org.name}, "
        f"{org.id}.",
        "Check which org the credentials belong to; a refreshed sandbox has a new id.",
    )
