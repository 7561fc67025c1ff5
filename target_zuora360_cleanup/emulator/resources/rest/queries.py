"""SOQL over REST: query, queryAll, Tooling queries, and the pages that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.resources.rest.columns import described_columns
from target_zuora360_cleanup.emulator.soql.object_limits import METADATA
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from target_zuora360_cleanup.emulator.wire.routing import Route

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.org.org import QueryResult
    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["ROUTES"]

_BATCH, _SMALLEST, _LARGEST = 2_000, 200, 2_000
_NARROW = 4_000
"""Characters that a row of a full batch may have."""


def query(service: Service, call: Call) -> Answer:
    """The first batch of a query's records, or its columns."""
    return _query(service, call, "query")


def query_all(service: Service, call: Call) -> Answer:
    """The same, with deleted records that are still in the recycle bin."""
    return _query(service, call, "queryAll", all_rows=True)


def tooling_query(service: Service, call: Call) -> Answer:
    """A query on the objects of the Tooling API."""
    return _query(service, call, "tooling/query", tooling=True)


def following(service: Service, call: Call) -> Answer:
    """A later batch, by the locator in ``nextRecordsUrl``."""
    key, _, offset = call.params["locator"].rpartition("-")
    if not offset.isdecimal():
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    result, size = service.cursors.find(key)
    path = "queryAll" if "/queryall/" in call.path.lower() else "query"
    return _batch(call, result, int(offset), size, f"{path}/{key}")


def _query(
    service: Service, call: Call, path: str, *, all_rows: bool = False, tooling: bool = False
) -> Answer:
    soql = call.query.get("q")
    if not soql:
        raise SalesforceError("MALFORMED_QUERY", "SOQL query cannot be empty")
    if (refusal := service.faults.on_query(soql)) is not None:
        raise refusal
    result = service.org.query(soql, all_rows=all_rows, tooling=tooling)
    if call.query.get("columns", "").lower() == "true":
        with result:
            return json_answer(described_columns(service.org.schema, result))
    size = min(_batch_size(call), _fitting(result.width))
    single = "Aggregate query" if result.is_aggregate else result.object_name
    one_batch = result.is_aggregate or result.object_name in METADATA
    if one_batch and not result.is_count and result.total > size:
        result.close()
        raise _no_locator(single)
    key = service.cursors.keep(result, size) if result.total > size else ""
    return _batch(call, result, 0, size, f"{path}/{key}")


def _no_locator(single: str) -> SalesforceError:
    """Groups ("Considerations for GROUP BY") and metadata come in one batch or not at all."""
    text = (
        f"{single} does not support queryMore(), use LIMIT to restrict the results to a single "
        "batch"
    )
    return SalesforceError("EXCEEDED_ID_LIMIT", text)


def _batch(call: Call, result: QueryResult, offset: int, size: int, path: str) -> Answer:
    if result.is_count:
        return json_answer({"totalSize": result.total, "done": True, "records": []})
    end = offset + size
    answer: dict[str, Any] = {"totalSize": result.total, "done": end >= result.total}
    if not answer["done"]:
        answer["nextRecordsUrl"] = f"{call.version.url}/{path}-{end}"
    return json_answer({**answer, "records": result.records(offset, size)})


def _batch_size(call: Call) -> int:
    """The size that the client wishes, within Salesforce's bounds."""
    for option in call.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.partition("=")
        if name.strip().lower() == "batchsize" and value.strip().isdecimal():
            return min(max(int(value), _SMALLEST), _LARGEST)
    return _BATCH


def _fitting(width: int) -> int:
    """How many rows fit in a batch: wide ones are sent in smaller batches."""
    return min(max(_BATCH * _NARROW // max(width, 1), _SMALLEST), _BATCH)


_BASE = "/services/data/{version}"
ROUTES = (
    Route("GET", f"{_BASE}/query", query, "query"),
    Route("GET", f"{_BASE}/queryAll", query_all, "query"),
    Route("GET", f"{_BASE}/query/{{locator}}", following, "query"),
    Route("GET", f"{_BASE}/queryAll/{{locator}}", following, "query"),
    Route("GET", f"{_BASE}/tooling/query", tooling_query, "tooling"),
    Route("GET", f"{_BASE}/tooling/query/{{locator}}", following, "tooling"),
)
