"""Which cleanups an undo takes back: one, and those before it that it has only finished. Pure.

A cleanup that was killed is run again, and then the state that the last one found is the reset of
the first. Where a state is still the one that the cleanup before has left there, no sync has run in
between: both are taken back as one, to the state that the first has found.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from target_zuora360_cleanup.errors import InputError, Refused
from target_zuora360_cleanup.plan.way_back import BIN_DAYS
from target_zuora360_cleanup.state.form import copied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.state import KeptState
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.undo.source import Cleanup


@dataclass(frozen=True)
class Chain:
    """The cleanups that are taken back together, the newest first; at least one."""

    cleanups: tuple[Cleanup, ...]

    @property
    def deleted(self) -> Counter[str]:
        """How many rows they have deleted, by object, as far as their reports say.

        Raises:
            InputError: See `Cleanup.deleted`.
        """
        found = Counter[str]()
        for each in self.cleanups:
            found.update(each.deleted)
        return found

    @property
    def newest(self) -> Cleanup:
        """The last of them."""
        return self.cleanups[0]

    @property
    def states(self) -> tuple[KeptState, ...]:
        """Each state as the first cleanup has found it, and as the last has left it."""
        first: dict[tuple[str, str], KeptState] = {}
        for cleanup in self.cleanups:
            for each in cleanup.states:
                key = each.place, each.state_id
                newer = first.get(key)
                first[key] = replace(newer, before=each.before) if newer else each
        return tuple(first.values())

    def is_ours(self, state: KeptState, stored: TapState | None) -> bool:
        """Whether what is stored is what the cleanup has left there, or an undo of it."""
        done = (each.written for each in self.newest.put_back if same_place(each, state))
        return any(same(stored, each) for each in (state.written, *done))


def same_place(one: KeptState, other: KeptState) -> bool:
    """Whether two are of the same state."""
    return (one.place, one.state_id) == (other.place, other.state_id)


def same(one: TapState | None, other: TapState | None) -> bool:
    """Whether two states are the same, however their numbers were read."""
    return (one is None and other is None) or (
        one is not None and other is not None and copied(one) == copied(other)
    )


def choose(known: Sequence[Cleanup], given: Cleanup | None, info: OrgInfo) -> Chain | None:
    """The newest cleanup of this org, or the one that is named, with those that it has finished.

    Args:
        known: All there are, the newest first.
        given: The one that is named.
        info: Which org it is.

    Returns:
        None where every one is taken back already.

    Raises:
        InputError: There are none.
        Refused: There is none of this org, or a later one has gone on with it.
    """
    if given is None and not known:
        raise InputError("output_dir holds no cleanup that could be taken back. Name its folder.")
    own = [each for each in ([given] if given else known) if info.has_id(each.org_id)]
    if not own:
        orgs = ", ".join(sorted({each.org_id for each in ([given] if given else known)}))
        raise Refused(
            f"The login leads to {info.name}, {info.id}, but the cleanup was of {orgs}. Check "
            "which org the credentials belong to."
        )
    # (one without a state was killed before its reset, and has deleted nothing)
    first = next((each for each in own if given or (each.states and not each.is_done)), None)
    if first and (later := _later(first, known, info)):
        raise Refused(
            f"A later cleanup has gone on with that of {first.folder}: {later.folder}. Name that "
            "one, which takes the earlier one along, or none."
        )
    return Chain(tuple(_chain(first, known, info))) if first else None


def gone_on_with(cleanup: Cleanup, known: Sequence[Cleanup], info: OrgInfo) -> tuple[Cleanup, ...]:
    """The cleanups that one has only finished, the newest first: nobody has synced in between.

    Args:
        cleanup: Which one.
        known: All there are, the newest first.
        info: Which org it is.
    """
    return tuple(_chain(cleanup, known, info))[1:]


def _chain(first: Cleanup, known: Sequence[Cleanup], info: OrgInfo) -> Iterator[Cleanup]:
    yield first
    last = first
    for each in known:
        is_older = each.age < last.age and info.has_id(each.org_id)
        if not (first.age[0] and is_older and each.states):
            continue
        if each.is_done or each.backup == "none" or not _follows(last, each):
            return
        yield each
        last = each


def _later(first: Cleanup, known: Sequence[Cleanup], info: OrgInfo) -> Cleanup | None:
    """A later cleanup whose rows the state of an earlier one would be wrong without.

    Of one whose folder was renamed nobody can tell which are later, so each counts.
    """
    return next(
        (
            each
            for each in known
            if (each.age > first.age or not first.age[0]) and info.has_id(each.org_id)
            if not each.is_done and _follows(each, first)
        ),
        None,
    )


def _follows(later: Cleanup, earlier: Cleanup) -> bool:
    """Whether nobody has written the states between two cleanups, as far as they have the same."""
    pairs = [
        (one, other) for one in later.states for other in earlier.states if same_place(one, other)
    ]
    return bool(pairs) and all(
        same(one.before, other.written) or same(one.before, other.before) for one, other in pairs
    )


def refuse(chain: Chain) -> None:
    """Refuse what can't be taken back.

    Raises:
        Refused: With the reason, and what can be done.
    """
    newest = chain.newest
    if any(each.is_running for each in chain.cleanups):
        raise Refused(f"The cleanup of {newest.folder} still runs. Wait for its end, or stop it.")
    if newest.is_hard:
        raise Refused(
            f"The cleanup of {newest.folder} was a hard delete, which skips the recycle bin: "
            "nothing is left to take back. The next sync, which is a full one, brings the records."
        )
    if newest.backup == "none":
        raise Refused(
            f"The cleanup of {newest.folder} has kept no ids (backup none), so nobody knows which "
            "records it has deleted. The next sync, which is a full one, brings them."
        )


def ends_at(cleanup: Cleanup) -> datetime | None:
    """Until when the recycle bin keeps what it has deleted, at least; None where nobody knows."""
    try:
        began = datetime.strptime(cleanup.age[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return began + timedelta(days=BIN_DAYS)
