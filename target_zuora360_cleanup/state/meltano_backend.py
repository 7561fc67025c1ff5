"""The states in Meltano's state backend, whichever it is, through Meltano's own code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_zuora360_cleanup.meltano.command import MeltanoFailed
from target_zuora360_cleanup.meltano.runs import MeltanoRuns
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.meltano.conversation import Conversation
    from target_zuora360_cleanup.state.form import TapState


class MeltanoStates:
    """A store of states. Safe for several threads."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._runs = MeltanoRuns(conversation)

    def known(self) -> tuple[str, ...]:
        """The ids of all states, and of pipelines that run and have stored nothing yet."""
        with store_failures():
            return tuple(dict.fromkeys((*self._conversation.ask("known"), *self._runs.at_work())))

    def read(self, state_id: str) -> TapState | None:
        """What the next run would be given; None where there is no state."""
        with store_failures():
            state: TapState | None = self._conversation.ask("read", id=state_id)["state"]
        return state

    def write(self, state_id: str, state: TapState) -> None:
        """Replace a state."""
        with store_failures():
            self._conversation.ask("write", id=state_id, state=state)

    def close(self) -> None:
        """End the program that answers."""
        self._conversation.end()

    @property
    def is_shared(self) -> bool:
        """Whether other machines may use it without being in the same system database."""
        with store_failures():
            return bool(self._conversation.ask("backend") != "systemdb")


@contextmanager
def store_failures() -> Iterator[None]:
    """Has a failure of Meltano's be one of the store: the same sentence, which blocks a cleanup.

    Raises:
        StoreFailed: Meltano failed.
    """
    try:
        yield
    except MeltanoFailed as exc:
        raise StoreFailed(str(exc)) from None
