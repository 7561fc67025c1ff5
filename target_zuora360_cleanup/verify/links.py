"""Whether the lookups that the cleanup had left blank lead where they did; nothing is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.relink.choice import newer_than
from target_zuora360_cleanup.relink.joining import Joining
from target_zuora360_cleanup.relink.links import outcomes, take_in
from target_zuora360_cleanup.relink.looking import Looking
from target_zuora360_cleanup.relink.plan import by_object
from target_zuora360_cleanup.relink.snapshot import Snapshot, holds_any, snapshots_in
from target_zuora360_cleanup.relink.store import LinkStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.relink.plan import Restoration
    from target_zuora360_cleanup.relink.report import LinkOutcome
    from target_zuora360_cleanup.salesforce.client import Salesforce


def look_at_links(
    salesforce: Salesforce,
    org: OrgInfo,
    folders: Sequence[Path],
    database: Path,
    go_on: Callable[[], None],
) -> tuple[LinkOutcome, ...]:
    """What has become of the links in cleanups' folders; none where they have written none down.

    Args:
        salesforce: Where.
        org: Which org that is.
        folders: The cleanups', beside each other.
        database: A file that the links may be kept in meanwhile; it is made.
        go_on: Raises when the run may not go on.

    Raises:
        InputError: A file of links is damaged.
        ApiError, JobFailed, requests.RequestException: Salesforce would not say.
        Stopped: The run is to end.
    """
    chosen = [Snapshot.read(each) for each in folders if holds_any(each)]
    if not chosen:
        return ()
    known = snapshots_in(str(folders[0].resolve().parent))
    store = LinkStore(database)
    try:
        restorations: tuple[Restoration, ...] = ()
        for each in chosen:
            newer = newer_than(each, known, org)
            more = take_in(store, salesforce, each, newer, len(restorations))
            restorations = (*restorations, *more)
        looking = Looking(salesforce, store, restorations, go_on)
        looking.at_parents()
        for numbers in by_object(restorations).values():
            looking.at_records(numbers)
        Joining(salesforce, store, restorations, go_on).look()
        return outcomes(store, restorations)
    finally:
        store.close()
