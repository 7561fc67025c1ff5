"""Bookmarks: what a reset makes of a tap's state, and what holds such states.

`form`, `trim`, `reset`, `paired`, `outcome`, `findings` and their `codes` are pure; what others
need of them is exported here. What reads and writes (`stdout`, `stored` over a `store`: Meltano's
backend or files), who watches other pipelines and what the settings name is imported by module.
Whether a cleanup may begin, and when states are reset, is decided by the stories that use this
room; Meltano itself is left to `meltano`, the words of a report to `report`.
"""

from target_zuora360_cleanup.state.codes import CODES
from target_zuora360_cleanup.state.form import TapState, checked
from target_zuora360_cleanup.state.outcome import KeptState, PairedState, ResetOutcome, StreamReset
from target_zuora360_cleanup.state.paired import expanded, matches, others, reset_of
from target_zuora360_cleanup.state.reset import Reset, StateTracker
from target_zuora360_cleanup.state.trim import without

__all__ = [
    "CODES",
    "KeptState",
    "PairedState",
    "Reset",
    "ResetOutcome",
    "StateTracker",
    "StreamReset",
    "TapState",
    "checked",
    "expanded",
    "matches",
    "others",
    "reset_of",
    "without",
]
