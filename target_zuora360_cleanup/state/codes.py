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
    "after the deletion: a state that could not be looked at again",
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
    NO_STATE_NAMED, MISSING, UNREADABLE, RUNNING, RESET, OVERWRITTEN, UNSETTLED, STILL_RUNNING, RAN,
)  # fmt: skip
"""All of them."""
