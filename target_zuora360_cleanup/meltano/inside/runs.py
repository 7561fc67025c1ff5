"""Prints the runs of some pipelines from Meltano's run records: JSON on the last line.

Reads `{"state_ids": [...], "since": "<ISO 8601>"}` from stdin. Meltano has no command that tells
heartbeats (4.4), without which a run that was killed counts as running for good.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import datetime
from typing import Any

from meltano.core.db import project_engine
from meltano.core.job.job import Job, State
from meltano.core.project import Project


def main() -> None:
    """Answer what stdin asks."""
    wanted = json.load(sys.stdin)
    _, make_session = project_engine(Project.find())
    with closing(make_session()) as session:
        jobs = session.query(Job).filter(Job.job_name.in_(wanted["state_ids"]))
        moment = datetime.fromisoformat(wanted["since"])
        found = [_recorded(job) for job in jobs if _concerns(job, moment)]
    # (Meltano's own log may be on stdout too.)
    sys.stdout.write(f"\n{json.dumps(found)}\n")


def _concerns(job: Job, moment: datetime) -> bool:
    """Whether it runs or has ended later; edits of a state are recorded as runs too."""
    if job.state is State.STATE_EDIT:
        return False
    return _is_running(job) or (job.ended_at is not None and job.ended_at >= moment)


def _is_running(job: Job) -> bool:
    return job.is_running() and not job.is_stale()


def _recorded(job: Job) -> dict[str, Any]:
    return {
        "state_id": job.job_name,
        "run_id": str(job.run_id),
        "started_at": job.started_at.isoformat(),
        "is_running": _is_running(job),
    }


if __name__ == "__main__":
    main()
