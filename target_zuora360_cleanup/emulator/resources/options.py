"""How the resources behave: everything except what the org holds and where it is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.resources.credentials import Credentials

__all__ = ["ServiceOptions"]


@dataclass(frozen=True, kw_only=True)
class ServiceOptions:
    """How fast jobs are, and what the allowances are.

    Attributes:
        batch_seconds: How long each internal batch of 10,000 rows takes at least.
        job_seconds: How long a job waits before it starts.
        parallel_jobs: Bulk jobs that are processed at the same time.
        stale_counts: `/limits/recordCount` keeps answering what it answered first.
        allowances: Maxima of daily allowances, by their names in `/limits`.
        credentials: The only ones that logins are let in with; None: all that are well formed.
    """

    batch_seconds: float = 0.0
    job_seconds: float = 0.0
    parallel_jobs: int = 5
    stale_counts: bool = False
    allowances: Mapping[str, int] = field(default_factory=dict)
    credentials: Credentials | None = None
