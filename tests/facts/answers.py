"""A Salesforce that answers queries by a word in them, and keeps what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from target_zuora360_cleanup.facts.known import Unknown
from target_zuora360_cleanup.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce

NO = ApiError(403, "INSUFFICIENT_ACCESS", "no access")
REFUSED = Unknown("INSUFFICIENT_ACCESS: no access", is_refused=True)
Answer = list[dict[str, Any]] | ApiError


@dataclass
class Answers:
    """Answers by a word that is in a query; the first that fits, else no rows.

    Attributes:
        chosen: None of the billing accounts, so that all are meant.
        asked: The queries so far.
        with_deleted: Those that deleted and archived rows were asked for too.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    with_deleted: list[str] = field(default_factory=list)
    chosen: None = field(default=None, init=False)

    @property
    def rest(self) -> Answers:
        return self

    @property
    def salesforce(self) -> Salesforce:
        """The same as its callers know it."""
        return cast("Salesforce", self)

    def query_each(self, queries: Sequence[str], *, all_rows: Sequence[str] = ()) -> list[Answer]:
        self.with_deleted += all_rows
        return [self._answer(soql) for soql in queries]

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = self._answer(soql)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    tooling_query = query

    def _answer(self, soql: str) -> Answer:
        self.asked.append(soql)
        return next((self.answers[word] for word in self.answers if word in soql), [])
