"""The states in Meltano's state backend, whichever it is, through `meltano state`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.state.stored import StoreFailed

if TYPE_CHECKING:
    from target_zuora360_cleanup.meltano.command import Meltano
    from target_zuora360_cleanup.state.form import State

_KEY: Final = "singer_state"


class MeltanoStates:
    """A store of states. Safe for several threads."""

    def __init__(self, meltano: Meltano) -> None:
        self._meltano = meltano

    def known(self) -> tuple[str, ...]:
        """The ids of all states (`meltano state list`)."""
        lines = self._meltano.run("state", "list").splitlines()
        return tuple(line.strip() for line in lines if line.strip())

    def read(self, state_id: str) -> State | None:
        """What the next run would be given (`meltano state get`); None where there is no state."""
        answer = self._meltano.run("state", "get", "--", state_id).strip()
        try:
            payload: dict[str, Any] = json.loads(answer.rpartition("\n")[2] or "{}")
            return payload[_KEY] if payload else None
        except (ValueError, KeyError, TypeError):
            raise StoreFailed(f"`meltano state get` answered no `{_KEY}`.") from None

    def write(self, state_id: str, state: State) -> None:
        """Replace a state (`meltano state set`); it goes by stdin, since it may be large."""
        given = json.dumps({_KEY: state})
        words = ("state", "set", "--force", "--input-file", "/dev/stdin", "--", state_id)
        self._meltano.run(*words, given=given)
