"""Which parent a row lacks, by the code and the names in Salesforce's error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.rows.errors import RowError
from target_zuora360_cleanup.sync.columns import ParentColumn
from target_zuora360_cleanup.sync.field_values import Field
from target_zuora360_cleanup.sync.missing import missing_parent
from target_zuora360_cleanup.sync.org_objects import TargetRelationship

if TYPE_CHECKING:
    from collections.abc import Callable


def column(name: str, parent: str) -> ParentColumn:
    own = TargetRelationship(
        name, f"{name}__r", (parent,), owning=False, insert_only=False, clearable=True
    )
    return ParentColumn(name, f"{name}__r.Key__c", parent, Field("Key__c", "string"), own)


OF, OWNER, PAID = column("Of", "A__c"), column("Owner", "A__c"), column("Paid", "M__c")
COLUMNS, LINKS = (OF, OWNER, PAID), ("a1", "A2", "m1")


def words(key: str, parent: str) -> str:
    return f"Foreign key external ID: {key} not found for field Key__c in entity {parent}"


def japanese(key: str, parent: str) -> str:
    return f"外部ID:{key}はエンティティ{parent}の項目Key__cで見つかりません"


def german(key: str, parent: str) -> str:
    return (
        f"Externe Fremdschlüssel-ID: {key} wurde für Feld Key__c in Entität {parent} nicht gefunden"
    )


CASES = [
    ("a1", "A__c", OF),
    ("a2", "A__c", OWNER),
    ("m1", "M__c", PAID),
    # Salesforce may write the key in a form of its own: then the first of that object.
    ("0a1", "A__c", OF),
    ("a1", "Other__c", None),
]


@pytest.mark.parametrize("language", [words, japanese, german])
@pytest.mark.parametrize(("key", "parent", "found"), CASES)
def test_the_column_is_the_one_that_holds_the_key_in_any_language(
    language: Callable[[str, str], str], key: str, parent: str, found: ParentColumn | None
) -> None:
    error = RowError("a", "INVALID_FIELD", language(key, parent))
    assert missing_parent(error, COLUMNS, LINKS) == found


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", words("a1", "A__c")),
        ("INVALID_FIELD", "No such column 'Other__c' on sobject of type A__c"),
        ("INVALID_FIELD", "a1"),
        ("INVALID_FIELD", ""),
    ],
)
def test_the_code_decides_that_a_parent_is_missing(code: str, message: str) -> None:
    assert missing_parent(RowError("a", code, message), COLUMNS, LINKS) is None


def test_a_lookup_that_the_row_leaves_lacks_no_parent() -> None:
    error = RowError("a", "INVALID_FIELD", words("a1", "A__c"))
    assert missing_parent(error, COLUMNS, (None, "", "m1")) is None
