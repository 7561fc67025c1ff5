"""What else goes on in an org, from Salesforce's answers; a refusal is unknown, with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from target_zuora360_cleanup.facts.conditions import read_conditions
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgConditions
    from target_zuora360_cleanup.salesforce.client import Salesforce

NAMES = ("Zuora__ZuoraConfig__c", "Zuora__Sync_History__c", "Zuora__ZInvoice__c")
NO = ApiError(403, "INSUFFICIENT_ACCESS", "no access")
REFUSED = Unknown("INSUFFICIENT_ACCESS: no access", is_refused=True)
Answer = list[dict[str, Any]] | ApiError


@dataclass(frozen=True)
class Rest:
    """Answers queries by a word in them, with no rows where nothing is said."""

    answers: dict[str, Answer] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def rest(self) -> Rest:
        return self

    def query_each(self, queries: Sequence[str]) -> list[Answer]:
        return [self._answer(soql) for soql in queries]

    def tooling_query(self, soql: str) -> list[dict[str, Any]]:
        answer = self._answer(soql)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    def query(self, soql: str) -> list[dict[str, Any]]:
        return self.tooling_query(soql)

    def user(self) -> tuple[str, str]:
        user: tuple[str, str] = self._other("user") or ("005A", "")  # type: ignore[assignment]
        return user

    def record_counts(self) -> dict[str, int]:
        return self._other("record_counts")

    def limits(self) -> dict[str, Any]:
        return self._other("limits")

    def _answer(self, soql: str) -> Answer:
        return next((self.answers[word] for word in self.answers if f"FROM {word}" in soql), [])

    def _other(self, name: str) -> dict[str, Any]:
        answer = self.others.get(name, {})
        if isinstance(answer, ApiError):
            raise answer
        return cast("dict[str, Any]", answer)


def read(
    answers: dict[str, Answer] | None = None, names: Sequence[str] = NAMES, **others: Any
) -> OrgConditions:
    return read_conditions(cast("Salesforce", Rest(answers or {}, others)), names)


def package(namespace: str, major: int | None, minor: int | None = 0) -> dict[str, Any]:
    version = {"MajorVersion": major, "MinorVersion": minor}
    return {
        "SubscriberPackage": {"NamespacePrefix": namespace},
        "SubscriberPackageVersion": version,
    }


def test_everything_that_is_refused_is_unknown_with_its_reason() -> None:
    words = ("InstalledSubscriberPackage", "ApexTrigger", "CronTrigger", "UserPermissionAccess",
             "Zuora__ZuoraConfig__c", "Zuora__Sync_History__c", "AsyncApexJob",
             "ObjectPermissions")  # fmt: skip
    found = read(dict.fromkeys(words, NO), record_counts=NO, limits=NO, user=NO)
    assert found.running_syncs == {"syncs in Zuora__Sync_History__c": REFUSED, "Apex jobs": REFUSED}
    others = (
        found.quotes_version, found.config_version, found.scheduled_syncs, found.triggers,
        found.record_counts, found.allowances, found.may_hard_delete, found.may_modify_all,
        found.may_view_all, found.viewed_objects, found.user,
    )  # fmt: skip
    assert others == (REFUSED,) * len(others)


def test_what_has_no_rows_is_known_to_be_none_but_for_what_must_have_some() -> None:
    found = read(record_counts={})
    assert found.running_syncs == {
        "syncs in Zuora__Sync_History__c": Known(()), "Apex jobs": Known(()),
    }  # fmt: skip
    assert (found.scheduled_syncs, found.triggers) == (Known(()), Known(()))
    assert found.record_counts == Known({})
    unknown = (
        found.quotes_version, found.config_version, found.allowances, found.may_hard_delete,
        found.may_modify_all, found.may_view_all,
    )  # fmt: skip
    assert found.viewed_objects == Known(frozenset())
    assert all(isinstance(each, Unknown) and not each.is_refused for each in unknown)


@pytest.mark.parametrize(
    ("packages", "version"),
    [
        ([package("zqu", 9, 12)], Known("9.12")),
        ([package("Zuora", 9), package("zqu", 10, None)], Known("10.0")),
        ([package("zqu", None)], Unknown("no package zqu is listed with its version")),
        ([package("Zuora", 9)], Unknown("no package zqu is listed with its version")),
    ],
)
def test_the_version_of_quotes_is_the_packages(packages: list[Any], version: object) -> None:
    assert read({"InstalledSubscriberPackage": packages}).quotes_version == version


@pytest.mark.parametrize(
    ("major", "minor", "version"), [("3", "1", "3.1"), (" 2 ", None, "2.0"), ("three", "1", None)]
)
def test_the_configured_version_is_a_number_or_unknown(
    major: str, minor: str | None, version: str | None
) -> None:
    row = {"Zuora__ZQuotesMajorVersion__c": major, "Zuora__ZQuotesMinorVersion__c": minor}
    found = read({"Zuora__ZuoraConfig__c": [row]}).config_version
    assert found == Known(version) if version else isinstance(found, Unknown)


def test_an_org_without_the_packages_settings_leaves_the_configured_version_unknown() -> None:
    found = read(names=())
    assert found.config_version == Unknown(
        "the org has no Zuora__ZuoraConfig__c, or does not show it"
    )
    assert list(found.running_syncs) == ["Apex jobs"]


@pytest.mark.parametrize("namespace", ["Zuora", "zqu"])
def test_a_history_that_is_not_shown_leaves_unknown_whether_a_sync_runs(namespace: str) -> None:
    found = read(names=(f"{namespace}__Other__c",)).running_syncs
    assert list(found) == [f"syncs in {namespace}__Sync_History__c", "Apex jobs"]
    assert isinstance(found[f"syncs in {namespace}__Sync_History__c"], Unknown)
    assert found["Apex jobs"] == Known(())


def test_the_user_has_the_name_to_log_in_with_or_else_an_id() -> None:
    assert read(user=("005A", "ann@acme.example")).user == Known("ann@acme.example")
    assert read(user=("005A", "")).user == Known("005A")


@pytest.mark.parametrize("right", ["ViewAllData", "ModifyAllData"])
def test_whoever_sees_all_rows_is_not_asked_object_by_object(right: str) -> None:
    found = read({"UserPermissionAccess": [{f"Permissions{right}": True}], "ObjectPermissions": NO})
    assert isinstance(found.viewed_objects, Unknown)
    assert not found.viewed_objects.is_refused


def test_objects_of_which_all_rows_are_seen_are_those_that_salesforce_names() -> None:
    row = {"PermissionsViewAllData": False, "PermissionsModifyAllData": False}
    rows = [{"SobjectType": name} for name in ("Case", "Case", "Note__c")]
    found = read({"UserPermissionAccess": [row], "ObjectPermissions": rows})
    assert found.may_view_all == Known(value=False)
    assert found.viewed_objects == Known(frozenset({"Case", "Note__c"}))


def test_rights_are_known_one_by_one() -> None:
    row = {"PermissionsBulkApiHardDelete": False, "PermissionsModifyAllData": None}
    found = read({"UserPermissionAccess": [row]})
    assert found.may_hard_delete == Known(value=False)
    assert found.may_modify_all == Unknown("Salesforce does not say")


def test_triggers_of_the_packages_and_of_hidden_objects_are_left_out() -> None:
    rows = [
        {"Name": name, "NamespacePrefix": namespace, "TableEnumOrId": on}
        for name, namespace, on in (
            ("A", None, "Zuora__ZInvoice__c"), ("B", "zqu", "Zuora__ZInvoice__c"), ("C", None, "X"),
        )
    ]  # fmt: skip
    assert read({"ApexTrigger": rows}).triggers == Known((("Zuora__ZInvoice__c", "A"),))


def test_the_objects_of_triggers_are_asked_for_where_they_are_ids() -> None:
    one, two = "01I5g00000000AAEAY", "01I5g00000000BB"
    rows = [{"Name": name, "NamespacePrefix": None, "TableEnumOrId": on}
            for name, on in (("A", one), ("B", two), ("C", "Zuora__ZInvoice__c"))]  # fmt: skip
    told = [{"DurableId": one[:15], "QualifiedApiName": "Zuora__Sync_History__c"},
            {"DurableId": two, "QualifiedApiName": "Other__c"}]  # fmt: skip
    found = read({"ApexTrigger": rows, "EntityDefinition": told}).triggers
    assert found == Known((("Zuora__Sync_History__c", "A"), ("Zuora__ZInvoice__c", "C")))


def test_a_trigger_on_an_object_that_salesforce_does_not_name_is_unknown() -> None:
    rows = [{"Name": "A", "NamespacePrefix": None, "TableEnumOrId": "01I5g00000000AA"}]
    told = Unknown("Salesforce does not say on which object the trigger A is")
    assert read({"ApexTrigger": rows}).triggers == told
    assert read({"ApexTrigger": rows, "EntityDefinition": NO}).triggers == REFUSED


def test_allowances_are_those_that_name_a_maximum() -> None:
    limits = {"DailyApiRequests": {"Max": 10, "Remaining": 4}, "Odd": {"Remaining": 1}}
    assert read(limits=limits).allowances == Known({"DailyApiRequests": (10, 4)})
