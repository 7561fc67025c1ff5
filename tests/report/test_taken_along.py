"""How the rows that went along are told."""

from __future__ import annotations

from target_zuora360_cleanup.reach import Path, Relationship
from target_zuora360_cleanup.report.taken_along import TakenAlong


def way(child: str, parent: str) -> Path:
    return Path((Relationship(child, "Of__c", parent, "cascade"),))


def test_rows_of_one_object_that_went_with_several_are_one_line() -> None:
    deep = Path(
        (*way("Call__c", "B__c").links, Relationship("Note__c", "Call__c", "Call__c", "cascade"))
    )
    gone = {
        way("Note__c", "B__c"): 3, way("Note__c", "A__c"): 4, deep: None, way("Call__c", "B__c"): 1,
        way("Remark__c", "B__c"): None, way("Task", "B__c"): 0,
    }  # fmt: skip
    assert [str(each) for each in TakenAlong(None, gone).lines()] == [
        "ALONG 1 row of Call__c went with B__c: Call__c.Of__c",
        "ALONG at least 7 rows of Note__c went with A__c, B__c",
        "ALONG an unknown number of rows of Remark__c went with B__c: Remark__c.Of__c",
    ]
