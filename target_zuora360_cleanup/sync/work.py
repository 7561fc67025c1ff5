"""What a sync works with once its org is known: the org's objects, what is kept, what loads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.kept.place import lasting_place
from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.rows.halting import go_on
from target_zuora360_cleanup.salesforce.sending import DELETIONS
from target_zuora360_cleanup.sync.catching_up import CatchingUp
from target_zuora360_cleanup.sync.destination import read_destination
from target_zuora360_cleanup.sync.joins.facts import Facts
from target_zuora360_cleanup.sync.joins.needs import Needs
from target_zuora360_cleanup.sync.joins.refills import Refills
from target_zuora360_cleanup.sync.loading import Loading
from target_zuora360_cleanup.sync.removal_backup import RemovalBackup
from target_zuora360_cleanup.sync.removals import Removals
from target_zuora360_cleanup.sync.upserts import OPERATION, Upserts
from target_zuora360_cleanup.sync.waiting import WaitingRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.facts.org_facts import OrgInfo
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.destination import Destination
    from target_zuora360_cleanup.sync.makers import Makers

_OURS: Final = DELETIONS | {OPERATION}


@dataclass(frozen=True)
class Work:
    """What is made once the org is known.

    Attributes:
        store: Keeps what waits.
        facts: What rows are filled from.
        owed: Object types that the tap had to send anew already when the run began.
    """

    store: Store
    facts: Facts
    loading: Loading
    catching_up: CatchingUp
    owed: frozenset[str] = frozenset()

    @classmethod
    def begin(
        cls,
        run: Context,
        salesforce: Salesforce,
        info: OrgInfo,
        makers: Makers,
        environ: Mapping[str, str],
    ) -> Work:
        """Look at the org, and open what is kept for it.

        Raises:
            InputError: What is kept can't be opened, or is another org's.
            ApiError, requests.RequestException: Salesforce does not tell.
        """
        # Jobs of a run that was stopped must not overwrite what this one loads.
        jobs = salesforce.jobs
        jobs.abort(jobs.wait_for_leftovers(BY_NAME.__contains__, _OURS))
        maps = makers.maps.maps
        destination = read_destination(salesforce, maps, run.settings.allow_cascade_to)
        named = run.settings.kept_file or ""
        store = Store(lasting_place(named, run.pipeline.name, environ))
        store.belongs_to(info.id)
        has = {name: each.fields for name, each in destination.objects.items()}
        facts = Facts(store, Needs.of(maps, has))
        loading = _loading(run, salesforce, destination, store, makers)
        late = destination.order.late
        refills = Refills(facts, maps, destination.objects, makers.layouts, makers.tally, late)
        catching_up = CatchingUp(loading, refills.take, refills.outdated)
        return cls(store, facts, loading, catching_up, frozenset(loading.kept.owed))


def _loading(
    run: Context, salesforce: Salesforce, destination: Destination, store: Store, makers: Makers
) -> Loading:
    settings = run.settings
    may_go_on = partial(_go_on, run, salesforce)
    upserts = Upserts(
        salesforce,
        makers.layouts,
        may_go_on,
        run.timeline,
        settings.job_size,
        settings.max_parallel_jobs,
    )
    backup = RemovalBackup(salesforce, run.folder, settings.backup, destination.objects)
    removals = Removals(
        salesforce, may_go_on, destination.cascades, backup, makers.tally.took_along
    )
    return Loading(
        destination.order,
        destination.objects,
        makers.layouts,
        upserts,
        removals,
        makers.tally,
        WaitingRows(store, makers.layouts, destination.objects),
        settings.batch_size_rows,
    )


def _go_on(run: Context, salesforce: Salesforce) -> None:
    go_on(run.stop, salesforce.usage, run.settings.quota_percent_total)
