"""Lists of Bulk jobs, 1,000 a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.bulk_jobs import job_error
from target_zuora360_cleanup.emulator.calls import Answer, Call, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.bulk_jobs import Job
    from target_zuora360_cleanup.emulator.service import Service

__all__ = ["list_page"]

_PATHS = {"V2Ingest": "ingest", "V2Query": "query"}


def list_page(
    service: Service, call: Call, job_type: str, summary: Callable[[Job], dict[str, Any]]
) -> Answer:
    """One page of the jobs of a type, as far as the filters let them through."""
    text = call.query.get("queryLocator", "0")
    if not text.isdecimal():
        raise job_error("InvalidLocator", f"InvalidLocator : {text}")
    jobs, following = service.jobs.page(query=job_type == "V2Query", offset=int(text))
    wanted = call.query.get("jobType", job_type) == job_type
    chunked = call.query.get("isPkChunkingEnabled", "false").lower() == "true"
    url = f"{call.version.url}/jobs/{_PATHS[job_type]}?queryLocator={following}"
    return json_answer(
        {
            "done": following is None,
            "nextRecordsUrl": None if following is None else url,
            "records": [summary(job) for job in jobs if wanted and not chunked],
        }
    )
