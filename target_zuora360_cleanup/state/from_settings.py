"""What resets the states that the settings name, made from them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.meltano.command import find_meltano
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.meltano.runs import MeltanoRuns
from target_zuora360_cleanup.state.files import StateFiles
from target_zuora360_cleanup.state.meltano_backend import MeltanoStates
from target_zuora360_cleanup.state.paired import matches
from target_zuora360_cleanup.state.stored import StoredStates
from target_zuora360_cleanup.state.watch import RunWatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.settings.declared import Settings


def stream_names(settings: Settings) -> StreamNames:
    """The names that streams and bookmarks may have: the catalogue's and the user's."""
    return StreamNames.of(
        ((kind.api_name, kind.streams) for kind in OBJECTS), settings.stream_objects
    )


def is_own_state_paired(settings: Settings, pipeline: Pipeline) -> bool:
    """Whether the paired states are also that of the Meltano run that this process belongs to."""
    return bool(pipeline.state_id) and matches(pipeline.state_id, settings.paired_state_ids)


def stored_states(
    settings: Settings, pipeline: Pipeline | None = None, files: Sequence[str] = ()
) -> tuple[StoredStates, ...]:
    """The paired states, and those in files; each kind is reset as one.

    Args:
        settings: What the user set.
        pipeline: The Meltano run that this process belongs to.
        files: Paths of files with Singer state.

    Raises:
        InputError: Meltano can't be found.
    """
    pipeline = pipeline or Pipeline()
    names = stream_names(settings)
    may_create = settings.create_missing_states
    made = []
    if settings.paired_state_ids:
        meltano = find_meltano(settings.meltano_executable, os.environ)
        made.append(
            StoredStates(
                MeltanoStates(meltano),
                settings.paired_state_ids,
                names,
                # (A pipeline that has never run has no state: no mistake in a name.)
                lambda state_id: may_create or state_id == pipeline.state_id,
                RunWatch(MeltanoRuns(meltano), pipeline),
            )
        )
    if files:
        made.append(StoredStates(StateFiles(), files, names, lambda _: may_create))
    return tuple(made)
