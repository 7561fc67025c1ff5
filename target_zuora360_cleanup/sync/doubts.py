"""What a sync can't be sure of in what earlier ones have kept, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator  # noqa: TC003 - public shape
from typing import TYPE_CHECKING

from target_zuora360_cleanup.output.listing import listed

if TYPE_CHECKING:
    from target_zuora360_cleanup.kept.store import Store
    from target_zuora360_cleanup.sync.passing import Bookmarks


def doubts(
    store: Store,
    bookmarks: Bookmarks,
    dropped_again: Collection[str],
    summed: Collection[str] = (),
    *,
    owes: bool,
) -> Iterator[str]:
    """The sentences, each with its remedy.

    Args:
        store: Where it is kept.
        bookmarks: What the tap's states have said.
        dropped_again: Streams whose bookmarks an earlier sync had dropped too.
        summed: Streams of this run over which sums are made.
        owes: Whether the tap has to send anything anew.
    """
    if store.lasts and store.is_new and _goes_on(bookmarks):
        yield (
            f"Nothing is in {store.path} that was kept by earlier syncs, though the tap goes on "
            "where they ended: what waited there is not known. Put the file back, or reset the "
            "bookmarks, so that the next sync is a full sync."
        )
    if names := [each for each in dropped_again if each in bookmarks.first]:
        yield (
            "The state has bookmarks that an earlier sync dropped, since what hangs on records "
            f"that are back has to be sent again: {listed(sorted(names))}. If the next sync says "
            "so again, reset them: a state that Meltano merges keeps what is dropped."
        )
    late = [each for each in summed if bookmarks.is_from_the_start(each)]
    if late and not all(map(bookmarks.sends_all, late)):
        yield (
            f"The tap begins at its start_date, {bookmarks.start_date}, and sends nothing older: "
            f"sums over {listed(sorted(late))} may lack something, so they are left as they are. "
            "Set start_date to 2000-01-01 or earlier, and reset the bookmarks."
        )
    if owes and not bookmarks.is_readable:
        yield (
            "Records are back whose children the tap has to send again, and its state has no "
            "bookmarks to drop: reset it, so that the next sync is a full sync."
        )


def _goes_on(bookmarks: Bookmarks) -> bool:
    return any(not bookmarks.is_from_the_start(each) for each in bookmarks.first)
