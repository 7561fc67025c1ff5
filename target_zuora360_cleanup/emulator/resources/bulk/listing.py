"""Lists of Bulk jobs, 1,000 a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.resources.bulk.jobs import Job, job_error
from target_zuora360_cleanup.emulator.wire.calls import Answer, Call, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.resources.service import Service

__all__ = ["list_page"]


def list_page(
    service: Service, call: Call, job_type: str, shown: Callable[[Job], dict[str, Any]]
) -> Answer:
    """One page of the jobs of a type, and where the next page is.

    The filters are ``jobType`` and ``isPkChunkingEnabled``; no job here is chunked by the client.
    """
    jobs, following = service.jobs.page(query=job_type == "V2Query", offset=_offset(call))
    other_type = call.query.get("jobType", job_type) != job_type
    chunked = call.query.get("isPkChunkingEnabled", "false").lower() == "true"
    page = [] if other_type or chunked else [shown(job) for job in jobs]
    url = f"{call.path.rstrip('/')}?queryLocator={following}"
    return json_answer(
        {
            "done": following is None,
            "nextRecordsUrl": None if following is None else url,
            "records": page,
        }
    )


def _offset(call: Call) -> int:
    text = call.query.get("queryLocator", "0")
    if not text.isdecimal():
        raise job_error("InvalidLocator", f"InvalidLocator : {text}")
    return int(text)
