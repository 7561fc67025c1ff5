"""Whether a saved plan still stands: what is approved is what is done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.plan.check import check
from target_zuora360_cleanup.plan.finding import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.plan.check import Weighed
    from target_zuora360_cleanup.plan.finding import Finding

CHANGE_SHARE: Final = 0.1
CHANGE_ROWS: Final = 1000
TOLERANCE: Final = f"{CHANGE_SHARE * 100:.0f} % or {CHANGE_ROWS:,} rows"
"""How far the counts of an object type may be away, in words."""
OTHER_ORG: Final = Code(
    "plan-of-other-org",
    "blocks",
    "`plan_file` is of another org",
    "check the credentials, or plan again",
)
OTHER_SETTINGS: Final = Code(
    "plan-settings-changed",
    "blocks",
    "the settings are not those of `plan_file`",
    "set them back, or plan again",
)
OTHER_GROUND: Final = Code(
    "plan-circumstances-changed",
    "blocks",
    "`plan_file` was made by another user, with other permissions, or by another version",
    "plan again as the user who is to carry it out",
)
MORE_LINKS: Final = Code(
    "plan-links-grown",
    "blocks",
    "more rows that are not Zuora's are concerned than in `plan_file`",
    "see what has come, and plan again",
)
OTHER_ACCOUNTS: Final = Code(
    "plan-accounts-changed",
    "blocks",
    "the billing accounts chosen are others than in `plan_file`",
    "see what has changed them, and plan again",
)
OTHER_COUNTS: Final = Code(
    "plan-counts-changed",
    "blocks",
    f"counts are more than {TOLERANCE} away from `plan_file`",
    "see what has changed them, and plan again",
)


@check(OTHER_ORG)
def org(weighed: Weighed) -> Iterator[Finding]:
    """Whether the saved plan is of this org."""
    if (both := weighed.approval) and both.saved.org_id != both.today.org_id:
        yield OTHER_ORG.found(
            f"The saved plan is of {both.saved.org_name} ({both.saved.org_id}), but the login "
            f"leads to {both.today.org_name} ({both.today.org_id}).",
            "Check which org the credentials belong to, or plan again.",
        )


@check(OTHER_SETTINGS)
def settings(weighed: Weighed) -> Iterator[Finding]:
    """Whether the settings are those of the saved plan."""
    if not (both := weighed.approval):
        return
    before, after = both.saved.settings, both.today.settings
    differ = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if differ:
        listed = "; ".join(
            f"{name} was {_shown(before.get(name))} and is {_shown(after.get(name))}"
            for name in differ
        )
        yield OTHER_SETTINGS.found(
            f"The settings are not those of the saved plan: {listed}.",
            "Set them back, or plan again.",
        )


@check(OTHER_GROUND)
def ground(weighed: Weighed) -> Iterator[Finding]:
    """Whether the saved plan was made by the same user, with the same rights and version."""
    if not (both := weighed.approval):
        return
    pairs: dict[str, tuple[object, object]] = {
        "instance": (both.saved.instance, both.today.instance),
        "user": (both.saved.user, both.today.user),
        "version of this plugin": (both.saved.tool_version, both.today.tool_version),
        "permissions": (both.saved.permissions, both.today.permissions),
    }
    if differ := {name: pair for name, pair in pairs.items() if not _is_same(*pair)}:
        listed = "; ".join(
            f"{name} was {_shown(old)} and is {_shown(new)}" for name, (old, new) in differ.items()
        )
        yield OTHER_GROUND.found(
            f"The saved plan was made under other circumstances: {listed}.",
            "Plan again as the user who is to carry it out.",
        )


def _is_same(old: object, new: object) -> bool:
    """What nobody could read, such as a user without a name, is not known to be the same."""
    return bool(old) and old == new


@check(MORE_LINKS)
def links(weighed: Weighed) -> Iterator[Finding]:
    """Whether a deletion concerns more rows of others than the saved plan says."""
    if not (both := weighed.approval):
        return
    before, after = both.saved.links, both.today.links
    grown = {name: rows for name, rows in after.items() if _has_grown(before.get(name, 0), rows)}
    if grown:
        listed = ", ".join(
            f"{name}: {_counted(before.get(name, 0))}, now {_counted(rows)}"
            for name, rows in grown.items()
        )
        yield MORE_LINKS.found(
            f"More rows that are not Zuora's are concerned than in the saved plan of "
            f"{both.saved.made_at}: {listed}.",
            "See what has come, and plan again.",
            tuple((name, rows or 0) for name, rows in grown.items()),
        )


def _has_grown(old: int | None, new: int | None) -> bool:
    """What was counted then and is not now, or only now, is not known to be the same."""
    return old != new and (new is None or old is None or new > old)


def _counted(rows: int | None) -> str:
    return "not counted" if rows is None else f"{rows:,}"


@check(OTHER_ACCOUNTS)
def accounts(weighed: Weighed) -> Iterator[Finding]:
    """Whether the billing accounts are those of the saved plan."""
    if not (both := weighed.approval) or both.saved.accounts == both.today.accounts:
        return
    before, after = both.saved.accounts, both.today.accounts
    if before and after:
        yield OTHER_ACCOUNTS.found(
            f"The billing accounts are not those of the saved plan of {both.saved.made_at}: "
            f"then {before['chosen']:,}, now {after['chosen']:,}, or others.",
            "See what has changed them (accounts.csv of both runs), and plan again.",
        )


@check(OTHER_COUNTS)
def counts(weighed: Weighed) -> Iterator[Finding]:
    """Whether the records are about as many as in the saved plan."""
    if not (both := weighed.approval):
        return
    for verb, before, after in (
        ("delete", both.saved.to_delete, both.today.to_delete),
        ("keep", both.saved.to_keep, both.today.to_keep),
    ):
        names = dict.fromkeys((*before, *after))
        pairs = {name: (before.get(name, 0), after.get(name, 0)) for name in names}
        differ = {name: pair for name, pair in pairs.items() if _is_far(*pair)}
        if differ:
            listed = ", ".join(
                f"{name} {old:,}, now {new:,}" for name, (old, new) in differ.items()
            )
            yield OTHER_COUNTS.found(
                f"The records to {verb} are not those of the saved plan of {both.saved.made_at}: "
                f"{listed}.",
                "See what has changed them and plan again, also after a cleanup that stopped "
                "half-way.",
                tuple((name, new) for name, (_, new) in differ.items()),
            )


def _is_far(old: int, new: int) -> bool:
    return abs(new - old) > min(CHANGE_SHARE * old, CHANGE_ROWS)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
