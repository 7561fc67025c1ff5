"""What tests of relinks share: an org whose lookups a cleanup has blanked, and relinks."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from target_zuora360_cleanup.lifecycle.context import Context
from target_zuora360_cleanup.lifecycle.ending import show_words
from target_zuora360_cleanup.lifecycle.signals import heeded
from target_zuora360_cleanup.relink.run import Relink, snapshots
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora, lookups, read
from tests.support.life_cycle import STREAMS
from tests.support.runs import ALLOWED, Ran, lines, login, run, state
from tests.support.shared import FOLDER
from tests.support.whole_org import thin_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from target_zuora360_cleanup.emulator.server.options import ServerOptions
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

FORECAST, SUBSCRIPTION = "Renewal_Forecast__c", "Zuora__Subscription__c"
LINK = f"{FORECAST}.Subscription__c"
QUOTE_LINKS = (
    "zqu__QuoteChargeDetail__c.zqu__ProductRatePlanCharge__c",
    "zqu__QuoteChargeDetail__c.zqu__ProductRatePlan__c",
    "zqu__QuoteChargeSummary__c.zqu__ProductRatePlanCharge__c",
    "zqu__QuoteCharge_Tier__c.zqu__RatePlanCharge__c",
    "zqu__QuoteProductFeature__c.zqu__ProductRatePlan__c",
    "zqu__QuoteProductFeature__c.zqu__Product__c",
    "zqu__QuoteProductFeature__c.zqu__ZFeature__c",
    "zqu__QuoteRatePlanCharge__c.zqu__ProductRatePlanCharge__c",
    "zqu__QuoteRatePlan__c.zqu__ProductRatePlan__c",
    "zqu__QuoteRatePlan__c.zqu__Product__c",
)
ORG = OrgOptions(records=1500, sandbox=True, customer_rows=frozenset({FORECAST}))


@dataclass(frozen=True)
class Made:
    """How a scene is made.

    Attributes:
        backup: What the cleanup backs up.
        thin: Whether a few object types alone have rows; lookups to others then lead nowhere.
        synced: Whether a full sync has followed.
        relinked: Whether a relink has followed that.
    """

    org: OrgOptions = ORG
    backup: str = "ids"
    thin: bool = True
    synced: bool = False
    relinked: bool = False


@dataclass(frozen=True)
class Scene:
    """An org after a cleanup.

    Attributes:
        before: Where every lookup led before it.
        zuora: What Zuora knows.
        parents: The subscriptions that forecasts led to before it, by forecast; Salesforce ids.
        cleanup: The cleanup.
    """

    server: EmulatorServer
    output: Path
    before: dict[tuple[str, str, str], str]
    zuora: Zuora
    parents: dict[str, str]
    cleanup: Ran

    @classmethod
    def make(cls, server: EmulatorServer, output: Path, **more: Any) -> Scene:
        """Clean an org; what `more` says goes for the cleanup."""
        before, zuora = lookups(server.org), Zuora.of(server.org)
        rows = read(server.org, FORECAST, ["Id", "Subscription__c"])
        parents = {row["Id"]: row["Subscription__c"] for row in rows if row["Subscription__c"]}
        config = {"mode": "cleanup", "object_groups": ["accounts"], **login(server), **more}
        ran = run(config, output, _of_all_streams())
        assert ran.status == 0, ran.message
        return cls(server, output, before, zuora, parents, ran)

    @classmethod
    @contextmanager
    def of_copy(
        cls, output: Path, options: ServerOptions | None = None, **made: Any
    ) -> Iterator[Scene]:
        """A copy of an org that was cleaned once in a test run.

        Args:
            output: Where its runs leave their folders.
            options: Of the server.
            made: How it was made: see `Made`.
        """
        base = _base(given := Made(**made))
        shutil.copytree(base.output, output, dirs_exist_ok=True)
        ran = replace(base.cleanup, folder=output / base.cleanup.folder.name)
        with Emulated(given.org, options, base=base.db) as server:
            yield cls(server, output, base.before, base.zuora, base.parents, ran)

    @classmethod
    def of_all(cls, server: EmulatorServer, output: Path) -> Scene:
        """Clean everything, quoted products too."""
        more = {"object_groups": ["accounts", "product_catalog"], "keep_quoted_products": False}
        return cls.make(server, output, **ALLOWED, **more)

    def sync(self, leave_out: Collection[str] = ()) -> dict[str, str]:
        """The full sync; new Salesforce ids by old ones."""
        return self.zuora.sync(self.server.org, leave_out)

    def relink(self, snapshot: Path | None = None, *, dry_run: bool = False, **more: Any) -> Ran:
        """Relink in this process."""
        return relink({**login(self.server), **more}, self.output, snapshot, dry_run=dry_run)

    @property
    def linked(self) -> dict[str, str]:
        """The Zuora ids that the forecasts led to before, by forecast."""
        rows = self.zuora.rows[SUBSCRIPTION]
        keys = {row["Id"]: str(row["Zuora__External_Id__c"]) for row in rows}
        return {forecast: keys[parent] for forecast, parent in self.parents.items()}

    def now(self) -> dict[tuple[str, str, str], str]:
        """Where every lookup leads now."""
        return lookups(self.server.org)


def carry_out(
    settings: Settings,
    snapshot: Path | None,
    err: TextIO,
    *,
    dry_run: bool = False,
    waits: Waits = NO_WAITS,
) -> Result:
    """Relink as the command does, signals included."""
    given, known = snapshots(settings, snapshot)
    context = Context.begin(settings, "relink", waits=waits)
    run = Relink(context, given, known, partial(show_words, err), dry_run=dry_run)
    with heeded(context.stop, lambda: run.status_if_killed):
        return run.carry_out()


def relink(
    config: dict[str, Any], output: Path, snapshot: Path | None = None, *, dry_run: bool = False
) -> Ran:
    """Relink in this process."""
    err = io.StringIO()
    settings = read_settings({"output_dir": str(output), **config})
    return Ran.of(
        lambda: carry_out(settings, snapshot, err, dry_run=dry_run), output, io.StringIO(), err
    )


@dataclass(frozen=True)
class _Base:
    """What a scene is copied from: the same as there, and the org's file."""

    db: Path
    output: Path
    before: dict[tuple[str, str, str], str]
    zuora: Zuora
    parents: dict[str, str]
    cleanup: Ran


@cache
def _base(made: Made) -> _Base:
    folder = Path(tempfile.mkdtemp(dir=os.environ[FOLDER]))
    with EmulatorServer(made.org, db=folder / "org.sqlite") as server:
        if made.thin:
            thin_out(server.org)
        scene = Scene.make(server, folder / "output", backup=made.backup)
        if made.synced or made.relinked:
            scene.sync()
        if made.relinked:
            scene.relink()
    return _Base(
        folder / "org.sqlite", scene.output, scene.before, scene.zuora, scene.parents, scene.cleanup
    )


def _of_all_streams() -> bytes:
    """What a tap sends that syncs all there is and has nothing new."""
    return lines(state({name: {"UpdatedDate": "2024-05-01T00:00:00Z"} for name in STREAMS}))
