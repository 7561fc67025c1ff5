"""Reads what else goes on in an org: running syncs, the user's rights, Quotes, allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from target_zuora360_cleanup.facts.org_facts import RunningSync, Surroundings
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from target_zuora360_cleanup.salesforce.client import Salesforce

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
_RIGHTS: Final = (
    "SELECT PermissionsBulkApiHardDelete, PermissionsModifyAllData FROM UserPermissionAccess"
)
"""What the user may do by profile and permission sets together (Object Reference)."""
_CONFIG_NAME: Final = "Zuora__ZuoraConfig__c"
_CONFIG: Final = (
    "SELECT Zuora__ZQuotesMajorVersion__c, Zuora__ZQuotesMinorVersion__c FROM "
    f"{_CONFIG_NAME} WHERE Zuora__ZQuotesMajorVersion__c != null LIMIT 1"
)
_TRIGGERS: Final = (
    "SELECT Name, NamespacePrefix, TableEnumOrId FROM ApexTrigger "
    "WHERE Status = 'Active' AND (UsageBeforeDelete = true OR UsageAfterDelete = true)"
)


Rows = list[dict[str, Any]]
_T = TypeVar("_T")


class Reader:
    """Reads what may be refused, and remembers what was and why."""

    def __init__(self, salesforce: Salesforce, queries: Mapping[str, str]) -> None:
        self.refused: dict[str, str] = {}
        self._answers = dict(
            zip(queries, salesforce.rest.query_each(list(queries.values())), strict=True)
        )

    def rows(self, name: str) -> Rows:
        """The rows of one of the queries; none where it was not asked or is refused."""
        answer = self._answers.get(name, [])
        if isinstance(answer, ApiError):
            self.refused[name] = f"{answer.code}: {answer.message}"
            return []
        return answer

    def other(self, name: str, read: Callable[[], _T], instead: _T) -> _T:
        """What another resource answers."""
        try:
            return read()
        except ApiError as exc:
            self.refused[name] = f"{exc.code}: {exc.message}"
            return instead


def read_surroundings(salesforce: Salesforce, there: Collection[str]) -> Surroundings:
    """Read them; what Salesforce refuses to tell is named with its reason.

    Args:
        salesforce: Where.
        there: API names of the org's objects.
    """
    syncs = _sync_queries(there)
    reader = Reader(salesforce, {**syncs, **_other_queries(there)})
    nothing: Rows = []
    packages = reader.other("packages", lambda: salesforce.rest.tooling_query(_PACKAGES), nothing)
    triggers = reader.other("triggers", lambda: salesforce.rest.tooling_query(_TRIGGERS), nothing)
    right = next(iter(reader.rows("rights")), {})
    running = tuple(sync for name in syncs for sync in _running(name, reader.rows(name)))
    unchecked = {name: reader.refused.pop(name) for name in syncs if name in reader.refused}
    return Surroundings(
        quotes_version=_quotes_version(packages),
        config_version=_config_version(reader.rows("Zuora Config")),
        running_syncs=running,
        unchecked_syncs=unchecked,
        scheduled_syncs=tuple(_scheduled(reader.rows("scheduled syncs"))),
        triggers=tuple(_triggers(triggers, there)),
        counted=reader.other("record counts", salesforce.rest.record_counts, {}),
        allowances=_allowances(reader.other("allowances", salesforce.rest.limits, {})),
        may_hard_delete=right.get("PermissionsBulkApiHardDelete"),
        may_modify_all=right.get("PermissionsModifyAllData"),
        refused=reader.refused,
    )


def _sync_queries(there: Collection[str]) -> dict[str, str]:
    """What tells running syncs."""
    histories = {f"syncs in {name}": _open_rows(name) for name in _HISTORIES if name in there}
    return {**histories, "Apex jobs": _APEX}


def _other_queries(there: Collection[str]) -> dict[str, str]:
    config = {"Zuora Config": _CONFIG} if _CONFIG_NAME in there else {}
    return {"scheduled syncs": _SCHEDULED, "rights": _RIGHTS, **config}


def _open_rows(name: str) -> str:
    field = f"{_HISTORIES[name]}Finished_On__c"
    return f"SELECT Id, CreatedDate FROM {name} WHERE {field} = null LIMIT 10"


def _scheduled(rows: Rows) -> Iterator[tuple[str, str]]:
    for row in rows:
        yield row["CronJobDetail"]["Name"], str(row["NextFireTime"])[:16].replace("T", " ")


def _triggers(rows: Rows, there: Collection[str]) -> Iterator[tuple[str, str]]:
    """Triggers of the packages belong to them; their names can't be asked for one by one."""
    for row in rows:
        if row["TableEnumOrId"] in there and row["NamespacePrefix"] not in ("Zuora", "zqu"):
            yield row["TableEnumOrId"], row["Name"]


def _allowances(limits: Mapping[str, Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    """Maximum and rest by name; needs the permission View Setup and Configuration."""
    return {
        name: (int(each["Max"]), int(each["Remaining"]))
        for name, each in limits.items()
        if "Max" in each
    }


def _quotes_version(rows: Iterable[Mapping[str, Any]]) -> str:
    """Version of the package `zqu`; blank where the user may not know it.

    Its namespace can't be asked for in the query (Tooling API, InstalledSubscriberPackage).
    """
    for row in rows:
        package, version = row["SubscriberPackage"] or {}, row["SubscriberPackageVersion"] or {}
        if package.get("NamespacePrefix") == "zqu" and version.get("MajorVersion") is not None:
            return f"{version['MajorVersion']}.{version.get('MinorVersion') or 0}"
    return ""


def _config_version(rows: Rows) -> str:
    """What the package's own settings say of the version of Quotes; blank if nothing usable."""
    for row in rows:
        major = str(row["Zuora__ZQuotesMajorVersion__c"]).strip()
        if major.isdecimal():
            return f"{major}.{row['Zuora__ZQuotesMinorVersion__c'] or 0}"
    return ""


def _running(name: str, rows: Rows) -> Iterator[RunningSync]:
    """Syncs that have no end yet: an open row of a history, or an Apex job of the packages."""
    for row in rows:
        apex = row.get("ApexClass") or {}
        job = f"Apex job {apex.get('NamespacePrefix')}.{apex.get('Name')}"
        yield _sync(job if "ApexClass" in row else name.removeprefix("syncs in "), row)


def _sync(what: str, row: dict[str, Any]) -> RunningSync:
    return RunningSync(what, row["Id"], str(row["CreatedDate"])[:16].replace("T", " "))
