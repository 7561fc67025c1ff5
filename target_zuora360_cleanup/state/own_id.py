"""The id of the pair's own state, for a report: asked of Meltano while other work is done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.meltano.command import find_meltano
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.runs import own_pair

if TYPE_CHECKING:
    from target_zuora360_cleanup.meltano.pipeline import Pipeline

__all__ = ["OwnStateId"]


class OwnStateId:
    """Asks Meltano, which alone knows suffixes and ids of a user's own.

    Args:
        pipeline: What Meltano has told this process.
        executable: The path of Meltano, as the user has set it.
    """

    def __init__(self, pipeline: Pipeline, executable: str | None = None) -> None:
        self._pipeline = pipeline
        self._executable = executable
        self._asked: Conversation | None = None

    def begin(self) -> None:
        """Have Meltano get ready, without waiting for it."""
        if not self._pipeline.has_tap:
            return
        try:
            self._asked = Conversation(find_meltano(self._executable, os.environ), self._pipeline)
            self._asked.begin()
        except CleanupError:
            self._asked = None

    def told(self) -> str:
        """The id; blank where Meltano does not tell, or was not begun. Ends what was begun."""
        if self._asked is None:
            return ""
        try:
            return own_pair(self._asked).state_id
        except CleanupError:
            return ""
        finally:
            self.end()

    def end(self) -> None:
        """Let go of Meltano."""
        if self._asked is not None:
            self._asked.end()
            self._asked = None
