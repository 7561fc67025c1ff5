"""Ways down from a record that is deleted."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.reach import Path, Relationship

NOTE = Relationship("Note__c", "Of__c", "Zuora__ZInvoice__c", "cascade")
LINE = Relationship("Line__c", "Note__c", "Note__c", "restrict")


def test_a_way_says_where_it_begins_and_what_is_done_at_its_end() -> None:
    path = Path((NOTE,)).then(LINE)
    assert path.links == (NOTE, LINE)
    assert (path.root, path.parent, path.child) == ("Zuora__ZInvoice__c", "Note__c", "Line__c")
    assert (path.field, path.on_delete, path.name) == ("Note__c", "restrict", "Line__c.Note__c")
    assert path.words == "Line__c.Note__c below Note__c.Of__c"


def test_a_way_comes_to_rows_that_go_with_the_record_at_its_root() -> None:
    assert Path((NOTE, LINE)).as_one == Relationship(
        "Line__c", "Note__c", "Zuora__ZInvoice__c", "cascade"
    )


def test_a_way_of_one_relationship_is_named_for_it() -> None:
    path = Path((NOTE,))
    assert (path.root, path.parent) == ("Zuora__ZInvoice__c", "Zuora__ZInvoice__c")
    assert path.words == path.name == "Note__c.Of__c"


@pytest.mark.parametrize(
    ("child", "nature"), [("zqu__Quote__c", "package"), ("Task", "people"),
                          ("TopicAssignment", "mark"), ("Line__c", "people")],
)  # fmt: skip
def test_the_rows_at_its_end_say_whose_they_are(child: str, nature: str) -> None:
    assert Path((NOTE, Relationship(child, "F", "Note__c", "cascade"))).nature == nature
