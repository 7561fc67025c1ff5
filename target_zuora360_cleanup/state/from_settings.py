"""What resets the states that the settings name, and the pair's own, made from them."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import OBJECTS
from target_zuora360_cleanup.catalog.streams import StreamNames
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.meltano.command import MeltanoFailed, find_meltano
from target_zuora360_cleanup.meltano.conversation import Conversation
from target_zuora360_cleanup.meltano.others import settings_elsewhere, unfilled
from target_zuora360_cleanup.meltano.pipeline import Pipeline, own_plugin
from target_zuora360_cleanup.meltano.runs import MeltanoRuns, own_pair
from target_zuora360_cleanup.settings.guards import differences, guards
from target_zuora360_cleanup.settings.reading import NARROWING
from target_zuora360_cleanup.state.files import StateFiles
from target_zuora360_cleanup.state.findings import (
    guards_differ,
    limits_not_filled,
    limits_not_told,
    not_stored,
)
from target_zuora360_cleanup.state.holders import NoHolder
from target_zuora360_cleanup.state.identity import unknown
from target_zuora360_cleanup.state.meltano_backend import MeltanoStates
from target_zuora360_cleanup.state.stdout import StreamState
from target_zuora360_cleanup.state.stored import Own, StoredStates
from target_zuora360_cleanup.state.watch import RunWatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, TextIO

    from target_zuora360_cleanup.meltano.pipeline import OwnPlugin
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.settings.declared import Settings
    from target_zuora360_cleanup.state.holders import ResetSink

logger = logging.getLogger(__name__)

_OWN: Final = {"plan_file", "paired_state_ids"}
"""Guards that each plugin has of its own: the loader knows its pipeline's state."""
_NOT_BLANK: Final = (*NARROWING, "paired_state_ids")
"""Settings without which a cleanup takes more, or resets less."""


def stream_names(settings: Settings) -> StreamNames:
    """The names that streams and bookmarks may have: the catalogue's and the user's."""
    return StreamNames.of(
        ((kind.api_name, kind.streams) for kind in OBJECTS),
        settings.stream_objects,
        dict(_aliases(settings.stream_maps)),
    )


def _aliases(maps: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Other names that inline maps give to streams, by the tap's name."""
    found = []
    for name, made in maps.items():
        if isinstance(made, dict):
            source = made.get("__source__")
            alias = made.get("__alias__") or (source and name)
            if isinstance(alias, str):
                found.append((str(source or name), alias.strip("'\"")))
    return found


def beside_a_tap(
    settings: Settings, pipeline: Pipeline, out: TextIO
) -> tuple[tuple[ResetSink, ...], StreamState]:
    """What holds the bookmarks of a run beside a tap, and what takes in the tap's state.

    Under Meltano the pair's own state is reset in its state backend, and the line on stdout says
    the same. Elsewhere the line is all there is, and somebody has to answer for it.

    Raises:
        InputError: Meltano can't be found, and has to be asked for paired states.
    """
    names = stream_names(settings)
    if not pipeline.has_tap:
        is_stored = settings.state_is_stored
        doubt = None if is_stored else not_stored(is_invoked=pipeline.is_invoked)
        state = StreamState(out, names, doubt=doubt)
        stored_ones = stored_states(settings, pipeline)
        return (*guards_alone(settings, pipeline), *stored_ones, state), state
    try:
        asked = _begun(settings, pipeline)
    except InputError as exc:
        state = StreamState(out, names, doubt=unknown(str(exc).rstrip(".")))
        return (state,), state
    # (each of the two asks the other, once both are there)
    state = StreamState(out, names, lambda: stored.agreed())  # noqa: PLW0108
    stored = StoredStates(
        MeltanoStates(asked),
        settings.paired_state_ids,
        names,
        lambda _: settings.create_missing_states,
        watch=RunWatch(MeltanoRuns(asked)),
        own=Own(partial(own_pair, asked), pipeline, state.first),
        besides=partial(other_guards, asked, settings),
    )
    return (stored, state), state


def other_guards(asked: Conversation, settings: Settings) -> Iterator[Finding]:
    """Guards that other plugins of this package have otherwise, in the environment of the run.

    And limits of this one that Meltano has left out, since a variable in them is not there.
    """
    if own := own_plugin(os.environ):
        yield from _limits(asked, own)
    here = guards(settings, settings.mode)
    try:
        elsewhere = settings_elsewhere(asked, here.keys())
    except MeltanoFailed as exc:
        logger.warning("Whether loader and utility have the same guards is not known: %s", exc)
        return
    for plugin, found in elsewhere.plugins.items():
        values = {name: value for name, value in found.items() if name not in _OWN}
        if there := differences(settings, settings.mode, values):
            yield guards_differ(plugin, there, here, elsewhere)


def guards_alone(settings: Settings, pipeline: Pipeline) -> tuple[ResetSink, ...]:
    """What says of guards what comes with states of Meltano's, where a plugin asks for none."""
    own = own_plugin(os.environ)
    if own is None or settings.paired_state_ids or settings.mode == "reset":
        return ()
    try:
        asked = _begun(settings, pipeline)
    except InputError as exc:
        why = limits_not_told(own.name, exc)
        return (NoHolder(lambda: [why], lambda: None),)
    return (NoHolder(partial(other_guards, asked, settings), asked.end),)


def _limits(asked: Conversation, own: OwnPlugin) -> Iterator[Finding]:
    try:
        yield from limits_not_filled(own.name, unfilled(asked, own, _NOT_BLANK))
    except MeltanoFailed as exc:
        yield limits_not_told(own.name, exc)


def _begun(settings: Settings, pipeline: Pipeline) -> Conversation:
    """Meltano, getting ready while the org is looked at."""
    asked = Conversation(find_meltano(settings.meltano_executable, os.environ), pipeline)
    with suppress(MeltanoFailed):  # (it is told where something is asked)
        asked.begin()
    return asked


def meltano_states(settings: Settings, pipeline: Pipeline) -> tuple[MeltanoStates, RunWatch]:
    """Meltano's states, and who watches the runs that write them.

    Raises:
        InputError: Meltano can't be found.
    """
    asked = _begun(settings, pipeline)
    return MeltanoStates(asked), RunWatch(MeltanoRuns(asked))


def stored_states(
    settings: Settings, pipeline: Pipeline | None = None, files: Sequence[str] = ()
) -> tuple[StoredStates, ...]:
    """The paired states, and those in files; each kind is reset as one.

    Args:
        settings: What the user set.
        pipeline: What Meltano has told this process.
        files: Paths of files with Singer state.

    Raises:
        InputError: Meltano can't be found.
    """
    names = stream_names(settings)
    may_create = settings.create_missing_states
    made = []
    if settings.paired_state_ids:
        asked = _begun(settings, pipeline or Pipeline())
        watch = RunWatch(MeltanoRuns(asked))
        made.append(
            StoredStates(
                MeltanoStates(asked),
                settings.paired_state_ids,
                names,
                lambda _: may_create,
                watch=watch,
                besides=partial(other_guards, asked, settings),
            )
        )
    if files:
        store = StateFiles(files)
        made.append(StoredStates(store, files, names, lambda _: may_create, place="file"))
    return tuple(made)
