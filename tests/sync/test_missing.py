"""Which parent a row lacks, by Salesforce's words."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.missing import missing_parent
from target_zuora360_cleanup.sync.org_objects import TargetRelationship
from target_zuora360_cleanup.sync.rows import ParentColumn


def column(name: str, parent: str) -> ParentColumn:
    own = TargetRelationship(
        name, f"{name}__r", (parent,), owning=False, insert_only=False, clearable=True
    )
    return ParentColumn(name, f"{name}__r.Key__c", parent, Field("Key__c", "string"), own)


OF, OWNER, PAID = column("Of", "A__c"), column("Owner", "A__c"), column("Paid", "M__c")
COLUMNS, LINKS = (OF, OWNER, PAID), ("a1", "A2", "m1")


def words(key: str, parent: str) -> str:
    return f"Foreign key external ID: {key} not found for field Key__c in entity {parent}"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (words("a1", "A__c"), OF),
        (words("a2", "A__c"), OWNER),
        (words("m1", "M__c"), PAID),
        # Salesforce may write the key in a form of its own: then the first of that object.
        (words("0a1", "A__c"), OF),
        (words("a1", "Other__c"), None),
        ("unable to obtain exclusive access to this record", None),
    ],
)
def test_the_column_is_the_one_that_holds_the_key(message: str, found: ParentColumn | None) -> None:
    assert missing_parent(message, COLUMNS, LINKS) == found


def test_a_lookup_that_the_row_leaves_lacks_no_parent() -> None:
    assert missing_parent(words("a1", "A__c"), COLUMNS, (None, "", "m1")) is None
