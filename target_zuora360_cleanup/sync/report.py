"""What a sync says: what became of the records of each object type, what was left out and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.output.counted import counted
from target_zuora360_cleanup.output.listing import listed
from target_zuora360_cleanup.report.costs import Costs
from target_zuora360_cleanup.report.document import Report
from target_zuora360_cleanup.report.failures import Failures
from target_zuora360_cleanup.report.findings import Findings
from target_zuora360_cleanup.report.part import Headline, RecordsRead, Times
from target_zuora360_cleanup.report.states import state_json
from target_zuora360_cleanup.report.summary import table_of
from target_zuora360_cleanup.sync.tally import NO_ACCOUNT, NO_PARENT, NOT_THERE, PUT_OFF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType
    from rich.table import Table

    from target_zuora360_cleanup.kept.counts import Waits
    from target_zuora360_cleanup.output.timeline import Span
    from target_zuora360_cleanup.report.header import Header
    from target_zuora360_cleanup.rows.failures import FailureGroup
    from target_zuora360_cleanup.state.form import TapState
    from target_zuora360_cleanup.sync.tally import Counts

_LISTED: Final = 12
_COLUMNS: Final = ("received", "upserted", "deleted", "merged", "skipped", "failed")
_WHY: Final = {
    NO_ACCOUNT: (
        "record has no Salesforce Account (CrmId)",
        "records have no Salesforce Account (CrmId)",
    ),
    NO_PARENT: (
        "record is below one that is not in Salesforce, such as of such an account",
        "records are below records that are not in Salesforce, such as those of such accounts",
    ),
    NOT_THERE: (
        "record was to be removed and was not there",
        "records were to be removed and were not there",
    ),
    PUT_OFF: (
        "record is put off until the next sync, which brings what hangs on it too",
        "records are put off until the next sync, which brings what hangs on them too",
    ),
}
_CUT: Final = (
    "text was cut to the length of its field",
    "texts were cut to the length of their field",
)
_BLANK: Final = (
    "lookup stays blank, its parent did not come",
    "lookups stay blank, their parents did not come",
)


@dataclass(frozen=True)
class Loaded:
    """What became of the records.

    Attributes:
        counts: By API name, sorted; what `Counts.as_json` says.
    """

    counts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Mapping[str, Counts]) -> Loaded:
        """What a tally has counted so far."""
        return cls({name: each.as_json() for name, each in sorted(counts.items())})

    def total(self, name: str) -> int:
        """A number over all object types."""
        return sum(each[name] for each in self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """The key `objects`."""
        return {
            "objects": [
                {
                    "api_name": name,
                    "label": BY_NAME[name].label,
                    "group": BY_NAME[name].group,
                    **counts,
                }
                for name, counts in self.counts.items()
            ]
        }

    def lines(self) -> Iterator[RenderableType]:
        """A table, and what was left out."""
        if self.counts:
            yield self._table()
        yield from (Text(line) for line in self._notes())

    def _table(self) -> Table:
        table = table_of(
            "Object type",
            "Label",
            numbers=("Received", "Upserted", "Deleted", "Merged", "Skipped", "Failed"),
        )
        shown = self._shown()
        for name in shown:
            numbers = (self.counts[name][key] for key in _COLUMNS)
            table.add_row(name, BY_NAME[name].label, *(f"{count:,}" for count in numbers))
        if others := [each for name, each in self.counts.items() if name not in shown]:
            sums = (sum(each[key] for each in others) for key in _COLUMNS)
            words = counted(len(others), "other object type")
            table.add_row(words, "", *(f"{count:,}" for count in sums))
        return table

    def _shown(self) -> list[str]:
        """Object types with a line of their own: those with failures, and with most records."""
        by_records = sorted(self.counts, key=lambda name: -self.counts[name]["received"])
        most = by_records if len(by_records) <= _LISTED + 1 else by_records[:_LISTED]
        failed = {name for name, each in self.counts.items() if each["failed"] or each["unknown"]}
        return [name for name in self.counts if name in failed or name in most]

    def _notes(self) -> Iterator[str]:
        for name, counts in self.counts.items():
            if count := counts["unknown"]:
                records = counted(count, "record is", "records are")
                yield f"WARN {name}: whether {records} loaded is not known."
        for reason, words in _WHY.items():
            if count := sum(each["skipped_why"].get(reason, 0) for each in self.counts.values()):
                yield f"NOTE {counted(count, *words)}."
        count, fields = self._by_field("cut")
        if count:
            yield f"WARN {counted(count, *_CUT)}: {fields}."
        count, fields = self._by_field("blank_links")
        if count:
            yield f"WARN {counted(count, *_BLANK)}: {fields}."
        for name, counts in self.counts.items():
            for along, count in counts["taken_along"].items():
                yield f"NOTE {name}: {counted(count, 'row')} of {along} went with those deleted."
        caught = {name: n for name, each in self.counts.items() if (n := each["caught_up"])}
        if caught:
            names = listed(f"{name} {count:,}" for name, count in caught.items())
            records = counted(sum(caught.values()), "record")
            yield f"NOTE {records} had waited for a parent that has come now: {names}."

    def _by_field(self, name: str) -> tuple[int, str]:
        """A count of each object type's fields: how many in all, and of which."""
        found = {
            f"{of}.{field}": count
            for of, counts in self.counts.items()
            for field, count in counts[name].items()
            if count
        }
        return sum(found.values()), listed(f"{each} {count:,}" for each, count in found.items())


_WAIT: Final = ("record waits for a parent", "records wait for a parent")
_BELOW: Final = (
    "record waits below one that has no place in Salesforce",
    "records wait below others that have no place in Salesforce",
)
_LINKS: Final = (
    "lookup is blank until its parent comes",
    "lookups are blank until their parents come",
)
_STALE: Final = (
    "row is to be filled from other records",
    "rows are to be filled from other records",
)


@dataclass(frozen=True)
class Kept:
    """What waits for a later run.

    Attributes:
        lasts: Whether it is kept in a place that lasts with the state.
        waits: By API name.
        doubts: What the user should look into, a sentence each.
    """

    lasts: bool = True
    waits: Mapping[str, Waits] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The key `kept`."""
        objects = [{"api_name": name, **asdict(each)} for name, each in self.waits.items()]
        doubts = {"doubts": list(self.doubts)} if self.doubts else {}
        return {"kept": {"lasts": self.lasts, "objects": objects, **doubts}}

    def lines(self) -> Iterator[RenderableType]:
        """One sentence for each kind of what waits, and what becomes of it."""
        for words, count in self._counts():
            if count:
                yield Text(f"NOTE {counted(count, *words)}.")
        if self.waits and not self.lasts:
            yield Text(
                "WARN None of it can be kept for the next sync: bookmarks of these streams stay "
                "as they were. Name a place that lasts with the state in kept_file."
            )
        yield from (Text(f"WARN {each}") for each in self.doubts)

    def _counts(self) -> Iterator[tuple[tuple[str, str], int]]:
        each = self.waits.values()
        yield _WAIT, sum(one.rows for one in each)
        yield _BELOW, sum(one.below for one in each)
        yield _LINKS, sum(one.links for one in each)
        yield _STALE, sum(one.stale for one in each)


@dataclass(frozen=True)
class PassedOn:
    """What became of the tap's state.

    Attributes:
        state_id: Meltano's id of it; blank where it is not known.
        written: The last one that was passed on; None where none was.
        is_complete: Whether everything was loaded.
        interrupted: The stream within which the tap ended; blank if it came to its end.
    """

    state_id: str
    written: TapState | None
    is_complete: bool
    interrupted: str = ""

    def as_json(self) -> dict[str, Any]:
        """The key `state`."""
        return state_json(self.state_id, self.written)

    def lines(self) -> Iterator[RenderableType]:
        """One sentence."""
        where = f" of {self.state_id}" if self.state_id else ""
        if self.interrupted:
            yield Text(
                f"WARN The tap ended while it was working on '{self.interrupted}': look at its "
                "log. The next sync goes on from there."
            )
        yield Text(f"State{where}: {self._fate}")

    @property
    def _fate(self) -> str:
        if self.is_complete:
            return "the tap sent none." if self.written is None else "passed on."
        passed = "stays as it was" if self.written is None else "stays before what is not loaded"
        return f"{passed}; the next sync sends the rest again."


def headline(header: Header, loaded: Loaded) -> str:
    """What happened, in one sentence."""
    upserted = counted(loaded.total("upserted"), "record")
    numbers = f"{upserted} upserted, {loaded.total('deleted'):,} deleted"
    return f"{header.status.capitalize()}: {numbers} in {header.place}. {header.error}".rstrip()


def sync_report(  # noqa: PLR0913 - what a run leaves, each by its name
    header: Header,
    loaded: Loaded,
    *,
    timeline: tuple[Span, ...] = (),
    failures: tuple[FailureGroup, ...] = (),
    written: TapState | None = None,
    state_id: str = "",
    records: Mapping[str, int] | None = None,
    kept: Kept | None = None,
    interrupted: str = "",
) -> Report:
    """The report of mode `sync`.

    Args:
        header: Which run it was and how it ended.
        loaded: What became of the records.
        timeline: When each object type was worked on.
        failures: Records that could not be loaded, by reason.
        written: The last state that was passed on.
        state_id: Meltano's id of the state.
        records: RECORD messages that the tap sent, by stream.
        kept: What waits for a later run.
        interrupted: The stream within which the tap ended.
    """
    return Report(
        header,
        (
            Headline(headline(header, loaded)),
            Times(timeline),
            Costs(),
            Findings(),
            loaded,
            kept or Kept(),
            Failures(failures),
            PassedOn(state_id, written, header.status == "done", interrupted),
            RecordsRead(records or {}),
        ),
    )
