"""Which pipelines run, from the records in Meltano's system database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.meltano.command import MeltanoFailed, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_zuora360_cleanup.meltano.command import Meltano

_SCRIPT: Final = Path(__file__).parent / "inside/runs.py"
_RECENT: Final = "1000"
_NO_RUNS: Final = "No job runs found"


@dataclass(frozen=True)
class PipelineRun:
    """A run of a pipeline, as Meltano has recorded it.

    Attributes:
        started_at: In UTC, as ISO 8601 writes it.
        is_running: Whether it goes on.
    """

    state_id: str
    run_id: str
    started_at: str
    is_running: bool


class MeltanoRuns:
    """Asks Meltano; by a script in its own Python, which knows the heartbeats, or by a command."""

    def __init__(self, meltano: Meltano) -> None:
        self._meltano = meltano

    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        """Runs of these pipelines that go on or have ended after a moment.

        Raises:
            MeltanoFailed: Meltano does not tell.
        """
        python = self._meltano.python
        if not state_ids:
            return ()
        if not python:
            return tuple(self._listed(frozenset(state_ids), moment))
        given = json.dumps({"state_ids": list(state_ids), "since": moment.isoformat()})
        answer = run([python, str(_SCRIPT)], given, self._meltano)
        recorded = _read(answer.rstrip().rpartition("\n")[2])
        return tuple(PipelineRun(**each) for each in recorded)

    def _listed(self, state_ids: frozenset[str], moment: datetime) -> Iterable[PipelineRun]:
        """By a command, in which a run that was killed shows as running for good."""
        words = ("logs", "list", "--format", "json", "--limit", _RECENT)
        answer = self._meltano.run(*words)
        if _NO_RUNS in answer:
            return
        for each in _read(answer[answer.find("{") :])["runs"]:
            ended = each["ended_at"] and datetime.fromisoformat(each["ended_at"])
            running = each["state"] == "RUNNING"
            if each["job_name"] in state_ids and (running or (ended and ended >= moment)):
                yield PipelineRun(each["job_name"], each["log_id"], each["started_at"], running)


def _read(answer: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(answer)
    except ValueError:
        raise MeltanoFailed("Meltano's run records could not be read.") from None
