"""Whether each object type with rows to delete has a stream that brings them back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.plan.finding import After
from target_zuora360_cleanup.state import codes
from target_zuora360_cleanup.state.findings import parents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_zuora360_cleanup.catalog.streams import StreamNames
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.state.outcome import ResetOutcome
    from target_zuora360_cleanup.state.reset import Reset

__all__ = ["Coverage", "Feed"]

_MOST_NAMES = 12


@dataclass(frozen=True)
class Feed:
    """What brings the rows of one object type back.

    Attributes:
        object: Its API name.
        rows: To delete.
        bookmarks: Those that go, so that a full sync sends the rows again.
        words: `reset` where bookmarks go; `none stored` where a stream of the tap feeds it that has
            no bookmark; `no stream` where none of the tap's does; `unknown` where nobody can tell.
    """

    object: str
    rows: int
    bookmarks: tuple[str, ...]
    words: str

    def as_json(self) -> dict[str, Any]:
        """The documented form."""
        return {
            "object": self.object,
            "rows": self.rows,
            "bookmarks": list(self.bookmarks),
            "comes_back": self.words,
        }


@dataclass(frozen=True)
class Coverage:
    """What is known of the streams behind the rows that are to be deleted.

    Attributes:
        rows: Rows to delete, by object type.
        outcome: The states that are reset, and the streams that are known.
        names: Which streams feed which object types.
        earlier: The resets as they were looked at before; what has gone is not found once more.
    """

    rows: Mapping[str, int]
    outcome: ResetOutcome
    names: StreamNames
    earlier: tuple[Reset, ...] = ()

    @property
    def _resets(self) -> tuple[Reset, ...]:
        return (*self.earlier, *self.outcome.resets)

    @property
    def bookmarks(self) -> dict[str, tuple[str, ...]]:
        """The bookmarks that go, for each object type with rows to delete."""
        names = self.names.with_unlisted(self.rows)
        gone = [name for each in self._resets for name in each.gone]
        return {
            api_name: tuple(dict.fromkeys(n for n in gone if api_name in names.perhaps(n)))
            for api_name, rows in self.rows.items()
            if rows
        }

    @property
    def unknown(self) -> tuple[str, ...]:
        """Bookmarks that are kept, of streams that nobody knows."""
        kept = dict.fromkeys(name for each in self.outcome.resets for name in each.kept)
        return tuple(name for name in kept if self.names.is_unknown(name))

    @property
    def without_stream(self) -> tuple[str, ...]:
        """Object types of which no bookmark goes, and that no known stream feeds."""
        names = self.names.with_unlisted(self.rows)
        fed = frozenset().union(*(names.perhaps(each) for each in self.outcome.streams))
        return tuple(
            each for each, found in self.bookmarks.items() if not found and each not in fed
        )

    @property
    def _is_known(self) -> bool:
        """Whether anything is known of the tap's streams.

        A state in which none of the cleaned ones has a bookmark may have been reset before.
        """
        return bool(self.outcome.streams) or any(self.bookmarks.values())

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """What brings back the rows of each object type that has some to delete."""
        bare = frozenset(self.without_stream)
        return tuple(
            Feed(name, self.rows[name], found, self._words(name, found, is_bare=name in bare))
            for name, found in self.bookmarks.items()
        )

    def _words(self, name: str, bookmarks: tuple[str, ...], *, is_bare: bool) -> str:
        if bookmarks:
            return "reset"
        if self.unknown:
            return "unknown"
        if not is_bare:
            return "none stored"
        return "no stream" if self._is_not_fed(name) else "unknown"

    def _is_not_fed(self, name: str) -> bool:
        return self._is_known or self.names.are_given_away(name)

    def findings(self) -> Iterator[Finding]:
        """What is to be said of rows that may not come back."""
        yield from parents(self.outcome.resets)
        bare = tuple(name for name, found in self.bookmarks.items() if not found)
        if bare and self.unknown:
            yield self._may_be_theirs(bare)
            return
        if self.bookmarks and self.unknown:
            yield self._may_feed_too()
        not_fed = tuple(name for name in self.without_stream if self._is_not_fed(name))
        if not_fed:
            yield self._not_fed(not_fed)
        if doubtful := tuple(name for name in self.without_stream if name not in not_fed):
            yield self._nothing_known(doubtful)

    def _may_be_theirs(self, bare: tuple[str, ...]) -> Finding:
        unknown = ", ".join(self.unknown)
        return codes.NO_STREAM.found(
            f"No bookmark is known for {self._listed(bare)}, and nobody knows what feeds the "
            f"streams of these bookmarks, which would be kept: {unknown}. If they are theirs, the "
            "deleted records would not come back.",
            "Say in stream_objects what each of them feeds: an object type's API name, or `other`.",
            self._counted(bare),
            severity="blocks",
        )

    def _may_feed_too(self) -> Finding:
        unknown = ", ".join(self.unknown)
        return codes.BOOKMARKS_UNKNOWN.found(
            f"Nobody knows what feeds the streams of these bookmarks, which are kept: {unknown}. "
            "Records of theirs that are deleted would not come back.",
            "Say in stream_objects what each of them feeds: an object type's API name, or `other`.",
            after=After(
                f"Nobody knows what feeds the streams of these bookmarks, which were kept: "
                f"{unknown}. Records of theirs that were deleted do not come back.",
                "Say in stream_objects what each of them feeds, and run `zuora360 reset` if it is "
                "an object type that was cleaned.",
            ),
        )

    def _not_fed(self, bare: tuple[str, ...]) -> Finding:
        return codes.NO_STREAM.found(
            f"No stream of this tap feeds {self._listed(bare)}: they will not come back by this "
            "pipeline.",
            "Select their streams in the tap, leave them out with exclude_objects, or say in "
            "stream_objects which stream feeds them.",
            self._counted(bare),
            after=After(
                "No stream of this tap feeds {}: they will not come back by this pipeline.",
                "Select their streams in the tap, or load them in another way.",
                types=bare,
            ),
        )

    def _nothing_known(self, bare: tuple[str, ...]) -> Finding:
        return codes.STREAMS_UNKNOWN.found(
            f"No bookmark is stored for {self._listed(bare)}. They come back if the tap sends "
            "their streams, which can't be told from here.",
            "Check that the tap selects them.",
            self._counted(bare),
            after=After(
                "No bookmark was stored for {}. They come back if the tap sends their streams, "
                "which can't be told from here.",
                "Check that the tap selects them.",
                types=bare,
            ),
        )

    def _listed(self, names: tuple[str, ...]) -> str:
        told = (f"{name} ({counted(self.rows[name], 'record')})" for name in names)
        return listed(told, of="object types")

    def _counted(self, names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        return tuple((name, self.rows[name]) for name in names)
