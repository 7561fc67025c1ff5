"""Reads what else goes on in an org: running syncs, the user's rights, Quotes, allowances."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from target_zuora360_cleanup.facts.known import Fact, Known, Unknown, refusal
from target_zuora360_cleanup.facts.org_facts import OrgConditions, RunningSync
from target_zuora360_cleanup.facts.triggers import TRIGGERS, read_triggers
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.salesforce.rest import Rest

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
RIGHTS: Final = (
    "SELECT PermissionsBulkApiHardDelete, PermissionsModifyAllData, PermissionsViewAllData "
    "FROM UserPermissionAccess"
)
"""What the user may do by profile and permission sets together (Object Reference)."""
_FILES: Final = "SELECT PermissionsQueryAllFiles FROM UserPermissionAccess"
"""By itself: View All Data does not show all files ("Set Up Users to Query Salesforce Files",
Salesforce Help)."""
_OBJECT_RIGHTS: Final = (
    "SELECT SobjectType FROM ObjectPermissions WHERE (PermissionsViewAllRecords = true "
    "OR PermissionsModifyAllRecords = true) AND ParentId IN "
    "(SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user}' "
    "AND IsActive = true AND PermissionSet.HasActivationRequired = false)"
)
"""Objects of which the user sees every row; profiles are permission sets too (Object Reference,
ObjectPermissions). An assignment that has expired stays in the table, and one to a session-based
set gives nothing before it is activated (PermissionSetAssignment; PermissionSet)."""
_CONFIG_NAME: Final = "Zuora__ZuoraConfig__c"
_CONFIG: Final = (
    "SELECT Zuora__ZQuotesMajorVersion__c, Zuora__ZQuotesMinorVersion__c FROM "
    f"{_CONFIG_NAME} WHERE Zuora__ZQuotesMajorVersion__c != null LIMIT 1"
)


_NEEDLESS: Final = Unknown("the user sees every row of all objects")
_NOT_SHOWN: Final = Unknown("the org has no such object, or does not show it to this user")
Rows = list[dict[str, Any]]
_T = TypeVar("_T")


def read_conditions(salesforce: Salesforce, names: Collection[str]) -> OrgConditions:
    """Read them; what Salesforce refuses to tell is unknown, with its reason.

    Args:
        salesforce: Where.
        names: API names of the org's objects.
    """
    rest, syncs = salesforce.rest, sync_queries(names)
    hidden = _hidden_histories(names)
    queries = {**syncs, **_other_queries(names)}
    given = dict(zip(queries, rest.query_each([*queries.values()]), strict=True))
    answers = {name: _answered(answer) for name, answer in given.items()}
    packages = _asked(lambda: rest.tooling_query(_PACKAGES))
    triggers = _asked(lambda: rest.tooling_query(TRIGGERS))
    scheduled, rights = answers["scheduled syncs"], _rights(rest, answers["rights"])
    return replace(
        rights,
        may_query_all_files=answers["files"].then(lambda rows: _may("QueryAllFiles", rows)),
        quotes_version=packages.then(_quotes_version),
        config_version=answers.get("config", _NO_CONFIG).then(_config_version),
        running_syncs={**hidden, **running_syncs({name: given[name] for name in syncs})},
        scheduled_syncs=scheduled.then(lambda rows: Known(tuple(_scheduled(rows)))),
        triggers=triggers.then(
            lambda rows: read_triggers(
                rows, names, lambda soql: _asked(lambda: rest.tooling_query(soql))
            )
        ),
        record_counts=_asked(rest.record_counts),
        allowances=read_allowances(rest),
    )


def read_rights(salesforce: Salesforce) -> OrgConditions:
    """Of them what the user may do and see, and nothing else."""
    (answer,) = salesforce.rest.query_each([RIGHTS])
    return _rights(salesforce.rest, _answered(answer))


def _rights(rest: Rest, rights: Fact[Rows]) -> OrgConditions:
    user = _asked(rest.user)
    may_view_all, may_modify_all = _of_all(rights)
    sees_all = Known(value=True) in (may_view_all, may_modify_all)
    return OrgConditions(
        may_hard_delete=rights.then(lambda rows: _may("BulkApiHardDelete", rows)),
        may_modify_all=may_modify_all,
        may_view_all=may_view_all,
        viewed_objects=_NEEDLESS if sees_all else user.then(lambda who: _viewed(rest, who[0])),
        user=user.then(lambda who: Known(who[1] or who[0])),
    )


def tells_of_all(answer: Rows | ApiError) -> bool:
    """Whether the answer to `RIGHTS` tells that the user sees every row of every object."""
    return Known(value=True) in _of_all(_answered(answer))


def _of_all(rights: Fact[Rows]) -> tuple[Fact[bool], Fact[bool]]:
    """Whether the user has View All Data, and Modify All Data."""
    return (
        rights.then(lambda rows: _may("ViewAllData", rows)),
        rights.then(lambda rows: _may("ModifyAllData", rows)),
    )


def _viewed(rest: Rest, user_id: str) -> Fact[frozenset[str]]:
    rows = _asked(lambda: rest.query(_OBJECT_RIGHTS.format(user=user_id)))
    return rows.then(lambda found: Known(frozenset(row["SobjectType"] for row in found)))


def _answered(answer: _T | ApiError) -> Fact[_T]:
    return refusal(answer) if isinstance(answer, ApiError) else Known(answer)


def _asked(read: Callable[[], _T]) -> Fact[_T]:
    """What a resource answers that may be refused."""
    try:
        return Known(read())
    except ApiError as exc:
        return refusal(exc)


def running_syncs(
    answers: Mapping[str, Rows | ApiError],
) -> dict[str, Fact[tuple[RunningSync, ...]]]:
    """The syncs that run, from the answers to `sync_queries`, by what was looked at for them."""
    return {name: _running(name, _answered(answer)) for name, answer in answers.items()}


def sync_queries(names: Collection[str]) -> dict[str, str]:
    """What tells running syncs, by what is looked at for them.

    Args:
        names: API names of the org's objects.
    """
    histories = {_syncs_in(name): _open_rows(name) for name in _HISTORIES if name in names}
    return {**histories, "Apex jobs": _APEX}


def _hidden_histories(names: Collection[str]) -> dict[str, Unknown]:
    """Histories that are not shown, of packages of which the org shows other objects."""
    return {
        _syncs_in(name): _NOT_SHOWN
        for name, namespace in _HISTORIES.items()
        if name not in names and any(each.startswith(namespace) for each in names)
    }


def _syncs_in(name: str) -> str:
    return f"syncs in {name}"


def _other_queries(names: Collection[str]) -> dict[str, str]:
    config = {"config": _CONFIG} if _CONFIG_NAME in names else {}
    return {"scheduled syncs": _SCHEDULED, "rights": RIGHTS, "files": _FILES, **config}


def _open_rows(name: str) -> str:
    field = f"{_HISTORIES[name]}Finished_On__c"
    return f"SELECT Id, CreatedDate FROM {name} WHERE {field} = null LIMIT 10"


def _scheduled(rows: Rows) -> Iterator[tuple[str, str]]:
    for row in rows:
        yield row["CronJobDetail"]["Name"], str(row["NextFireTime"])[:16].replace("T", " ")


def read_allowances(rest: Rest) -> Fact[Mapping[str, tuple[int, int]]]:
    """Maximum and rest by name; needs the permission View Setup and Configuration."""
    return _asked(rest.limits).then(_allowances)


def _allowances(
    limits: Mapping[str, Mapping[str, int]],
) -> Fact[Mapping[str, tuple[int, int]]]:
    found = {
        name: (int(each["Max"]), int(each["Remaining"]))
        for name, each in limits.items()
        if "Max" in each
    }
    return Known(found) if found else Unknown("Salesforce names none")


def _may(permission: str, rows: Rows) -> Fact[bool]:
    for row in rows:
        if row.get(f"Permissions{permission}") is not None:
            return Known(bool(row[f"Permissions{permission}"]))
    return Unknown("Salesforce does not say")


def _quotes_version(rows: Rows) -> Fact[str]:
    """Version of the package `zqu`, which is listed without one where the user may not know it.

    Its namespace can't be asked for in the query (Tooling API, InstalledSubscriberPackage).
    """
    for row in rows:
        package, version = row["SubscriberPackage"] or {}, row["SubscriberPackageVersion"] or {}
        if package.get("NamespacePrefix") == "zqu" and version.get("MajorVersion") is not None:
            return Known(f"{version['MajorVersion']}.{version.get('MinorVersion') or 0}")
    return Unknown("no package zqu is listed with its version")


_NO_CONFIG: Final[Fact[Rows]] = Unknown(f"the org has no {_CONFIG_NAME}, or does not show it")


def _config_version(rows: Rows) -> Fact[str]:
    """What the package's own settings say of the version of Quotes."""
    for row in rows:
        major = str(row["Zuora__ZQuotesMajorVersion__c"]).strip()
        if major.isdecimal():
            return Known(f"{major}.{row['Zuora__ZQuotesMinorVersion__c'] or 0}")
    return Unknown(f"{_CONFIG_NAME} holds none that can be read")


def _running(name: str, answer: Fact[Rows]) -> Fact[tuple[RunningSync, ...]]:
    """Syncs that have no end yet: an open row of a history, or an Apex job of the packages."""
    return answer.then(lambda rows: Known(tuple(_sync(name, row) for row in rows)))


def _sync(name: str, row: dict[str, Any]) -> RunningSync:
    apex = row.get("ApexClass") or {}
    job = f"Apex job {apex.get('NamespacePrefix')}.{apex.get('Name')}"
    what = job if "ApexClass" in row else name.removeprefix("syncs in ")
    return RunningSync(what, row["Id"], str(row["CreatedDate"])[:16].replace("T", " "))
