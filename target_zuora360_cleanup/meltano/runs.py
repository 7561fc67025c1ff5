"""Which pipelines run, from the records in Meltano's system database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from target_zuora360_cleanup.meltano.conversation import Conversation


@dataclass(frozen=True)
class PipelineRun:
    """A run of a pipeline, as Meltano has recorded it.

    Attributes:
        started_at: In UTC, as ISO 8601 writes it.
        is_running: Whether it goes on: a run whose heartbeat has stopped for five minutes does not.
    """

    state_id: str
    run_id: str
    started_at: str
    is_running: bool


@dataclass(frozen=True)
class OwnPair:
    """What Meltano's own code says of the run that this process belongs to.

    Attributes:
        command: `run`, `el` or `elt`; blank where the process above this one is not known.
        environment: Meltano's environment, blank where there is none.
        state_id: The id of the pair's own state; blank where there is none or it is not known.
        run_id: The id of this run's record.
        is_recorded: Whether Meltano has a record of this run, at work on that state.
        handed: The state that Meltano gave to the tap; None where it gave none.
        is_handed_known: Whether that could be looked at.
        streams: The streams that the tap's catalog selects; none where that is not known.
        full_refresh: Whether the tap is given no state.
        no_state_update: Whether Meltano stores nothing, and hands out nothing.
        merges: What has a line of stdout merged into the stored state; blank where nothing has.
        force: Whether Meltano was told not to mind others at work.
        state_file: A file that the tap's state comes from in place of the backend.
    """

    command: str = ""
    environment: str = ""
    state_id: str = ""
    run_id: str = ""
    is_recorded: bool = False
    handed: Any = None
    is_handed_known: bool = False
    streams: tuple[str, ...] = ()
    full_refresh: bool = False
    no_state_update: bool = False
    merges: str = ""
    force: bool = False
    state_file: str = ""


def own_pair(conversation: Conversation) -> OwnPair:
    """Ask Meltano which pair this process belongs to.

    Raises:
        MeltanoFailed: It does not tell.
    """
    around = conversation.pipeline
    told = conversation.ask(
        "own", extractor=around.extractor, loader=around.loader, environment=around.environment
    )
    return OwnPair(**{**told, "streams": tuple(told["streams"])})


class MeltanoRuns:
    """The records of runs, in Meltano's system database."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def since(self, state_ids: Sequence[str], moment: datetime) -> tuple[PipelineRun, ...]:
        """Runs of these pipelines that go on or have ended after a moment.

        Raises:
            MeltanoFailed: Meltano does not tell.
        """
        if not state_ids:
            return ()
        told = self._conversation.ask("runs", ids=list(state_ids), since=moment.isoformat())
        return tuple(PipelineRun(**each) for each in told)

    def at_work(self) -> tuple[str, ...]:
        """The ids of all pipelines that run now, whether they have stored a state or not.

        Raises:
            MeltanoFailed: Meltano does not tell.
        """
        return tuple(self._conversation.ask("pipelines"))
