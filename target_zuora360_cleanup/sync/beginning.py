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
    from target_zuora360_cleanup.sync.work import Work


def begin(
    work: Work, makers: Makers, bookmarks: Bookmarks, name: str, fields: Sequence[str]
) -> tuple[Taker, ...]:
    """Begin a stream: what takes its records.

    Args:
        work: What it is loaded with.
        makers: Makes what takes records.
        bookmarks: What the tap's states have said.
        name: The stream's name.
        fields: Names of its fields.

    Raises:
        InputError: No object type takes it and `unmapped_streams` is `refuse`, or a field that is
            needed is missing.
    """
    bookmarks.begin(name)
    from_the_start = bookmarks.is_from_the_start(name)
    passed = [
        fed
        for each in bookmarks.last
        if not bookmarks.is_from_the_start(each)
        for fed in makers.maps.of_stream(each)
    ]
    work.loading.passed = {each.object for each in passed}
    if from_the_start and name not in makers.begun:
        maps = makers.maps.of_stream(name)
        # (what another stream feeds too does not all come anew)
        objects = {each.object for each in maps if not each.by_name} - work.loading.passed
        work.loading.anew |= objects
        if work.store.lasts:
            work.loading.kept.owed -= objects
        streams = {each.stream for each in maps} - {each.stream for each in passed}
        forget(work.store, objects, streams)
    stream = StreamIn(name, fields, from_the_start, bookmarks.earlier(name))
    return makers.of_stream(work.loading, work.facts, stream)
