"""What a report is gathered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rich.text import Text

from target_zuora360_cleanup.output.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from target_zuora360_cleanup.facts.org_facts import Accounts
    from target_zuora360_cleanup.output.timeline import Span
    from target_zuora360_cleanup.plan.saved import SavedPlan


class Part(Protocol):
    """One thing that a report tells: frozen, made of results, without a judgement of its own."""

    def as_json(self) -> Mapping[str, Any]:
        """Its keys of `report.json`; `document.KEYS` has all there are, in their order."""

    def lines(self) -> Iterable[RenderableType]:
        """What a person reads of it in the summary: texts and tables, in their order."""


@dataclass(frozen=True)
class Headline:
    """What happened, in one sentence or two.

    Attributes:
        told: The end of it, where other lines of a summary tell the same.
    """

    sentence: str
    told: str = ""

    def as_json(self) -> dict[str, Any]:
        """The key `headline`."""
        return {"headline": self.sentence}

    def lines(self) -> Iterator[RenderableType]:
        """The sentence."""
        yield Text(self.short)

    @property
    def short(self) -> str:
        """The sentence as a summary has it."""
        return self.sentence.removesuffix(self.told).rstrip()


@dataclass(frozen=True)
class Approved:
    """Which saved plan it is about.

    Attributes:
        saved: The plan, if there is one.
        is_new: Whether this run has saved it; else the run was held to it.
        user: Name of the user who looked; blank where it is not known.
    """

    saved: SavedPlan | None = None
    is_new: bool = False
    user: str = ""

    def as_json(self) -> dict[str, Any]:
        """The keys `user` and `plan_fingerprint`."""
        return {
            "user": self.user or None,
            "plan_fingerprint": self.saved.fingerprint if self.saved else None,
        }

    def lines(self) -> Iterator[RenderableType]:
        """A sentence, where there is a plan."""
        if self.saved and self.is_new:
            yield Text(f"Plan {self.saved.fingerprint}, saved in plan.json.")
        elif self.saved:
            yield Text(f"Held to the plan {self.saved.fingerprint} of {self.saved.made_at}.")


@dataclass(frozen=True)
class ChosenAccounts:
    """The billing accounts that a cleanup is limited to; None for all of Zuora's records."""

    accounts: Accounts | None = None

    def as_json(self) -> dict[str, Any]:
        """The key `accounts`."""
        if (each := self.accounts) is None:
            return {"accounts": None}
        return {
            "accounts": {
                "setting": each.setting,
                "chosen": each.chosen,
                "of": each.all.or_else(None),
                "not_found": each.missing,
            }
        }

    def lines(self) -> Iterable[RenderableType]:
        """Nothing: headline and findings tell it."""
        return ()


@dataclass(frozen=True)
class Times:
    """When each object type was worked on: for programs and for the page's chart."""

    spans: tuple[Span, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The key `timeline`."""
        return {"timeline": [each.as_json() for each in self.spans]}

    def lines(self) -> Iterable[RenderableType]:
        """Nothing: a text has no chart."""
        return ()


@dataclass(frozen=True)
class RecordsRead:
    """RECORD messages that the tap sent, by stream.

    Attributes:
        unloaded_by: The mode that loaded none of them; blank where they were loaded.
        is_scheduled: Whether a schedule has run it: one that never loads anything is hardly meant.
    """

    counts: Mapping[str, int]
    unloaded_by: str = ""
    is_scheduled: bool = False

    def as_json(self) -> dict[str, Any]:
        """The key `records_read`."""
        return {"records_read": dict(sorted(self.counts.items()))}

    def lines(self) -> Iterator[RenderableType]:
        """That they were read in vain, where they were; else Meltano's log has it."""
        count = sum(self.counts.values())
        if count and self.unloaded_by and self.is_scheduled:
            yield Text(
                f"WARN A schedule has run mode {self.unloaded_by}: the tap sent "
                f"{counted(count, 'record')}, and none was loaded. A schedule that is to load them "
                "needs `mode: sync`."
            )
        elif count and self.unloaded_by:
            yield Text(
                f"NOTE The tap sent {counted(count, 'record')}; only mode sync loads any. "
                f"zuora360:{self.unloaded_by} needs no tap."
            )
