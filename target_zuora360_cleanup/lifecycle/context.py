"""What every run has, whatever its story."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.output.clock import now
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.output.jobs import JobRecord
from target_zuora360_cleanup.output.progress import Progress
from target_zuora360_cleanup.output.timeline import Timeline
from target_zuora360_cleanup.rows.stop import Stop
from target_zuora360_cleanup.salesforce.waits import Waits
from target_zuora360_cleanup.settings.guards import in_force

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from target_zuora360_cleanup.output.progress import ProgressListener
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What every run has. Make it with `Context.begin`.

    Attributes:
        settings: What the user set.
        mode: The settings' mode, or the name of a command that has none, such as `relink`.
        folder: Where the run writes its report and everything else that it leaves.
        started_at: In UTC.
        stop: Set by a signal, or by a test.
        pipeline: The Meltano run around it.
        progress: Follows the rows.
        waits: How long is waited, and for what.
        timeline: When each object type was worked on.
        clock: The time in UTC.
    """

    settings: Settings
    mode: str
    folder: OutputFolder
    started_at: datetime
    stop: Stop
    pipeline: Pipeline
    progress: ProgressListener
    waits: Waits
    timeline: Timeline = field(default_factory=Timeline)
    clock: Callable[[], datetime] = now

    @property
    def jobs(self) -> JobRecord:
        """The record of the jobs that the run makes."""
        return JobRecord.of_run(self.folder.path)

    @classmethod
    def begin(  # noqa: PLR0913 - what every run has
        cls,
        settings: Settings,
        mode: str = "",
        *,
        pipeline: Pipeline | None = None,
        stop: Stop | None = None,
        progress: ProgressListener | None = None,
        waits: Waits | None = None,
    ) -> Context:
        """Begin a run: what guards it is said, and its folder is made.

        Raises:
            InputError: `output_dir` can't be written to.
        """
        mode, started_at = mode or settings.mode, now()
        if said := in_force(settings, mode):
            logger.info("Mode %s. %s", mode, said)
        return cls(
            settings,
            mode,
            OutputFolder.make(settings.output_dir, mode, started_at),
            started_at,
            stop or Stop(),
            pipeline or Pipeline(),
            progress or Progress(),
            waits or Waits(),
        )
