"""Metrics of a deletion, as the SDK's own targets log them: lines with a point in JSON.

Source: Meltano Singer SDK, "Logging", section "Metrics".
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from singer_sdk.metrics import Metric, Point, Status, Tag, get_metrics_logger, log

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECT, JOB_ID = "object", "job_id"


@dataclass(frozen=True)
class Metrics:
    """Logs what becomes of one object type's rows.

    Attributes:
        object_name: API name.
        operation: `delete` or `hardDelete`.
    """

    object_name: str
    operation: str

    def deleted(self, rows: int) -> None:
        """So many rows are gone."""
        self._log("counter", Metric.RECORD_COUNT, rows)

    @contextmanager
    def job(self, job_id: str) -> Iterator[None]:
        """The time that a Bulk API job takes, in seconds, and whether it ended well."""
        start, status = time.monotonic(), Status.FAILED
        try:
            yield
            status = Status.SUCCEEDED
        finally:
            tags = {JOB_ID: job_id, Tag.STATUS.value: status.value}
            self._log("timer", Metric.JOB_DURATION, time.monotonic() - start, tags)

    def _log(
        self, kind: str, metric: Metric, value: float, more: dict[str, str] | None = None
    ) -> None:
        tags = {OBJECT: self.object_name, Tag.JOB_TYPE.value: self.operation, **(more or {})}
        log(get_metrics_logger(), Point(kind, metric, value, tags))
