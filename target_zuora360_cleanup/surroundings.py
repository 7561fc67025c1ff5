"""Reads what else goes on in an org: its version of Quotes, running syncs, its allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.facts import RunningSync, Surroundings
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from target_zuora360_cleanup.salesforce.org import Org

_PACKAGES: Final = (
    "SELECT SubscriberPackage.NamespacePrefix, SubscriberPackageVersion.MajorVersion, "
    "SubscriberPackageVersion.MinorVersion FROM InstalledSubscriberPackage"
)
_HISTORIES: Final = {
    "Zuora__Sync_History__c": "Zuora__",
    "zqu__Sync_History__c": "zqu__",
}
_APEX: Final = (
    "SELECT Id, Status, CreatedDate, ApexClass.Name, ApexClass.NamespacePrefix FROM AsyncApexJob "
    "WHERE Status IN ('Holding', 'Queued', 'Preparing', 'Processing') "
    "AND ApexClass.NamespacePrefix IN ('Zuora', 'zqu')"
)

_SCHEDULED: Final = (
    "SELECT CronJobDetail.Name, NextFireTime FROM CronTrigger "
    "WHERE CronJobDetail.Name LIKE '%Zuora%' AND NextFireTime != null"
)
_TRIGGERS: Final = (
    "SELECT Name, NamespacePrefix, TableEnumOrId FROM ApexTrigger "
    "WHERE Status = 'Active' AND (UsageBeforeDelete = true OR UsageAfterDelete = true)"
)


def read_surroundings(
    org: Org, there: Collection[str], *, ignore_running_sync: bool
) -> Surroundings:
    """Read them.

    Args:
        org: Where.
        there: API names of the org's objects.
        ignore_running_sync: Go on where it can't be read whether a sync runs.

    Raises:
        ApiError: Salesforce refuses to answer where an answer is needed.
    """
    try:
        running = tuple(_running(org, there))
    except ApiError:
        if not ignore_running_sync:
            raise
        running = ()
    return Surroundings(
        quotes_version=_quotes_version(org),
        running_syncs=running,
        scheduled_syncs=tuple(_scheduled(org)),
        triggers=tuple(_triggers(org, there)),
        counted=_or_nothing(org.record_counts),
        allowances=_allowances(org),
    )


def _or_nothing(read: Callable[[], dict[str, int]]) -> dict[str, int]:
    """What only helps to judge may be missing: the user may lack the permission."""
    try:
        return read()
    except ApiError:
        return {}


def _scheduled(org: Org) -> Iterator[tuple[str, str]]:
    for row in org.query(_SCHEDULED):
        yield row["CronJobDetail"]["Name"], str(row["NextFireTime"])[:16].replace("T", " ")


def _triggers(org: Org, there: Collection[str]) -> Iterator[tuple[str, str]]:
    """Triggers of the packages belong to them; their names can't be asked for one by one."""
    try:
        rows = org.tooling_query(_TRIGGERS)
    except ApiError:
        return
    for row in rows:
        if row["TableEnumOrId"] in there and row["NamespacePrefix"] not in ("Zuora", "zqu"):
            yield row["TableEnumOrId"], row["Name"]


def _allowances(org: Org) -> dict[str, tuple[int, int]]:
    """Maximum and rest by name; needs the permission View Setup and Configuration."""
    try:
        limits = org.limits()
    except ApiError:
        return {}
    return {
        name: (int(each["Max"]), int(each["Remaining"]))
        for name, each in limits.items()
        if "Max" in each
    }


def _quotes_version(org: Org) -> str:
    """Version of the package `zqu`; blank where the user may not know it.

    Its namespace can't be asked for in the query (Tooling API, InstalledSubscriberPackage).
    """
    try:
        rows = org.tooling_query(_PACKAGES)
    except ApiError:
        return ""
    for row in rows:
        package, version = row["SubscriberPackage"] or {}, row["SubscriberPackageVersion"] or {}
        if package.get("NamespacePrefix") == "zqu" and version.get("MajorVersion") is not None:
            return f"{version['MajorVersion']}.{version.get('MinorVersion') or 0}"
    return ""


def _running(org: Org, there: Collection[str]) -> Iterator[RunningSync]:
    """Syncs that have no end yet: an open row of a history, or an Apex job of the packages."""
    for name, prefix in _HISTORIES.items():
        if name in there:
            soql = (
                f"SELECT Id, CreatedDate FROM {name} WHERE {prefix}Finished_On__c = null LIMIT 10"
            )
            yield from (_sync(name, row) for row in org.query(soql))
    for row in org.query(_APEX):
        apex = row["ApexClass"] or {}
        yield _sync(f"Apex job {apex.get('NamespacePrefix')}.{apex.get('Name')}", row)


def _sync(what: str, row: dict[str, Any]) -> RunningSync:
    return RunningSync(what, row["Id"], str(row["CreatedDate"])[:16].replace("T", " "))
