"""In which order object types come back, and what is read of each. Pure."""

from __future__ import annotations

from typing import Any

from target_zuora360_cleanup.undo.order import Returning, returning, unfinished

ACCOUNT, INVOICE, ITEM = "Zuora__CustomerAccount__c", "Zuora__ZInvoice__c", "Zuora__InvoiceItem__c"


def describe(*children: tuple[str, str, bool], fields: tuple[dict[str, Any], ...] = ()) -> Any:
    own = ({"name": "Id", "type": "id"}, {"name": "IsDeleted", "type": "boolean"}, *fields)
    return {
        "queryable": True,
        "undeletable": True,
        "fields": [{"referenceTo": [], **each} for each in own],
        "childRelationships": [
            {"childSObject": child, "field": field, "cascadeDelete": cascades}
            for child, field, cascades in children
        ],
    }


MASTER = {"name": "Of__c", "type": "reference", "referenceTo": [INVOICE], "relationshipOrder": 0}
KEY = {"name": "Zuora__External_Id__c", "type": "string", "caseSensitive": True}
DESCRIBES = {
    ACCOUNT: describe((INVOICE, "Of__c", True)),
    INVOICE: describe((ITEM, "Of__c", True), fields=(KEY,)),
    ITEM: describe(fields=(MASTER, {"name": "No__c", "type": "string", "unique": True})),
}


def one(name: str, **more: Any) -> Returning:
    """What is made of one object type alone, whose describe is changed a little."""
    (found,) = returning([name], {name: {**DESCRIBES[name], **more}})
    return found


def test_parents_come_back_before_their_children() -> None:
    found = returning([ITEM, ACCOUNT, INVOICE], DESCRIBES)
    assert [each.name for each in found] == [ACCOUNT, INVOICE, ITEM]
    assert [each.is_detail for each in found] == [False, False, True]


def test_objects_that_lead_to_each_other_in_a_circle_come_back_all_the_same() -> None:
    circle = {
        ACCOUNT: describe((INVOICE, "Of__c", True)), INVOICE: describe((ACCOUNT, "In__c", True)),
    }  # fmt: skip
    assert {each.name for each in returning(circle, circle)} == {ACCOUNT, INVOICE}


def test_keys_are_the_catalogues_and_whatever_is_unique() -> None:
    assert one(INVOICE).keys == (("Zuora__External_Id__c", False),)
    assert one(ITEM).keys == (("No__c", True),)
    assert one(ITEM).compared(["ÄB"]) == ["äb"]
    assert one(INVOICE).compared(["ÄB"]) == ["ÄB"]
    assert one(INVOICE).fields == ("Id", "Zuora__External_Id__c", "IsDeleted")


def test_a_master_that_was_not_deleted_makes_no_detail_of_its_rows() -> None:
    assert not one(ITEM).is_detail


def test_what_leads_to_rows_that_are_missing_has_to_be_sent_again() -> None:
    found = returning([ITEM, ACCOUNT, INVOICE], DESCRIBES)
    assert unfinished(found, frozenset({INVOICE})) == {INVOICE, ITEM}
    assert unfinished(found, frozenset({ITEM})) == {ITEM}
    assert unfinished(found, frozenset()) == frozenset()


def test_what_can_t_be_asked_for_is_said() -> None:
    (hidden,) = returning([ITEM], {})
    assert "hides it" in hidden.obstacle
    assert one(ITEM, queryable=False).obstacle
    assert not one(ITEM, undeletable=False).is_undeletable
    bare = one(ITEM, fields=[{"name": "Id", "type": "id", "referenceTo": []}])
    assert (bare.has_bin, bare.fields) == (False, ("Id",))
