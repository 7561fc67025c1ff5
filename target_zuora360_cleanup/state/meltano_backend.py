"""The states in Meltano's state backend, whichever it is, through `meltano state`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.meltano.command import MeltanoFailed
from target_zuora360_cleanup.state.store import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.meltano.command import Meltano
    from target_zuora360_cleanup.state.form import TapState

_KEY: Final = "singer_state"


class MeltanoStates:
    """A store of states. Safe for several threads."""

    def __init__(self, meltano: Meltano) -> None:
        self._meltano = meltano

    def _run(self, *words: str, given: str = "") -> str:
        with store_failures():
            return self._meltano.run("state", *words, given=given)

    def known(self) -> tuple[str, ...]:
        """The ids of all states (`meltano state list`)."""
        lines = self._run("list").splitlines()
        return tuple(line.strip() for line in lines if line.strip())

    def read(self, state_id: str) -> TapState | None:
        """What the next run would be given (`meltano state get`); None where there is no state."""
        answer = self._run("get", "--", state_id).strip()
        try:
            payload: dict[str, Any] = json.loads(answer.rpartition("\n")[2] or "{}")
            return payload[_KEY] if payload else None
        except (ValueError, KeyError, TypeError):
            raise StoreFailed(f"`meltano state get` answered no `{_KEY}`.") from None

    def write(self, state_id: str, state: TapState) -> None:
        """Replace a state (`meltano state set`); it goes by stdin, since it may be large."""
        given = json.dumps({_KEY: state})
        words = ("set", "--force", "--input-file", "/dev/stdin", "--", state_id)
        self._run(*words, given=given)


@contextmanager
def store_failures() -> Iterator[None]:
    """Has a failure of Meltano's be one of the store: the same sentence, which blocks a cleanup.

    Raises:
        StoreFailed: A command of Meltano's failed.
    """
    try:
        yield
    except MeltanoFailed as exc:
        raise StoreFailed(str(exc)) from None
