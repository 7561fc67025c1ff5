"""Activities, notes, files and feeds, as describes of real orgs show them on their parents.

The table is part of what several orgs' describes of standard parents have in common; custom objects
that allow activities have the same children.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILDREN = {
    ("ActivityHistory", "WhatId"): ("cascade", "ActivityHistories"),
    ("AttachedContentDocument", "LinkedEntityId"): ("cascade", "AttachedContentDocuments"),
    ("Attachment", "ParentId"): ("cascade", "Attachments"),
    ("CombinedAttachment", "ParentId"): ("cascade", "CombinedAttachments"),
    ("ContentDocumentLink", "LinkedEntityId"): ("cascade", "ContentDocumentLinks"),
    ("DuplicateRecordItem", "RecordId"): ("cascade", "DuplicateRecordItems"),
    ("EmailMessage", "RelatedToId"): ("clear", "Emails"),
    ("EntitySubscription", "ParentId"): ("cascade", "FeedSubscriptionsForEntity"),
    ("Event", "WhatId"): ("cascade", "Events"),
    ("FeedItem", "ParentId"): ("cascade", None),
    ("Note", "ParentId"): ("cascade", "Notes"),
    ("NoteAndAttachment", "ParentId"): ("cascade", "NotesAndAttachments"),
    ("OpenActivity", "WhatId"): ("cascade", "OpenActivities"),
    ("ProcessInstance", "TargetObjectId"): ("cascade", "ProcessInstances"),
    ("ProcessInstanceHistory", "TargetObjectId"): ("clear", "ProcessSteps"),
    ("RecordAction", "RecordId"): ("cascade", "RecordActions"),
    ("Task", "WhatId"): ("cascade", "Tasks"),
    ("TopicAssignment", "EntityId"): ("cascade", "TopicAssignments"),
}
OF_CONTACTS = {
    ("Task", "WhoId"): ("cascade", "Tasks"),
    ("Event", "WhoId"): ("cascade", "Events"),
    ("OpenActivity", "WhoId"): ("cascade", "OpenActivities"),
    ("ActivityHistory", "WhoId"): ("cascade", "ActivityHistories"),
}
VIEWS = (
    "OpenActivity", "ActivityHistory", "NoteAndAttachment", "CombinedAttachment",
    "AttachedContentDocument", "ProcessInstanceHistory",
)  # fmt: skip


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def children(org: Org, parent: str) -> dict[tuple[str, str], tuple[str, str | None]]:
    return {
        (each["childSObject"], each["field"]): (
            "cascade" if each["cascadeDelete"] else "restrict" if each["restrictedDelete"]
            else "clear",
            each["relationshipName"],
        )
        for each in org.describe(parent)["childRelationships"]
    }  # fmt: skip


@pytest.mark.parametrize(
    "parent", ["Opportunity", "Product2", "Zuora__Subscription__c", "zqu__ZProduct__c",
               "Renewal_Forecast__c"],
)  # fmt: skip
def test_what_people_hang_on_rows_is_a_child(org: Org, parent: str) -> None:
    assert children(org, parent).items() >= CHILDREN.items()


def test_accounts_and_contacts_have_activities_of_their_own(org: Org) -> None:
    of_accounts = {("OpenActivity", "AccountId"): ("cascade", "OpenActivities"),
                   ("ActivityHistory", "AccountId"): ("cascade", "ActivityHistories")}  # fmt: skip

    assert children(org, "Account").items() >= of_accounts.items()
    assert children(org, "Contact").items() >= OF_CONTACTS.items()
    assert ("Task", "WhatId") not in children(org, "Contact")


@pytest.mark.parametrize(
    "parent", ["Zuora__Sync_History__c", "Zuora__ZuoraConfig__c", "Zuora__MigrationSettings__c"]
)
def test_nothing_hangs_on_settings_and_logs(org: Org, parent: str) -> None:
    assert not children(org, parent).keys() & CHILDREN.keys()


def field(org: Org, object_name: str, name: str) -> dict[str, Any]:
    (one,) = [each for each in org.describe(object_name)["fields"] if each["name"] == name]
    return dict(one)


@pytest.mark.parametrize(
    ("object_name", "name", "relationship"),
    [
        ("Task", "WhatId", "What"),
        ("Task", "WhoId", "Who"),
        ("Note", "ParentId", "Parent"),
        ("ContentDocumentLink", "LinkedEntityId", "LinkedEntity"),
        ("EmailMessage", "RelatedToId", "RelatedTo"),
        ("ProcessInstance", "TargetObjectId", "TargetObject"),
    ],
)
def test_such_a_lookup_points_to_names(
    org: Org, object_name: str, name: str, relationship: str
) -> None:
    found = field(org, object_name, name)

    assert found["relationshipName"] == relationship
    assert found["namePointing"]
    assert found["polymorphicForeignKey"]
    assert len(found["referenceTo"]) > 1 or name == "WhoId"


def test_a_lookup_to_one_object_points_to_no_name(org: Org) -> None:
    found = field(org, "Contact", "AccountId")

    assert (found["namePointing"], found["polymorphicForeignKey"]) == (False, False)


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_described_and_nothing_else(org: Org, name: str) -> None:
    (found,) = [each for each in org.describe_global()["sobjects"] if each["name"] == name]

    assert not any(found[what] for what in ("queryable", "createable", "deletable", "updateable"))
    assert found["keyPrefix"] is None


def test_an_approval_is_made_by_nobody_over_the_api(org: Org) -> None:
    found = org.describe("ProcessInstance")

    assert (found["queryable"], found["createable"], found["deletable"]) == (True, False, False)


def test_no_ordinary_org_has_rows_of_them(org: Org) -> None:
    names = {name for name, _ in CHILDREN} | {"ContentDocument", "Topic"}

    assert not any(org.counts()[name] for name in names)
