"""What must be weighed before a cleanup: checks over facts, each a sentence with its remedy.

All findings are gathered before anything is refused, so that a user sees the whole list at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from target_zuora360_cleanup.allowances import needs
from target_zuora360_cleanup.objects import QUOTE_PREFIX, is_discoverable, of_package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.facts import OrgFacts, Relationship
    from target_zuora360_cleanup.meltano import Pipeline
    from target_zuora360_cleanup.settings import Settings

Severity = Literal["blocks", "warns", "tells"]
_ID_LENGTH = 15
_SAFE_QUOTES = 3
_HIDDEN_SHARE = 0.1
_HIDDEN_LEAST = 50
_BIN_PER_MB = 25
_LOOKUP_LINKS: Final[dict[str, tuple[Severity, str]]] = {
    "snapshot": ("tells", "Where they led is written to links/ in the output folder beforehand."),
    "ignore": ("warns", "Set lookup_links to snapshot to have a file that tells where they led."),
    "refuse": ("blocks", "Set lookup_links to snapshot to go on with a file that tells them."),
}


@dataclass(frozen=True)
class Finding:
    """One thing to weigh.

    Attributes:
        code: Stable name for programs.
        severity: `blocks` refuses a cleanup.
        message: What was found, in words.
        remedy: What to do about it.
        objects: API names concerned, with the number of rows.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    objects: tuple[tuple[str, int], ...] = ()


def find_all(facts: OrgFacts, settings: Settings, pipeline: Pipeline) -> tuple[Finding, ...]:
    """Every finding, those that block first."""
    found = [
        *_package(facts),
        *_production(facts, settings),
        *_records(facts, settings),
        *_access(facts),
        *_taken_along(facts, settings),
        *_lookups(facts, settings),
        *_running_sync(facts, settings),
        *_scheduled(facts),
        *_quotes(facts, settings),
        *_hidden(facts),
        *_triggers(facts),
        *_recycle_bin(facts, settings),
        *_allowances(facts, settings),
        *_state(pipeline),
        *_start_date(facts, pipeline),
    ]
    rank = {"blocks": 0, "warns": 1, "tells": 2}
    return tuple(sorted(found, key=lambda each: rank[each.severity]))


def _package(facts: OrgFacts) -> Iterator[Finding]:
    if not facts.objects:
        yield Finding(
            "no-360-objects",
            "blocks",
            f"The org {facts.org.name} ({facts.org.id}) has none of the 360 object types to clean, "
            "or this user can't see them.",
            "Check that it is the right org, that Zuora 360 is installed there, and that the user "
            "has the package's permission set.",
        )


def _production(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
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


def _records(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    total = sum(each.found - len(facts.kept.get(each.kind.api_name, ())) for each in facts.objects)
    if total > settings.max_records:
        yield Finding(
            "too-many-records",
            "blocks",
            f"The cleanup would delete {total:,} records, more than max_records "
            f"({settings.max_records:,}). Zuora recommends no cleanup above 1,000,000.",
            "Clean one object group at a time, ask Zuora's support for a full sync, use mode "
            "'reset', or raise max_records.",
            tuple((each.kind.api_name, each.found) for each in facts.objects if each.found),
        )
    elif facts.objects and not total:
        yield Finding(
            "nothing-to-delete",
            "tells",
            "There are no Zuora records to delete.",
            "Nothing to do. For a full sync alone, mode 'reset' is enough.",
        )


def _access(facts: OrgFacts) -> Iterator[Finding]:
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


def _taken_along(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    held = sorted(facts.linked_rows.items(), key=lambda pair: (pair[0].child, pair[0].field))
    for link, rows in held:
        if not rows or link.child in facts.names:
            continue
        if link.on_delete == "cascade":
            allowed = link.child in settings.allow_cascade_to
            some_stay = bool(facts.kept.get(link.parent))
            yield _cascade(link, rows, some_stay=some_stay, allowed=allowed)
        elif link.on_delete == "restrict":
            yield _restrict(link, rows)


def _cascade(link: Relationship, rows: int, *, some_stay: bool, allowed: bool) -> Finding:
    most = "Up to " if some_stay else ""
    via = f"{most}{rows:,} rows of {link.child} would be destroyed with their {link.parent}"
    if allowed:
        return Finding(
            "allowed-rows-taken-along",
            "tells",
            f"{via} (field {link.field}).",
            f"That is allowed: {link.child} is named in allow_cascade_to.",
            ((link.child, rows),),
        )
    if of_package(link.child) and is_discoverable(link.child):
        return Finding(
            "package-rows-taken-along",
            "blocks",
            f"{via}, although {link.child} is not to be cleaned.",
            f"Clean {link.child} too, or leave {link.parent} alone as well (include_objects, "
            "exclude_objects).",
            ((link.child, rows),),
        )
    return Finding(
        "customer-rows-taken-along",
        "blocks",
        f"{via} (field {link.field}). They are not Zuora's, and no sync brings them back.",
        f"Move or export them first, or name {link.child} in allow_cascade_to.",
        ((link.child, rows),),
    )


def _restrict(link: Relationship, rows: int) -> Finding:
    return Finding(
        "rows-hold-records",
        "blocks",
        f"{rows:,} rows of {link.child} hold their {link.parent} (field {link.field}): Salesforce "
        "refuses to delete a record that is held so.",
        f"Blank {link.field} on these rows, or leave {link.parent} alone.",
        ((link.child, rows),),
    )


def blank_links(facts: OrgFacts) -> Iterator[tuple[Relationship, int]]:
    """Plain lookups of objects outside of the cleanup that will go blank.

    Where catalogue rows are kept for quotes, no lookup of a quote is among them.
    """
    for link, rows in facts.linked_rows.items():
        quoted = link.child.startswith(QUOTE_PREFIX) and facts.kept
        if link.on_delete == "clear" and rows and link.child not in facts.names and not quoted:
            yield link, rows


def _lookups(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    links = [(link, rows) for link, rows in blank_links(facts) if not of_package(link.child)]
    if not links:
        return
    severity, remedy = _LOOKUP_LINKS[settings.lookup_links]
    total = sum(rows for _, rows in links)
    yield Finding(
        "lookups-go-blank",
        severity,
        f"Up to {total:,} lookups of your own objects will go blank; Salesforce keeps no history "
        "of them.",
        remedy,
        tuple(sorted((f"{link.child}.{link.field}", rows) for link, rows in links)),
    )


def _running_sync(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
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


def _scheduled(facts: OrgFacts) -> Iterator[Finding]:
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


def _hidden(facts: OrgFacts) -> Iterator[Finding]:
    """A row that sharing hides from this user is a row left behind."""
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


def _triggers(facts: OrgFacts) -> Iterator[Finding]:
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


def _recycle_bin(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
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


def _quotes(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    """The catalogue: a cleanup is safe from Zuora Quotes 3.x on (page "About 360 Sync Cleanup")."""
    catalog = tuple(
        (each.kind.api_name, each.found)
        for each in facts.objects
        if each.kind.group == "product_catalog" and each.found
    )
    version = facts.around.quotes_version
    if catalog and not version:
        yield Finding(
            "quotes-version-unknown",
            "blocks",
            "The version of Zuora Quotes (package zqu) could not be read, and below 3.0 a cleanup "
            "of the product catalogue is not safe.",
            "Give the user the permission to view setup and configuration, or clean only "
            "object_groups accounts.",
            catalog,
        )
    elif catalog and int(version.split(".")[0]) < _SAFE_QUOTES:
        yield Finding(
            "quotes-too-old",
            "blocks",
            f"Zuora Quotes is {version}; below 3.0 a cleanup of the product catalogue is not safe.",
            "Upgrade Zuora Quotes, or clean only object_groups accounts.",
            catalog,
        )
    if not settings.keep_quoted_products:
        yield from _unprotected_quotes(facts)


def _unprotected_quotes(facts: OrgFacts) -> Iterator[Finding]:
    links = [
        (f"{link.child}.{link.field}", rows)
        for link, rows in facts.linked_rows.items()
        if rows and link.child.startswith(QUOTE_PREFIX)
    ]
    if links:
        total = sum(rows for _, rows in links)
        yield Finding(
            "quotes-lose-products",
            "warns",
            f"{total:,} lookups of quote records to the catalogue will go blank: these quotes may "
            "not work afterwards.",
            "Leave keep_quoted_products on, so that what quotes use is kept.",
            tuple(sorted(links)),
        )


def _allowances(facts: OrgFacts, settings: Settings) -> Iterator[Finding]:
    rows = [each.found - len(facts.kept.get(each.kind.api_name, ())) for each in facts.objects]
    known = facts.around.allowances
    if any(rows) and not known:
        yield Finding(
            "allowances-unknown",
            "warns",
            "What is left of the org's daily allowances could not be read.",
            "Give the user the permission View Setup and Configuration, or look at Setup, Company "
            "Information.",
        )
    wanted = needs(
        rows,
        known,
        job_size=settings.job_size,
        backup=settings.backup,
        quota_percent=settings.quota_percent_total,
    )
    for need in (each for each in wanted if not each.is_met):
        yield Finding(
            "allowance-too-small",
            "blocks",
            f"The cleanup needs about {need.needed:,} of {need.name}, but {need.left:,} are left "
            "today.",
            "Wait for the allowance of the next 24 hours, clean fewer objects at a time, or raise "
            "quota_percent_total if it concerns API requests.",
        )


def _state(pipeline: Pipeline) -> Iterator[Finding]:
    if pipeline.undone_by:
        yield Finding(
            "reset-would-not-hold",
            "blocks",
            f"With {pipeline.undone_by} Meltano would not store the bookmark reset: the next sync "
            "would be incremental and the deleted records lost.",
            f"Run again without {pipeline.undone_by}; for a full refresh add "
            "--state-strategy overwrite.",
        )


def _start_date(facts: OrgFacts, pipeline: Pipeline) -> Iterator[Finding]:
    dated = [each for each in facts.objects if each.found and each.oldest]
    start = pipeline.start_date[: len("2000-01-01")]
    older = [each for each in dated if start and each.oldest[: len(start)] < start]
    if older:
        oldest = min(each.oldest[: len(start)] for each in older)
        yield Finding(
            "start-date-too-late",
            "warns",
            f"The tap's start_date is {start}, but there is data from {oldest}: what is older than "
            "start_date would not come back.",
            f"Set the tap's start_date to {oldest} or earlier (Zuora's own full sync begins with "
            "2000-01-01).",
            tuple((each.kind.api_name, each.found) for each in older),
        )


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)
