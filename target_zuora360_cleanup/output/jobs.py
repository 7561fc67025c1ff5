"""Which jobs the runs with one output folder have made in Salesforce.

A list of jobs names their user, and other programs may work as the same one: what is in no file
here is not known to be ours.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from target_zuora360_cleanup.output.private import open_file

logger = logging.getLogger(__name__)

FILE: Final = "jobs.txt"


@dataclass(frozen=True)
class JobRecord:
    """The ids of jobs, one a line in `jobs.txt` of each run's folder. Safe for several threads.

    Attributes:
        output: The folder of all runs' folders; None where nobody keeps a record.
        own: This run's folder; None for one that makes no jobs.
    """

    output: Path | None = None
    own: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @classmethod
    def of_run(cls, folder: Path) -> JobRecord:
        """The record that a run keeps in its folder."""
        return cls(folder.parent, folder)

    @classmethod
    def read_only(cls, output_dir: str) -> JobRecord:
        """What the runs with an output folder have kept."""
        return cls(Path(output_dir).expanduser())

    def note(self, job_id: str) -> None:
        """A job was made. Where it can't be noted, a later run will leave it alone."""
        if self.own is None:
            return
        try:
            with self._lock, open_file(self.own / FILE, "a", encoding="utf-8") as file:
                file.write(f"{job_id}\n")
        except OSError as exc:
            logger.warning("Job %s can't be noted: %s.", job_id, exc.strerror or exc)

    def known(self) -> frozenset[str]:
        """The ids of all jobs that were noted, by whichever run."""
        return frozenset(self._read()) if self.output else frozenset()

    def _read(self) -> set[str]:
        ids: set[str] = set()
        for path in self.output.glob(f"*/{FILE}") if self.output else ():
            try:
                ids.update(path.read_text(encoding="utf-8").split())
            except (OSError, ValueError) as exc:
                logger.warning("%s can't be read (%s): its jobs are left alone.", path, exc)
        return ids
