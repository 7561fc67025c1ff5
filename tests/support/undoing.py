"""What tests of undo share: an org that was cleaned, with its image and state before, and undos."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from target_zuora360_cleanup.cleanup.run import Run
from target_zuora360_cleanup.lifecycle.context import Context
from target_zuora360_cleanup.lifecycle.ending import show_words
from target_zuora360_cleanup.lifecycle.signals import heeded
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.state.from_settings import stored_states
from target_zuora360_cleanup.undo.run import Undo, cleanups
from tests.support.runs import ALLOWED, BOOKMARKS, Ran, login

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.lifecycle.result import Result
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

STATE = {"bookmarks": {**BOOKMARKS, "Subscription": {"UpdatedDate": "2024-05-01T00:00:00Z"}}}
SUBSCRIPTIONS = [
    "Zuora__Subscription__c",
    "Zuora__SubscriptionRatePlan__c",
    "Zuora__SubscriptionProductCharge__c",
    "Zuora__SubscriptionRatePlanChargeTier__c",
    "Zuora__SubscriptionProductFeature__c",
]
"""Object types without a detail among them, so that all of it comes back."""
_STAMPS = frozenset({"SystemModstamp", "LastModifiedDate", "LastModifiedById", "attributes"})
Rows = dict[str, dict[str, Any]]
"""By id, without what every change of a row moves."""


def image(org: Org) -> dict[str, Rows]:
    """All live rows of an org with all their values, by object."""
    counts = org.counts()
    return {name: _rows(org, name) for name, each in org.whole.objects.items()
            if counts[name] and each.api != "tooling"}  # fmt: skip


def _rows(org: Org, name: str) -> Rows:
    return {
        row["Id"]: {key: value for key, value in row.items() if key not in _STAMPS}
        for row in org.all_rows(name)
    }


def lost_for_good(
    org: Org, before: Mapping[str, Rows], deleted: Iterable[str]
) -> dict[str, set[str]]:
    """Ids, by object, that Salesforce destroys where children are deleted before their parents.

    Details of a master that goes, rows whose lookup held one that goes, and below them details.
    """
    gone = {name: set(before.get(name, ())) for name in deleted}
    lost: dict[str, set[str]] = {}
    while True:
        size = sum(map(len, lost.values()))
        for name in gone:
            for field in org.whole.get(name).references:
                if not (field.master_detail or field.on_delete == "restrict"):
                    continue
                parents = {each for target in field.reference_to for each in gone.get(target, ())}
                lost.setdefault(name, set()).update(
                    id_ for id_, row in before.get(name, {}).items() if row[field.name] in parents
                )
        if sum(map(len, lost.values())) == size:
            return {name: ids for name, ids in lost.items() if ids}


@dataclass(frozen=True)
class Scene:
    """An org after a cleanup, whose state lies in a file.

    Attributes:
        before: The org's rows before it.
        state: The file.
        cleanup: The cleanup.
    """

    server: EmulatorServer
    output: Path
    before: dict[str, Rows]
    state: Path
    cleanup: Ran

    @classmethod
    def make(
        cls,
        server: EmulatorServer,
        folder: Path,
        bookmarks: Mapping[str, Any] = STATE["bookmarks"],
        **more: Any,
    ) -> Scene:
        """Clean an org with these bookmarks; what `more` says goes for the cleanup."""
        state, output = folder / "state.json", folder / "output"
        state.write_text(json.dumps({"bookmarks": bookmarks}))
        before = image(server.org)
        return cls(server, output, before, state, clean(server, output, state, **more))

    def undo(self, folder: Path | None = None, *, dry_run: bool = False, **more: Any) -> Ran:
        """Take a cleanup back in this process."""
        return undo({**login(self.server), **more}, self.output, folder, dry_run=dry_run)

    def now(self) -> dict[str, Rows]:
        """The org's rows now."""
        return image(self.server.org)

    @property
    def stored(self) -> dict[str, Any]:
        """The state now."""
        found: dict[str, Any] = json.loads(self.state.read_text())
        return found


def clean(server: EmulatorServer, output: Path, state: Path, **more: Any) -> Ran:
    """Clean an org as `zuora360 cleanup --state` does."""
    config = {"mode": "cleanup", **login(server), **ALLOWED, "output_dir": str(output), **more}
    out, err = io.StringIO(), io.StringIO()
    return Ran.of(lambda: clean_alone(read_settings(config), state, err), output, out, err)


def clean_alone(settings: Settings, state: Path, err: TextIO, waits: Waits = NO_WAITS) -> Result:
    """Clean without a tap, in this process."""
    holders = stored_states(settings, Pipeline(), [str(state)])
    context = Context.begin(settings, waits=waits)
    return Run(context, holders, partial(show_words, err)).alone()


def carry_out(
    settings: Settings,
    folder: Path | None,
    err: TextIO,
    *,
    dry_run: bool = False,
    waits: Waits = NO_WAITS,
) -> Result:
    """Take a cleanup back as the command does, signals included."""
    given, known = cleanups(settings, folder)
    context = Context.begin(settings, "undo", waits=waits)
    run = Undo(context, given, known, partial(show_words, err), dry_run=dry_run)
    with heeded(context.stop, lambda: run.status_if_killed):
        return run.carry_out()


def undo(
    config: dict[str, Any], output: Path, folder: Path | None = None, *, dry_run: bool = False
) -> Ran:
    """Take a cleanup back in this process."""
    err = io.StringIO()
    settings = read_settings({"output_dir": str(output), **config})
    return Ran.of(
        lambda: carry_out(settings, folder, err, dry_run=dry_run), output, io.StringIO(), err
    )
