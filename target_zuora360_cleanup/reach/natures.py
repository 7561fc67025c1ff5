"""Whose rows an object holds: the packages', people's, marks, or what Salesforce keeps itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from target_zuora360_cleanup.catalog.objects import of_package

if TYPE_CHECKING:
    from collections.abc import Mapping

Nature = Literal["package", "people", "mark"]
"""`package`: an object of the packages that is no step; `mark`: rows that carry no content."""

_COMPANIONS: Final = ("Share", "History", "Feed", "Tag", "ChangeEvent")
"""What Salesforce keeps beside each object: `Invoice__Share`, `AccountHistory` (Object Reference,
"Associated Objects")."""
_WRITTEN_ALONE: Final = ("History", "Feed", "ChangeEvent")
"""Those of which nobody may create rows: an object of such a name with rows of people is none."""
_RIGHTS: Final = ("queryable", "createable", "updateable", "deletable")
MARKS: Final = frozenset({
    # follows, topics
    "EntitySubscription", "TopicAssignment",
    # approval and action histories
    "ProcessInstance", "ProcessInstanceNode", "ProcessInstanceStep", "ProcessInstanceWorkitem",
    "RecordAction", "RecordActionHistory",
    # what Salesforce finds out by itself
    "AIInsightValue", "AIRecordInsight", "DuplicateRecordItem", "FlowRecordRelation",
    "NetworkActivityAudit", "NetworkUserHistoryRecent",
})  # fmt: skip
"""Objects whose rows only say something of a record: they go with it and are told."""


WITH_BODY: Final = {"Attachment": "BodyLength"}
"""Objects whose rows have a body that no query gives, and the field with its size in bytes."""


def is_kept_by_salesforce(name: str, summary: Mapping[str, Any] | None) -> bool:
    """Whether an object holds only what Salesforce itself keeps about records, or no rows at all.

    A view such as OpenActivity shows rows of other objects; its describe allows nothing. Rights of
    one user alone (`createable`) prove nothing.

    Args:
        name: API name.
        summary: Of the global describe; None where the object is not shown.
    """
    if name.endswith("__c") or name in MARKS:
        return False
    if _is_companion(name):
        return not (summary and name.endswith(_WRITTEN_ALONE) and summary.get("createable"))
    return summary is not None and not any(summary.get(each, True) for each in _RIGHTS)


def _is_companion(name: str) -> bool:
    head, separator, rest = name.rpartition("__")
    return bool(head) and rest in _COMPANIONS if separator else name.endswith(_COMPANIONS)


def nature_of(name: str) -> Nature:
    """Whose rows they are, of an object that is no step; of one that nobody knows, people's."""
    if of_package(name):
        return "package"
    return "mark" if name in MARKS else "people"
