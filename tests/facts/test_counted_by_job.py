"""A count that is too much for a query is made by a query job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from target_zuora360_cleanup.facts.counter import Counter
from target_zuora360_cleanup.facts.known import Known, Unknown
from target_zuora360_cleanup.reach import Lookup, Path, Relationship
from target_zuora360_cleanup.salesforce.bulk import Job
from target_zuora360_cleanup.salesforce.errors import ApiError
from tests.facts.answers import Answers

INVOICE, PAYMENT = "Zuora__ZInvoice__c", "Zuora__Payment__c"


@dataclass
class Jobs(Answers):
    """Answers every query with an error, and every job with seven rows."""

    jobs: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def bulk(self) -> Jobs:
        return self

    def create_query(self, soql: str, *, all_rows: bool = False) -> str:
        self.jobs.append((soql, all_rows))
        return "750"

    def wait(self, *_: Any) -> Job:
        return Job("750", "JobComplete", 7, 0, "")


def counted(code: str, *paths: Path, **names: Lookup) -> tuple[dict[Path, Any], Jobs]:
    answers = Jobs({"": ApiError(400, code, "zu viel")})
    lookups = {
        (each.child, each.field): names.get(each.field, Lookup("Up__r", (each.parent,)))
        for each in paths
    }
    return Counter(answers.salesforce, lookups, {}, {}).count(paths), answers


def path(child: str, name: str, root: str = INVOICE) -> Path:
    return Path((Relationship(child, name, root, "cascade"),))


@pytest.mark.parametrize("code", ["OPERATION_TOO_LARGE", "QUERY_TIMEOUT"])
def test_lookups_that_were_counted_together_are_counted_one_by_one(code: str) -> None:
    both = path("Note__c", "A__c"), path("Note__c", "B__c", PAYMENT)
    counts, answers = counted(code, *both)
    assert counts == {both[0]: Known(7), both[1]: Known(7)}
    assert answers.jobs == [
        ("SELECT Id FROM Note__c WHERE A__c != null", False),
        ("SELECT Id FROM Note__c WHERE B__c != null", False),
    ]


@pytest.mark.parametrize("code", ["OPERATION_TOO_LARGE", "QUERY_TIMEOUT"])
def test_archived_rows_are_counted_too(code: str) -> None:
    what = Lookup("What", (INVOICE, PAYMENT, "Account"))
    both = path("Task", "WhatId"), path("Task", "WhatId", PAYMENT)
    counts, answers = counted(code, *both, WhatId=what)
    assert set(counts.values()) == {Known(7)}
    assert all(all_rows and "IsDeleted = false" in soql for soql, all_rows in answers.jobs)


def test_what_was_refused_for_another_reason_is_no_work_for_a_job() -> None:
    way = path("Note__c", "A__c")
    counts, answers = counted("INSUFFICIENT_ACCESS", way)
    assert isinstance(counts[way], Unknown)
    assert answers.jobs == []
