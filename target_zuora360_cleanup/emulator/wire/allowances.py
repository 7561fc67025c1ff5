"""The org's daily allowances: what `/limits` lists and every request spends.

Salesforce counts over a rolling 24 hours; the emulator counts from its start.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["API_REQUESTS", "BULK_BATCHES", "QUERY_JOBS", "QUERY_STORAGE_MB", "Allowances"]

API_REQUESTS = "DailyApiRequests"
BULK_BATCHES = "DailyBulkApiBatches"
QUERY_JOBS = "DailyBulkV2QueryJobs"
QUERY_STORAGE_MB = "DailyBulkV2QueryFileStorageMB"

_DEFAULTS = {
    "ActiveScratchOrgs": 3,
    "AnalyticsExternalDataSizeMB": 40_960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    API_REQUESTS: 100_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyAsyncApexTests": 500,
    BULK_BATCHES: 15_000,
    QUERY_STORAGE_MB: 976_562,
    QUERY_JOBS: 10_000,
    "DailyDurableGenericStreamingApiEvents": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyScratchOrgs": 6,
    "DailyStandardVolumePlatformEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 1_000,
    "DataStorageMB": 10_240,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 10_240,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyODataCallout": 1_000,
    "HourlyPublishedPlatformEvents": 50_000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 1_000,
    "MassEmail": 5_000,
    "PermissionSets": 1_500,
    "SingleEmail": 5_000,
    "StreamingApiConcurrentClients": 20,
}


class Allowances:
    """Name -> maximum and what is left. Safe from several threads."""

    def __init__(self, maxima: Mapping[str, int] | None = None) -> None:
        self._lock = threading.Lock()
        self._max = {**_DEFAULTS, **(maxima or {})}
        self._used = dict.fromkeys(self._max, 0)

    def spend(self, name: str, amount: int = 1) -> bool:
        """Take ``amount``; False, and nothing taken, when less than that is left."""
        with self._lock:
            if self._used[name] + amount > self._max[name]:
                return False
            self._used[name] += amount
            return True

    def override(
        self, name: str, *, maximum: int | None = None, remaining: int | None = None
    ) -> None:
        """Set an allowance's maximum, or what is left of it."""
        with self._lock:
            if maximum is not None:
                self._max[name] = maximum
            if remaining is not None:
                self._max[name] = max(self._max[name], remaining)
                self._used[name] = self._max[name] - remaining

    def usage(self, name: str) -> tuple[int, int]:
        """What is used, and the maximum."""
        with self._lock:
            return self._used[name], self._max[name]

    def names(self) -> frozenset[str]:
        """The allowances that exist."""
        return frozenset(self._max)

    def all(self) -> dict[str, tuple[int, int]]:
        """Every allowance by name: what is used, and the maximum."""
        with self._lock:
            return {name: (self._used[name], self._max[name]) for name in sorted(self._max)}
