"""Bulk API 2.0: query and ingest jobs, page by page and in constant memory.

Own code, because simple-salesforce's `bulk2` aborts the server's job on one failed poll and holds
whole files in memory. Facts: Bulk API 2.0 and Bulk API Developer Guide.
"""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from requests import RequestException

from target_zuora360_cleanup.salesforce.asking import ask, ask_until_read, nothing
from target_zuora360_cleanup.salesforce.attempts import attempts
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, is_passing
from target_zuora360_cleanup.salesforce.polling import Pace
from target_zuora360_cleanup.salesforce.results import read_column, read_rows
from target_zuora360_cleanup.salesforce.shapes import JOB, JOBS
from target_zuora360_cleanup.salesforce.waits import Waits
from target_zuora360_cleanup.salesforce.whole import compare_all, read_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_zuora360_cleanup.salesforce.csv_file import CsvFile
    from target_zuora360_cleanup.salesforce.session import OrgSession

MULTIPART_CHARACTERS: Final = 100_000
"""Up to here a job is created, filled and closed in one request."""
TERMINAL: Final = frozenset({"JobComplete", "Failed", "Aborted"})
"""States that do not change any more; a job in any other one may still be at work."""


@dataclass(frozen=True)
class Job:
    """What Salesforce says of a job.

    Attributes:
        is_counted: Whether it says how many rows it has processed; `processed` is 0 if not.
    """

    id: str
    state: str
    processed: int
    failed: int
    error: str
    is_counted: bool = True

    @classmethod
    def of(cls, info: dict[str, Any]) -> Job:
        """Read a job info body."""
        return cls(
            info["id"],
            info["state"],
            int(info.get("numberRecordsProcessed") or 0),
            int(info.get("numberRecordsFailed") or 0),
            info.get("errorMessage") or "",
            info.get("numberRecordsProcessed") is not None,
        )

    @property
    def ended(self) -> bool:
        """Whether its state will not change any more."""
        return self.state in TERMINAL


@dataclass(frozen=True)
class ListedJob:
    """An ingest job as the list of jobs has it."""

    id: str
    object: str
    operation: str
    state: str
    user_id: str


@dataclass(frozen=True)
class Ingest:
    """What an ingest job shall do.

    Attributes:
        object: API name.
        operation: Such as `delete` or `upsert`.
        key: The external id field by which an upsert finds its rows.
    """

    object: str
    operation: str
    key: str = ""

    @property
    def body(self) -> dict[str, str]:
        """The request that creates the job."""
        key = {"externalIdFieldName": self.key} if self.key else {}
        return {
            "object": self.object,
            "operation": self.operation,
            "contentType": "CSV",
            "lineEnding": "LF",
            **key,
        }


class Bulk:
    """The Bulk API 2.0 of one org.

    Args:
        session: The session to send with.
        data_url: URL of the data resources of the API version.
        pause: Waits that many seconds; may raise to give a wait up.
        waits: How long is waited before a job is asked again, and for an answer.
    """

    def __init__(
        self,
        session: OrgSession,
        data_url: str,
        *,
        pause: Callable[[float], None] = time.sleep,
        waits: Waits | None = None,
    ) -> None:
        self._session = session
        self._url = f"{data_url}/jobs"
        self._pause = pause
        self._waits = waits or Waits()
        self._polling = self._waits.polling

    def create_query(self, soql: str, *, all_rows: bool = False) -> str:
        """Start a query job, of deleted and archived rows too if wanted; its id."""
        body = {"operation": "queryAll" if all_rows else "query", "query": soql}
        # (a second one would read the same, to nobody's harm)
        return self._created("query", repeatable=True, json=body)

    def create_ingest(self, ingest: Ingest) -> str:
        """Open an ingest job; its id."""
        return self._created("ingest", json=ingest.body)

    def create_filled(self, ingest: Ingest, rows: CsvFile) -> str:
        """Create, fill and close an ingest job in one request; its id.

        Args:
            ingest: What to do.
            rows: CSV of at most `MULTIPART_CHARACTERS`.
        """
        parts: dict[str, tuple[str | None, str | bytes, str]] = {
            "job": (None, json.dumps(ingest.body), "application/json"),
            "content": ("content", b"".join(rows), "text/csv"),
        }
        return self._created("ingest", files=parts)

    def _created(self, kind: str, *, repeatable: bool = False, **sent: Any) -> str:  # noqa: ANN401 - handed on
        url = f"{self._url}/{kind}"
        return str(ask(self._session, "POST", url, JOB, repeatable=repeatable, **sent)["id"])

    def upload(self, job_id: str, rows: CsvFile) -> None:
        """Fill an open ingest job with CSV; there is one upload a job."""
        url, headers = f"{self._url}/ingest/{job_id}/batches", {"Content-Type": "text/csv"}
        ask_until_read(
            self._session, "PUT", url, nothing, repeatable=False, data=rows, headers=headers
        )

    def close(self, job_id: str) -> None:
        """Say that the upload is complete: Salesforce starts to work on it.

        Where the answer got lost, the job itself says whether it was closed.
        """
        try:
            self._patch(job_id, "UploadComplete")
        except (ApiError, RequestException):
            if self.job("ingest", job_id).state == "Open":
                raise

    def abort(self, job_id: str) -> None:
        """Have an ingest job stopped."""
        self._patch(job_id, "Aborted")

    def _patch(self, job_id: str, state: str) -> None:
        url = f"{self._url}/ingest/{job_id}"
        ask(self._session, "PATCH", url, JOB, json={"state": state})

    def job(self, kind: str, job_id: str) -> Job:
        """The state of a `query` or `ingest` job."""
        return Job.of(ask(self._session, "GET", f"{self._url}/{kind}/{job_id}", JOB))

    def listed(self) -> Iterator[ListedJob]:
        """All ingest jobs of the Bulk API 2.0 that the org still knows, page by page."""
        url = f"{self._url}/ingest?jobType=V2Ingest"
        host = self._url.partition("/services/")[0]
        while url:
            page = ask(self._session, "GET", url, JOBS)
            for each in page["records"]:
                yield ListedJob(
                    each["id"],
                    each["object"],
                    each["operation"],
                    each["state"],
                    each["createdById"],
                )
            following = None if page["done"] else page["nextRecordsUrl"]
            url = f"{host}{following}" if following else ""

    def wait(
        self, kind: str, job_id: str, rows: int = 0, on_poll: Callable[[Job], None] | None = None
    ) -> Job:
        """Poll a job until it has ended.

        Args:
            kind: `query` or `ingest`.
            job_id: Id of the job.
            rows: About how many it has to do, where that is known.
            on_poll: Is told what Salesforce says in between.

        Raises:
            JobFailed: It ended `Failed` or `Aborted`.
            ApiError, requests.RequestException: Salesforce says nothing of it any more.
        """
        start, pace = time.monotonic(), Pace(rows)
        self._pause(self._polling.wait(0))
        while not (job := self._answer(kind, job_id)).ended:
            if on_poll:
                on_poll(job)
            elapsed = time.monotonic() - start
            self._pause(self._polling.wait(elapsed, pace.needs(elapsed, job.processed)))
        if job.state != "JobComplete":
            raise JobFailed(job.id, job.state, job.error)
        return job

    def _answer(self, kind: str, job_id: str) -> Job:
        """The state of a job, asked for until Salesforce tells it: an outage stops no job."""
        start = time.monotonic()
        while True:
            try:
                return self.job(kind, job_id)
            except (ApiError, RequestException) as exc:
                if not is_passing(exc) or time.monotonic() - start > self._waits.outage:
                    raise
            self._pause(self._polling.wait(time.monotonic() - start))

    def pages(
        self, job_id: str, page_rows: int, rows: int | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The result of a query job: pages that are whole, each as blocks of CSV.

        Every page begins with the header row, and is to be read to its end before the next. One
        that comes short is read again before anybody has it.

        Args:
            job_id: A job that has ended.
            page_rows: How many rows a page holds at most.
            rows: How many the job says that it has read (`numberRecordsProcessed`), if it does.

        Raises:
            ShortResult: A page, or all of them together, stay short.
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        locator, came = None, 0
        url = f"{self._url}/query/{job_id}/results"
        while True:
            params = {"maxRecords": str(page_rows)} | ({"locator": locator} if locator else {})
            again = attempts(self._waits.rounds, self._pause)
            page, locator = read_whole(self._session, url, params, again)
            with closing(page):
                came += page.rows
                yield iter(page)
            if not locator:
                return compare_all(came, rows, is_end=locator is not None)

    def failed_rows(self, job_id: str) -> Iterator[dict[str, str]]:
        """The rows of an ingest job that failed: `sf__Id`, `sf__Error` and the columns sent.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell them.
        """
        url = f"{self._url}/ingest/{job_id}/failedResults"
        return read_rows(self._session, url, ("sf__Id", "sf__Error"))

    def done(self, job_id: str, key: str) -> list[str]:
        """What is in a column of the rows that an ingest job has done.

        Raises:
            ApiError, requests.RequestException: Salesforce does not tell them.
        """
        url = f"{self._url}/ingest/{job_id}/successfulResults"
        return read_column(self._session, url, key)

    def keys(self, job_id: str, key: str) -> Iterator[str]:
        """What is in a column of the rows that an ingest job was given, whatever became of them.

        Args:
            job_id: A job that has ended.
            key: The column, such as `Id`.
        """
        for results in ("successfulResults", "failedResults", "unprocessedrecords"):
            url = f"{self._url}/ingest/{job_id}/{results}"
            yield from (row[key] for row in read_rows(self._session, url, (key,)))
