"""Begins a stream: what of it was kept and comes anew now, and what takes its records."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - public shape
from typing import TYPE_CHECKING

from target_zuora360_cleanup.kept.forgetting import forget
from target_zuora360_cleanup.sync.makers import StreamIn

if TYPE_CHECKING:
    from target_zuora360_cleanup.sync.block import Taker
    from target_zuora360_cleanup.sync.makers import Makers
    from target_zuora360_cleanup.sync.passing import Bookmarks
    from target_zuora360_cleanup.sync.renamed import Named
    from target_zuora360_cleanup.sync.work import Work


def begin(
    work: Work, makers: Makers, bookmarks: Bookmarks, stream: Named, fields: Sequence[str]
) -> tuple[Taker, ...]:
    """Begin a stream: what takes its records.

    Args:
        work: What it is loaded with.
        makers: Makes what takes records.
        bookmarks: What the tap's states have said.
        stream: Its names.
        fields: Names of its fields.

    Raises:
        InputError: No object type takes it and `unmapped_streams` is `refuse`, or a field that is
            needed is missing.
    """
    source, name = stream
    makers.renamed.came(source, name)
    bookmarks.begin(source)
    from_the_start = bookmarks.is_from_the_start(source)
    passed = [
        fed for each in bookmarks.streams if bookmarks.has_passed(each) for fed in makers.fed(each)
    ]
    work.loading.passed = {each.object for each in passed}
    maps, in_part = makers.maps.of_stream(name), {each.stream for each in passed}
    if from_the_start and name not in makers.begun:
        # (what another stream feeds too does not all come anew, or has come already)
        before = [fed for each in makers.begun for fed in makers.maps.of_stream(each)]
        objects = {each.object for each in maps if not each.by_name} - work.loading.passed
        new = objects - {each.object for each in before}
        if work.store.lasts:
            work.loading.kept.owed -= new
        streams = {each.stream for each in maps} - in_part - {each.stream for each in before}
        forget(work.store, new, streams)
        work.loading.anew |= objects
    # (nor is all of it known while another stream of the same comes only in part)
    is_whole = bookmarks.sends_all(source) and in_part.isdisjoint(each.stream for each in maps)
    begun = StreamIn(name, fields, is_whole, bookmarks.earlier(source))
    return makers.of_stream(work.loading, work.facts, begun)
