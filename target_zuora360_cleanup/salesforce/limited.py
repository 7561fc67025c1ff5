"""Objects of which some users may ask for few rows at once: read by their ids, page after page.

"If not, specify a LIMIT clause of 1,000 records or fewer" (Object Reference, EntitySubscription; of
TopicAssignment 1,100), which is about users without View All Data. Whoever may ask for all is
refused nothing; so all is asked for first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.salesforce.chosen import REST_SOQL, parts_of
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.salesforce.client import Salesforce

LIMITED: Final = frozenset({"EntitySubscription", "TopicAssignment"})
AT_ONCE: Final = 1_000
_REFUSED: Final = "MALFORMED_QUERY"
_MORE: Final = len(f" WHERE Id > '{'0' * 18}' ORDER BY Id LIMIT {AT_ONCE}")


def is_limited(object_name: str, error: ApiError | JobFailed) -> bool:
    """Whether a query of an object may have been refused for asking for too many rows."""
    is_malformed = isinstance(error, JobFailed) or error.code == _REFUSED
    return object_name in LIMITED and is_malformed


def read_in_parts(salesforce: Salesforce, soql: str) -> Iterator[dict[str, Any]]:
    """The rows of a query, by their ids and so many at once as everybody may ask for.

    Args:
        salesforce: Where.
        soql: The query, which selects the ids among others, in no order and without a LIMIT.

    Raises:
        ApiError, requests.RequestException: Salesforce does not tell.
    """
    for part in parts_of(soql, salesforce.rest.chosen, REST_SOQL - _MORE):
        joint, last = (" AND " if " WHERE " in part else " WHERE "), ""
        while True:
            after = f"{joint}Id > '{last}'" if last else ""
            rows = salesforce.rest.query(f"{part}{after} ORDER BY Id LIMIT {AT_ONCE}")
            yield from rows
            if len(rows) < AT_ONCE:
                break
            last = rows[-1]["Id"]
