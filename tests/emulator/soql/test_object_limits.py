"""Objects that take part of SOQL only: links of files, and metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

SUB = "Zuora__Subscription__c"
LINKS = "SELECT Id FROM ContentDocumentLink"


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=500, quotes=False, shape=shape("people"))) as made:
        yield made


@pytest.mark.parametrize(
    "where",
    [
        "",
        " WHERE LinkedEntityId != null",
        f" WHERE LinkedEntity.Type = '{SUB}'",
        " WHERE ContentDocumentId = null",
        " WHERE ShareType = 'V' OR Id = '06A5g0000000001'",
    ],
)
def test_links_of_files_are_asked_for_by_id_only(org: Org, where: str) -> None:
    with pytest.raises(SalesforceError) as caught:
        org.query(f"{LINKS}{where}")

    assert caught.value.code == "MALFORMED_QUERY"
    assert "ContentDocumentLink requires a filter by a single Id" in caught.value.message


def test_links_of_files_are_found_by_one_id_or_several(org: Org) -> None:
    third, product = org.all_rows(SUB)[2]["Id"], org.all_rows("Product2")[0]["Id"]
    document = org.all_rows("ContentDocument")[0]["Id"]

    assert org.query(f"{LINKS} WHERE LinkedEntityId = '{third}'").total == 1
    assert org.query(f"{LINKS} WHERE LinkedEntityId IN ('{third}', '{product}')").total == 2
    assert org.query(f"{LINKS} WHERE ContentDocumentId = '{document}'").total == 2
    assert org.query(f"{LINKS} WHERE LinkedEntityId IN (SELECT Id FROM {SUB})").total == 1


def test_follows_are_told_apart_by_their_own_fields_only(org: Org) -> None:
    with pytest.raises(SalesforceError, match="can only filter by fields of EntitySubscription"):
        org.query(f"SELECT Id FROM EntitySubscription WHERE Parent.Type = '{SUB}'")

    inner = f"SELECT Id FROM {SUB} WHERE Zuora__CustomerAccount__r.Name != null"
    for where in ("", " WHERE ParentId != null", f" WHERE ParentId IN ({inner})"):
        assert org.query(f"SELECT Id FROM EntitySubscription{where}").total >= 0
    grouped = "SELECT Parent.Type t, COUNT(Id) n FROM EntitySubscription GROUP BY Parent.Type"
    assert org.query(grouped).total >= 0


def test_a_user_without_view_all_data_asks_for_few_follows_and_topics_at_once() -> None:
    with opened(OrgOptions(records=100, quotes=False, modify_all=False)) as org:
        record = org.all_rows(SUB)[0]["Id"]
        of_records = f"WHERE {{}} IN (SELECT Id FROM {SUB})"
        for name, field, most in (
            ("EntitySubscription", "ParentId", 1_000), ("TopicAssignment", "EntityId", 1_100),
        ):  # fmt: skip
            rows = f"SELECT Id FROM {name} {of_records.format(field)}"
            for soql in (
                rows, f"{rows} LIMIT {most + 1}", rows.replace("Id", "COUNT(Id) n", 1),
                f"SELECT {field[:-2]}.Type t, COUNT(Id) n FROM {name} GROUP BY {field[:-2]}.Type",
            ):  # fmt: skip
                with pytest.raises(SalesforceError, match=f"must have a LIMIT of {most} or less"):
                    org.query(soql)
            assert org.query(f"{rows} AND Id > '{record}' ORDER BY Id LIMIT {most}").total == 0
        assert org.query(f"SELECT Id FROM TopicAssignment WHERE EntityId = '{record}'").total == 0


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT COUNT() FROM EntityDefinition", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
         "not yet supported by this SObject storage type"),
        ("SELECT Label, COUNT(Id) FROM EntityDefinition GROUP BY Label",
         "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", "not yet supported"),
        ("SELECT Label FROM EntityDefinition WHERE QualifiedApiName != 'Account'",
         "MALFORMED_QUERY", "Only equals comparisons permitted"),
        ("SELECT Label FROM EntityDefinition WHERE Label = 'x' OR Label = 'y'",
         "MALFORMED_QUERY", "Disjunctions not supported"),
        ("SELECT Label FROM FieldDefinition", "MALFORMED_QUERY",
         "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,"),
        ("SELECT FieldId FROM RelationshipDomain WHERE IsCascadeDelete = true", "MALFORMED_QUERY",
         "RelationshipDomain: a filter on a reified column is required"),
        ("SELECT FieldId FROM RelationshipInfo", "MALFORMED_QUERY",
         "RelationshipInfo: a filter on a reified column is required [ChildSobjectId,FieldId,"),
    ],
)  # fmt: skip
def test_what_metadata_does_not_take_is_refused(
    org: Org, soql: str, code: str, message: str
) -> None:
    with pytest.raises(SalesforceError) as caught:
        org.query(soql, tooling=True)

    assert caught.value.code == code
    assert message in caught.value.message


def test_metadata_takes_no_notice_of_a_limit(org: Org) -> None:
    assert org.query("SELECT Label FROM EntityDefinition LIMIT 1", tooling=True).total > 1
