"""What may be found about the states that a cleanup resets, and the pipelines that own them."""

from __future__ import annotations

from typing import Final

from target_zuora360_cleanup.plan.finding import Code

NO_STATE_NAMED: Final = Code(
    "no-state-named",
    "blocks",
    "no tap, and no state named that could be reset",
    "set `paired_state_ids`, or give `--state`",
)
NOT_STORED: Final = Code(
    "state-not-stored",
    "blocks",
    "nobody is known to store what is written to stdout: a pipe, or `meltano invoke`",
    "`meltano run`; or set `state_is_stored`, where whoever reads stdout stores it",
)
OWN_UNKNOWN: Final = Code(
    "own-state-unknown",
    "blocks",
    "which state is the pipeline's own is not known for sure, or is not the one the tap was given",
    "reset it from outside, with `zuora360 cleanup` and `paired_state_ids`",
)
WOULD_NOT_HOLD: Final = Code(
    "reset-would-not-hold",
    "blocks",
    "the tap takes its state from a file, so that no reset in the backend makes a sync full; or a "
    "flag of Meltano's keeps a line of stdout from replacing what is stored",
    "run without that file or flag",
)
NO_STATE_SENT: Final = Code(
    "no-state-sent",
    "tells",
    "the tap has sent no STATE before this was decided",
    "nothing where the stored state is read; else check that the tap keeps a state",
)
NO_STREAM: Final = Code(
    "rows-without-stream",
    "warns",
    "rows to delete that no stream of the tap brings back; it blocks where kept bookmarks may be "
    "those of their streams",
    "name the bookmarks in `stream_objects`, with an object type or `other`",
    "stream_objects",
    ("blocks",),
)
BOOKMARKS_UNKNOWN: Final = Code(
    "bookmarks-unknown",
    "warns",
    "bookmarks that are kept, and of whose streams nobody knows what they feed; each object type "
    "has others that go",
    "say in `stream_objects` what each of them feeds: an object type, or `other`",
)
STREAMS_UNKNOWN: Final = Code(
    "streams-unknown",
    "tells",
    "rows to delete of which no bookmark is stored and no stream is known: whether a sync brings "
    "them back can't be told",
    "check that the tap selects their streams",
)
GUARDS_DIFFER: Final = Code(
    "guards-differ",
    "warns",
    "the loader and the utility of one Meltano environment have other guards",
    "write them once, as [Settings](settings.md#the-same-for-loader-and-utility) shows",
)
LIMIT_NOT_FILLED: Final = Code(
    "limit-not-filled",
    "blocks",
    "a setting that limits the cleanup, or names states to reset, is written with a variable of "
    "Meltano's that is not there, or is blank; or Meltano does not tell",
    "fill the variable, or leave the setting out",
)
SIBLINGS: Final = Code(
    "states-of-the-same-pair",
    "warns",
    "other states of the same tap and loader in the same environment that are not named",
    "name them in `paired_state_ids` if they load this org",
)
COUSINS: Final = Code(
    "states-of-other-environments",
    "tells",
    "states of the same tap and loader in other environments",
    "name them in `paired_state_ids` if they load this org",
)
ELSEWHERE: Final = Code(
    "runs-elsewhere-unseen",
    "tells",
    "the states are kept where other machines may write them, whose runs can't be seen here",
    "stop syncs on other machines while a cleanup runs; `zuora360 status` finds a reset that was "
    "lost",
)
PARENTS: Final = Code(
    "parent-streams",
    "warns",
    "streams that bring the cleaned ones along as their children are reset with them",
    "nothing",
)
MISSING: Final = Code(
    "paired-state-missing",
    "blocks",
    "a paired state that isn't there",
    "correct the id, or set `create_missing_states`",
)
UNREADABLE: Final = Code(
    "paired-state-unreadable",
    "blocks",
    "a paired state that can't be read or reset",
    "mend what the message says; nothing is deleted without the reset",
)
RUNNING: Final = Code(
    "paired-pipeline-running",
    "blocks",
    "a paired pipeline runs, as Meltano has recorded it",
    "wait or stop it; one that was killed counts for five minutes more",
)
RESET: Final = Code(
    "paired-states",
    "tells",
    "the paired states and the bookmarks that go",
    "nothing",
)
OVERWRITTEN: Final = Code(
    "paired-state-overwritten",
    "warns",
    "after the deletion: a sync has written its bookmarks meanwhile; they are reset again",
    "stop syncs while a cleanup runs",
)
UNSETTLED: Final = Code(
    "paired-state-unsettled",
    "blocks",
    "after the deletion: a state, or whether its pipeline runs, that could not be looked at again",
    "`zuora360 reset` before its next sync",
)
STILL_RUNNING: Final = Code(
    "paired-pipeline-still-running",
    "blocks",
    "after the deletion: a paired pipeline runs that will store its bookmarks over the reset",
    "stop it, then `zuora360 reset`",
)
RAN: Final = Code(
    "paired-pipeline-ran",
    "warns",
    "after the deletion: a paired pipeline was started meanwhile and has ended",
    "stop syncs while a cleanup runs",
)

CODES: Final = (
    NO_STATE_NAMED, NOT_STORED, OWN_UNKNOWN, WOULD_NOT_HOLD, NO_STATE_SENT, NO_STREAM,
    BOOKMARKS_UNKNOWN, STREAMS_UNKNOWN, GUARDS_DIFFER, LIMIT_NOT_FILLED, SIBLINGS, COUSINS,
    ELSEWHERE, PARENTS, MISSING, UNREADABLE, RUNNING, RESET, OVERWRITTEN, UNSETTLED, STILL_RUNNING,
    RAN,
)  # fmt: skip
"""All of them."""
