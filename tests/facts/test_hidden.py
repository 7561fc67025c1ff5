"""Relationships that describes keep from a user, from the org's metadata."""

from __future__ import annotations

from typing import Any

import pytest

from target_zuora360_cleanup.facts.hidden import read_hidden, read_hidden_fields
from target_zuora360_cleanup.facts.known import Fact, Known, Unknown
from target_zuora360_cleanup.reach import Relationship
from target_zuora360_cleanup.salesforce.errors import ApiError
from tests.facts.answers import NO, REFUSED, Answer, Answers

INVOICE = "Zuora__ZInvoice__c"
NOTE = Relationship("Note__c", "Of__c", INVOICE, "clear")
SECRET = Relationship("Secret__c", "Of__c", INVOICE, "cascade")


def row(each: Relationship, **more: Any) -> dict[str, Any]:
    """What the metadata says of a relationship."""
    return {
        "ParentSobject": {"QualifiedApiName": each.parent},
        "ChildSobject": {"QualifiedApiName": each.child},
        "Field": {"QualifiedApiName": each.field},
        "IsCascadeDelete": each.on_delete == "cascade",
        "IsRestrictedDelete": each.on_delete == "restrict",
        **more,
    }


def hidden(
    rows: Answer, *seen: Relationship, shown: dict[str, Any] | None = None
) -> Fact[tuple[Relationship, ...]]:
    answers = Answers({"RelationshipDomain": rows})
    return read_hidden(answers.salesforce, {INVOICE}, seen, shown or {})


@pytest.mark.parametrize("on_delete", ["cascade", "restrict", "clear"])
def test_what_only_the_metadata_has_is_hidden_with_what_a_deletion_does_to_it(
    on_delete: Any,
) -> None:
    secret = Relationship("Secret__c", "Of__c", INVOICE, on_delete)
    assert hidden([row(NOTE), row(secret)], NOTE) == Known((secret,))


def test_what_describes_show_is_not_hidden() -> None:
    assert hidden([row(NOTE)], NOTE) == Known(())


def test_a_second_lookup_of_an_object_that_is_shown_may_be_hidden() -> None:
    other = Relationship("Note__c", "Other__c", INVOICE, "clear")
    assert hidden([row(NOTE), row(other)], NOTE) == Known((other,))


@pytest.mark.parametrize(
    "name", ["AccountHistory", "Zuora__ZInvoice__Share", "TopicAssignment", "EntitySubscription"]
)
def test_companions_and_marks_that_are_hidden_do_not_matter(name: str) -> None:
    assert hidden([row(Relationship(name, "ParentId", INVOICE, "cascade"))]) == Known(())


def test_views_do_not_matter_and_activities_do() -> None:
    view = dict.fromkeys(("queryable", "createable", "updateable", "deletable"), False)
    rows = [row(Relationship(name, "WhatId", INVOICE, "cascade")) for name in ("View", "Task")]
    found = hidden(rows, shown={"View": view})
    assert found == Known((Relationship("Task", "WhatId", INVOICE, "cascade"),))


def test_metadata_that_is_refused_leaves_it_unknown() -> None:
    assert hidden(NO) == REFUSED


@pytest.mark.parametrize("rows", [[], [row(SECRET)]])
def test_metadata_that_leaves_out_what_describes_show_proves_nothing(rows: Answer) -> None:
    assert hidden(rows, NOTE) == Unknown("it leaves out what describes show, such as Note__c.Of__c")


def test_standard_fields_that_lead_to_any_object_need_not_be_in_the_metadata() -> None:
    assert hidden([], Relationship("Task", "WhatId", INVOICE, "cascade")) == Known(())


def test_what_the_metadata_does_not_name_may_be_hidden_all_the_same() -> None:
    assert hidden([row(SECRET, Field=None), row(SECRET, ChildSobject=None)]) == Known(
        (
            Relationship("(not told)", "Of__c", INVOICE, "cascade"),
            Relationship("Secret__c", "(not told)", INVOICE, "cascade"),
        )
    )


def test_a_field_that_is_not_told_is_a_shown_one_only_where_the_metadata_names_fewer() -> None:
    standard = Relationship("Case", "InvoiceId", INVOICE, "clear")
    assert hidden([row(standard, Field=None)], standard) == Known(())
    other = Relationship("Note__c", "(not told)", INVOICE, "clear")
    assert hidden([row(NOTE), row(NOTE, Field=None)], NOTE) == Known((other,))


def test_a_standard_object_that_nobody_is_shown_is_hidden_from_nobody() -> None:
    system = Relationship("CollaborationRoom", "RecordId", INVOICE, "cascade")
    answers = Answers({"RelationshipDomain": [row(system), row(SECRET)]})
    for sees_all, expected in ((True, (SECRET,)), (False, (system, SECRET))):
        found = read_hidden(answers.salesforce, {INVOICE}, (), {}, sees_all=sees_all)
        assert found == Known(expected)


MANY = ApiError(400, "EXCEEDED_ID_LIMIT", "RelationshipDomain does not support queryMore()")


def test_where_one_answer_does_not_hold_all_fewer_objects_are_asked_for_at_once() -> None:
    three = {INVOICE, "B__c", "C__c"}
    other = Relationship("Secret__c", "To__c", "C__c", "cascade")
    answers = Answers({f"'C__c', '{INVOICE}'": MANY, "'B__c'": [], "'C__c'": [row(other)],
                       INVOICE: [row(NOTE)]})  # fmt: skip
    answers.answers = {"'B__c', 'C__c'": MANY, **answers.answers}
    found = read_hidden(answers.salesforce, three, [NOTE], {})
    assert found == Known((other,))
    asked = [soql.rpartition("IN ")[2] for soql in answers.asked]
    assert asked == [
        f"('B__c', 'C__c', '{INVOICE}')", "('B__c')", f"('C__c', '{INVOICE}')", "('C__c')",
        f"('{INVOICE}')",
    ]  # fmt: skip


def test_an_object_with_more_relationships_than_an_answer_holds_leaves_it_unknown() -> None:
    assert hidden(MANY) == Unknown(
        "EXCEEDED_ID_LIMIT: RelationshipDomain does not support queryMore()", is_refused=True
    )


def test_nothing_is_asked_where_nothing_goes() -> None:
    answers = Answers()
    assert read_hidden(answers.salesforce, (), (), {}) == Known(())
    assert answers.asked == []


DESCRIBES = {INVOICE: {"fields": [{"name": "Id"}, {"name": "Note__c"}, {"name": "Zuora__A__c"}]}}


def field(name: str, **more: Any) -> dict[str, Any]:
    """What the metadata says of a field."""
    of = {"EntityDefinition": {"QualifiedApiName": INVOICE}, "QualifiedApiName": name}
    return {**of, "IsCalculated": False, **more}


def hidden_fields(*names: str, **more: Any) -> Fact[tuple[str, ...]]:
    rows = [*(field(name) for name in names), field("Last__c", **more)]
    answers = Answers({"FieldDefinition": rows})
    return read_hidden_fields(answers.salesforce, DESCRIBES)


def test_a_field_of_peoples_own_that_only_the_metadata_has_is_hidden() -> None:
    assert hidden_fields("Id", "Note__c", "Zuora__A__c") == Known((f"{INVOICE}.Last__c",))
    assert hidden_fields("Note__c", "acme__B__c") == Known(
        (f"{INVOICE}.Last__c", f"{INVOICE}.acme__B__c")
    )


def test_what_nobody_fills_and_what_a_sync_brings_back_is_hidden_to_no_harm() -> None:
    assert hidden_fields("Note__c", "Zuora__New__c", IsCalculated=True) == Known(())


def test_a_field_of_which_is_not_told_whether_it_is_computed_may_be_filled() -> None:
    assert hidden_fields("Note__c", IsCalculated=None) == Known((f"{INVOICE}.Last__c",))


def test_fields_that_leave_out_what_describes_show_prove_nothing() -> None:
    assert hidden_fields("Id") == Unknown(
        f"it leaves out what describes show, such as {INVOICE}.Note__c"
    )
    rows = [field("Note__c", EntityDefinition=None)]
    for given in ([], rows):
        answers = Answers({"FieldDefinition": given})
        assert read_hidden_fields(answers.salesforce, DESCRIBES) == Unknown(
            f"it leaves out what describes show, such as {INVOICE}"
        )


def test_standard_objects_of_which_the_metadata_has_no_fields_have_none_that_are_hidden() -> None:
    tasks = {"fields": [{"name": "Id"}, {"name": "Of_Activity__c"}]}
    describes = {**DESCRIBES, "Attachment": {"fields": [{"name": "Id"}]}, "Task": tasks}
    answers = Answers({"FieldDefinition": [field("Note__c"), field("Last__c")]})
    found = read_hidden_fields(answers.salesforce, describes)
    assert found == Known((f"{INVOICE}.Last__c",))


def test_fields_that_are_refused_are_unknown() -> None:
    answers = Answers({"FieldDefinition": NO})
    assert read_hidden_fields(answers.salesforce, DESCRIBES) == REFUSED
    assert read_hidden_fields(answers.salesforce, {}) == Known(())
