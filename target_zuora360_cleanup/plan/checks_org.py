"""Checks of the org and of what goes on around a cleanup: rights, syncs, allowances, state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.plan.allowances import needs
from target_zuora360_cleanup.plan.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.facts.org_facts import OrgFacts
    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.plan.allowances import Need
    from target_zuora360_cleanup.settings.declared import Settings

_ID_LENGTH: Final = 15
_HIDDEN_SHARE: Final = 0.1
_HIDDEN_LEAST: Final = 50
_BIN_PER_MB: Final = 25


def package(facts: OrgFacts) -> Iterator[Finding]:
    """Whether there is anything of the packages to clean."""
    if not facts.objects:
        yield Finding(
            "no-360-objects",
            "blocks",
            f"The org {facts.org.name} ({facts.org.id}) has none of the 360 object types to clean, "
            "or this user can't see them.",
            "Check that it is the right org, that Zuora 360 is installed there, and that the user "
            "has the package's permission set.",
        )


def production(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """A production org must be confirmed by its id."""
    org = facts.org
    if org.is_sandbox:
        return
    confirmed = (settings.confirm_org_id or "")[:_ID_LENGTH]
    if not confirmed:
        yield Finding(
            "production-not-confirmed",
            "blocks",
            f"{org.name} is a production org.",
            f"If it really is to be cleaned, set confirm_org_id to its id, {org.id}.",
        )
    elif confirmed != org.id[:_ID_LENGTH]:
        yield Finding(
            "other-org-confirmed",
            "blocks",
            f"confirm_org_id is {settings.confirm_org_id}, but the login leads to {org.name}, "
            f"{org.id}.",
            "Check which org the credentials belong to.",
        )


def access(facts: OrgFacts) -> Iterator[Finding]:
    """What the user may not do."""
    for right, holds in (("delete", "deletable"), ("read", "queryable")):
        lacking = [each for each in facts.objects if not getattr(each, holds)]
        if lacking:
            names = tuple((each.kind.api_name, each.found) for each in lacking)
            yield Finding(
                f"may-not-{right}",
                "blocks",
                f"The user may not {right} {_listed(name for name, _ in names)}.",
                "Give the user the package's permission set with Read, Delete and Modify All on "
                "these objects.",
                names,
            )


def hard_delete(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """A permission that nobody has by default (Bulk API Hard Delete)."""
    if settings.hard_delete and facts.around.may_hard_delete is False:
        yield Finding(
            "may-not-hard-delete",
            "blocks",
            "hard_delete is set, but the user lacks the permission Bulk API Hard Delete.",
            "Give it to the user in a permission set, or switch hard_delete off.",
        )


def unseen(facts: OrgFacts) -> Iterator[Finding]:
    """Object types that stay as they are because nobody can tell that they are there."""
    if facts.unseen:
        yield Finding(
            "objects-not-seen",
            "tells",
            f"Not in the org, or not shown to this user: {_listed(iter(facts.unseen))}.",
            "If the installed package has them, give the user Read and Delete on them.",
        )


def unchecked_syncs(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """Syncs that may run without anybody knowing."""
    if facts.around.unchecked_syncs:
        yield Finding(
            "sync-not-checked",
            "warns" if settings.ignore_running_sync else "blocks",
            "Whether a 360 sync runs could not be checked: "
            f"{_reasons(facts.around.unchecked_syncs)}.",
            "Give the user Read on these objects, or see to it yourself that no sync runs and set "
            "ignore_running_sync.",
        )


def refused(facts: OrgFacts) -> Iterator[Finding]:
    """What could not be checked, but for what has a finding of its own."""
    told = {"packages", "allowances", *(("record counts",) if facts.around.may_modify_all else ())}
    others = {what: why for what, why in facts.around.refused.items() if what not in told}
    if others:
        yield Finding(
            "not-checked",
            "warns",
            f"Some things could not be checked: {_reasons(others)}.",
            "Give the user the permission View Setup and Configuration, or check them yourself.",
        )


def _reasons(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{what} ({why})" for what, why in reasons.items())


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)


def running_sync(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """A sync that runs."""
    running = facts.around.running_syncs
    if running:
        listed = ", ".join(f"{each.what} {each.id} since {each.since} UTC" for each in running)
        yield Finding(
            "sync-running",
            "warns" if settings.ignore_running_sync else "blocks",
            f"A 360 sync appears to run in the org: {listed}.",
            "Stop the sync and wait for its end. If the row is only a leftover, set "
            "ignore_running_sync.",
        )


def scheduled_sync(facts: OrgFacts) -> Iterator[Finding]:
    """A sync that will run."""
    jobs = facts.around.scheduled_syncs
    if jobs:
        listed = ", ".join(f"{name} (next run {time} UTC)" for name, time in jobs)
        yield Finding(
            "sync-scheduled",
            "warns",
            f"A 360 sync is scheduled in the org: {listed}.",
            "Stop it while the cleanup runs. What Zuora's own scheduled sync knows is kept in "
            "Zuora and can't be reset from here: its next run stays incremental.",
        )


def hidden_rows(facts: OrgFacts) -> Iterator[Finding]:
    """A row that sharing hides from this user is a row left behind."""
    if facts.around.may_modify_all:
        return
    hidden = tuple(
        (each.kind.api_name, more)
        for each in facts.objects
        if not each.kind.where
        and (more := facts.around.counted.get(each.kind.api_name, 0) - each.found) > _HIDDEN_LEAST
        and more > each.found * _HIDDEN_SHARE
    )
    if hidden:
        total = sum(rows for _, rows in hidden)
        yield Finding(
            "rows-may-be-hidden",
            "warns",
            f"Salesforce counts {total:,} more rows than this user can see; what is hidden would "
            "stay behind. (Its count may be some days old.)",
            "Give the user View All and Modify All on the 360 objects.",
            hidden,
        )


def triggers(facts: OrgFacts) -> Iterator[Finding]:
    """Triggers that slow or veto deletions."""
    found = {each.kind.api_name: each.found for each in facts.objects}
    triggers = [(name, trigger) for name, trigger in facts.around.triggers if found.get(name)]
    if triggers:
        listed = ", ".join(f"{trigger} on {name}" for name, trigger in triggers)
        yield Finding(
            "delete-triggers",
            "tells",
            f"Triggers of your own run when records are deleted: {listed}.",
            "They slow the deletion down and may veto it; switch them off for the cleanup if you "
            "can.",
            tuple((name, found[name]) for name, _ in triggers),
        )


def recycle_bin(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """The recycle bin holds 25 records for each MB of storage (help, "Recycle Bin")."""
    storage = facts.around.allowances.get("DataStorageMB")
    total = sum(each.found for each in facts.objects)
    if settings.hard_delete or storage is None or total <= storage[0] * _BIN_PER_MB:
        return
    yield Finding(
        "recycle-bin-too-small",
        "warns",
        f"The recycle bin holds some {storage[0] * _BIN_PER_MB:,} records of this org: "
        f"{total:,} soft deletes are no safety net, since the oldest are purged after hours.",
        "Keep a backup ('full' if the next sync may not bring everything back), or use "
        "hard_delete, which is faster.",
    )


def allowances(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """Whether the daily allowances will do."""
    if any(_rows(facts)) and not facts.around.allowances:
        yield Finding(
            "allowances-unknown",
            "warns",
            "What is left of the org's daily allowances could not be read.",
            "Give the user the permission View Setup and Configuration, or look at Setup, Company "
            "Information.",
        )
    for need in (each for each in needs_of(facts, settings) if not each.is_met):
        yield Finding(
            "allowance-too-small",
            "blocks",
            f"The cleanup needs about {need.needed:,} of {need.name}, but {need.left:,} are left "
            "today.",
            "Wait for the allowance of the next 24 hours, clean fewer objects at a time, or raise "
            "quota_percent_total if it concerns API requests.",
        )


def needs_of(facts: OrgFacts, settings: Settings) -> tuple[Need, ...]:
    """What a cleanup costs of the daily allowances that are known."""
    return needs(
        _rows(facts),
        facts.around.allowances,
        job_size=settings.job_size,
        backup=settings.backup,
        quota_percent=settings.quota_percent_total,
    )


def _rows(facts: OrgFacts) -> list[int]:
    return [each.found - len(facts.kept.get(each.kind.api_name, ())) for each in facts.objects]


def state(pipeline: Pipeline) -> Iterator[Finding]:
    """Whether Meltano would store the reset."""
    if pipeline.undone_by:
        yield Finding(
            "reset-would-not-hold",
            "blocks",
            f"With {pipeline.undone_by} Meltano would not store the bookmark reset: the next sync "
            "would be incremental and the deleted records lost.",
            f"Run again without {pipeline.undone_by}; for a full refresh add "
            "--state-strategy overwrite.",
        )
