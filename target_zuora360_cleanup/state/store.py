"""What a place that keeps states can do, whichever it is: Meltano's backend, or files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from target_zuora360_cleanup.errors import CleanupError

if TYPE_CHECKING:
    from target_zuora360_cleanup.state.form import TapState


class StoreFailed(CleanupError):
    """A state can't be read or written."""


class Store(Protocol):
    """Where states are kept. Its methods are called from several threads at once."""

    @property
    def is_shared(self) -> bool:
        """Whether others may write it whose runs nobody here can see.

        Raises:
            StoreFailed: That can't be told.
        """

    def close(self) -> None:
        """Let go of what was held open; it may be asked again."""

    def known(self) -> tuple[str, ...]:
        """The ids of all states.

        Raises:
            StoreFailed: They can't be listed.
        """

    def read(self, state_id: str) -> TapState | None:
        """A state; None where there is none of this id.

        Raises:
            StoreFailed: It can't be read.
        """

    def write(self, state_id: str, state: TapState) -> None:
        """Store a state in place of the one that is there.

        Raises:
            StoreFailed: It can't be written.
        """
