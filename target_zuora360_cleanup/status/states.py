"""What each stored state makes of the next sync, and whether the last reset was lost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.state.form import bookmarks_of
from target_zuora360_cleanup.state.judging import judged
from target_zuora360_cleanup.undo.choice import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.meltano.runs import PipelineRun
    from target_zuora360_cleanup.state import KeptState
    from target_zuora360_cleanup.state.outcome import PairedState

Found = dict[str, Any]
_WORDS: Final = {
    "full": "full",
    "incremental": "incremental",
    "partial": "leaves rows out without a word: an earlier run has left exports or a window",
    "skipped": "skips streams without a word: `current_stream` is left over",
    "fails": "fails",
}


def state_found(state: PairedState, names: StreamNames) -> Found:
    """What is told of a state.

    Returns:
        `state_id`, `next_sync` (`full`, `incremental`, `partial`, `skipped` or `fails`), `why` it
        fails, `bookmarks` of streams whose sync is not full, `others` that feed object types that
        are not to be cleaned, and `unknown` bookmarks, of which nobody can say whether they are of
        streams that feed the org.
    """
    stored: Any = state.before
    gone = set(state.reset.gone)
    unknown = [name for name in state.reset.kept if names.is_unknown(name)]
    if isinstance(stored, dict) and isinstance(stored.get("bookmarks"), dict):
        entries = {name: entry for name, entry in stored["bookmarks"].items() if name in gone}
        broken = {name: None for name, each in stored["bookmarks"].items() if each is None}
        stored = {**stored, "bookmarks": {**entries, **broken}}
    found = judged(stored)
    return {
        "state_id": state.state_id,
        "next_sync": found.kind,
        "why": found.fails,
        "bookmarks": [name for name, fate in found.streams.items() if fate != "full"],
        "others": [name for name in state.reset.kept if names.objects(name)],
        "unknown": unknown,
    }


def words_of(found: Found) -> Iterator[str]:
    """The same in lines for a person."""
    rest = ""
    if found["next_sync"] == "full" and found["others"]:
        rest = (
            " of what the settings name; bookmarks of other object types stay: "
            f"{', '.join(found['others'])}"
        )
    names = f": bookmarks of {', '.join(found['bookmarks'])}" if found["bookmarks"] else ""
    why = f": {found['why']}" if found["why"] else names
    but = f", but for bookmarks that nobody knows: {', '.join(found['unknown'])}"
    yield (
        f"State {found['state_id']}: next sync {_WORDS[found['next_sync']]}{rest}{why}"
        f"{but if found['unknown'] else ''}."
    )
    if found.get("reset_lost"):
        yield (
            f"State {found['state_id']}: the reset of the last cleanup was lost. Bookmarks of "
            f"{', '.join(found['reset_lost'])} are there again, and no sync has begun since that "
            "is recorded here. Reset it with `zuora360 reset`, unless a full sync of another "
            "machine has written them."
        )


def lost(
    state: PairedState,
    cleanup: Mapping[str, Any],
    runs: Iterable[PipelineRun],
    put_back: Iterable[KeptState] = (),
) -> list[str]:
    """Bookmarks that a cleanup has reset, and that are there again without a sync since.

    Args:
        state: The state as it is now.
        cleanup: The report of the cleanup.
        runs: Runs that have ended since, or go on.
        put_back: States that an undo of the cleanup has stored.
    """
    if any(
        each.state_id == state.state_id and same(each.written, state.before) for each in put_back
    ):
        return []
    reset = next(_reset_in(cleanup, state.state_id), None)
    begun = [each for each in runs if each.state_id == state.state_id]
    ended = cleanup.get("finished_at") or ""
    if reset is None or any(each.started_at >= ended for each in begun):
        return []
    gone = bookmarks_of(reset["before"]).keys() - bookmarks_of(reset["written"]).keys()
    return sorted(gone & bookmarks_of(state.before).keys())


def has_reset(cleanup: Mapping[str, Any], state_id: str) -> bool:
    """Whether the report of a cleanup says that it has reset a state."""
    return next(_reset_in(cleanup, state_id), None) is not None


def _reset_in(cleanup: Mapping[str, Any], state_id: str) -> Iterator[Mapping[str, Any]]:
    """What a report says of the reset of a state."""
    told = cleanup.get("state") or {}
    for each in (told, *told.get("paired", ())):
        if each.get("state_id") == state_id and each.get("written") is not None:
            yield each
