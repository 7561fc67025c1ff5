"""What happens in mode `plan`, `cleanup` or `reset`, to be read from top to bottom.

Told by a thread of its own. The main thread meanwhile reads the tap's stream and hears of signals;
it shuts the gate where nothing may be deleted any more, and makes the report of what is known here.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.catalog.objects import is_unlisted
from target_zuora360_cleanup.cleanup.deleting import Deleting
from target_zuora360_cleanup.cleanup.gate import Gate
from target_zuora360_cleanup.cleanup.plan_file import read_plan_file
from target_zuora360_cleanup.cleanup.refusing import refuse_blocked, refuse_left, words_of
from target_zuora360_cleanup.cleanup.words import BEFORE_DELETION, writing
from target_zuora360_cleanup.deletion.ledger import Ledger
from target_zuora360_cleanup.deletion.link_snapshot import LinkSnapshot
from target_zuora360_cleanup.deletion.trouble import STOPPED
from target_zuora360_cleanup.deletion.undo_record import UndoRecord
from target_zuora360_cleanup.deletion.value_snapshot import ValueSnapshot
from target_zuora360_cleanup.deletion.written_late import Since
from target_zuora360_cleanup.errors import Partial
from target_zuora360_cleanup.facts.accounts import choose_accounts
from target_zuora360_cleanup.facts.contacts import contacts_left
from target_zuora360_cleanup.facts.reading import read_facts, read_org
from target_zuora360_cleanup.lifecycle.ending import header_of
from target_zuora360_cleanup.lifecycle.login import Login
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.meltano.processes import ancestors, is_scheduled
from target_zuora360_cleanup.plan.making import make_plan
from target_zuora360_cleanup.plan.plan import backup_bytes
from target_zuora360_cleanup.plan.saved import SavedPlan
from target_zuora360_cleanup.report.cleanup import cleanup_report
from target_zuora360_cleanup.report.earlier import deleted_before
from target_zuora360_cleanup.rows.failures import Failures
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.settings.selection import selected
from target_zuora360_cleanup.state.coverage import Coverage
from target_zuora360_cleanup.state.from_settings import stream_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.errors import CleanupError
    from target_zuora360_cleanup.facts.org_facts import Accounts
    from target_zuora360_cleanup.lifecycle.context import Context
    from target_zuora360_cleanup.plan.finding import Finding
    from target_zuora360_cleanup.plan.plan import Plan
    from target_zuora360_cleanup.report.document import Report
    from target_zuora360_cleanup.salesforce.bulk import ListedJob
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.state.holders import Resets
    from target_zuora360_cleanup.state.reset import Reset

logger = logging.getLogger(__name__)


class Story:
    """One run's story, and what is known of it.

    Args:
        context: What every run has.
        resets: What holds the bookmarks to reset.

    Attributes:
        gate: Leads to what can't be called off.
        resets: What holds the bookmarks.
    """

    def __init__(self, context: Context, resets: Resets) -> None:
        self._run = context
        self._settings = context.settings
        self.gate = Gate()
        self.resets = resets
        self._login = Login(context)
        self._salesforce: Salesforce | None = None
        self._accounts: Accounts | None = None
        self._plan: Plan | None = None
        self._saved: SavedPlan | None = None
        self._findings: tuple[Finding, ...] = ()
        self._looked_at: tuple[Reset, ...] = ()
        self._ledger = Ledger()
        self._failures = Failures()
        self._record = UndoRecord(context.folder)

    def begin(self) -> None:
        """Tell the story of the run's mode.

        Raises:
            CleanupError: With the exit status that the run deserves.
        """
        {"plan": self.plan, "cleanup": self.cleanup, "reset": self.reset}[self._run.mode]()

    def begin_login(self) -> None:
        """Log in meanwhile, where the mode asks Salesforce for anything."""
        if self._run.mode != "reset":
            self._login.begin()

    def check_login(self) -> None:
        """Log in and say where; for `meltano config test`."""
        with in_words(BEFORE_DELETION):
            info = read_org(self._connected())
        logger.info(
            "Logged in to %s (%s). A test stream: nothing else is done.", info.name, info.id
        )

    def plan(self) -> None:
        """Look at the org, plan, write the plan down, and say what is in its way."""
        saved = self._saved_plan()
        with in_words(BEFORE_DELETION):
            plan = self._made(self._choose(self._log_in()), saved)
        self._save(plan)
        refuse_blocked(self._weighed(plan).findings)

    def cleanup(self) -> None:
        """Plan, reset the bookmarks, and only then delete."""
        saved = self._saved_plan()
        with in_words(BEFORE_DELETION):
            salesforce = self._choose(self._log_in())
            left_open = self._leftovers(salesforce)
            plan = self._made(salesforce, saved)
        plan = self._weighed(plan)
        refuse_blocked(plan.findings)
        if plan.chooses_none:
            return
        self._prove_room(plan)
        since = Since.now(salesforce)
        self._keep_links(plan, salesforce)
        self._keep_values(plan, salesforce)
        self._keep_states(plan)
        self.gate.open()
        self.resets.write(self._reset_names)
        self._ledger.open(plan)
        salesforce.jobs.abort(left_open)
        self._delete(plan, salesforce, since)

    def reset(self) -> None:
        """Reset the bookmarks and delete nothing."""
        self._findings = self.resets.look(self._reset_names)
        refuse_blocked(self._findings)
        self.gate.open()
        self.resets.write(self._reset_names)

    def _saved_plan(self) -> SavedPlan | None:
        if not (path := self._settings.plan_file):
            return None
        self._saved = saved = read_plan_file(path)
        logger.info("Held to the plan %s of %s.", saved.fingerprint, saved.made_at)
        return saved

    def _connected(self) -> Salesforce:
        return self._login.salesforce()

    def _log_in(self) -> Salesforce:
        self._salesforce = salesforce = self._connected()
        logger.info("Logged in to %s.", salesforce.url)
        return salesforce

    def _choose(self, salesforce: Salesforce) -> Salesforce:
        """The same org, for queries that name the billing accounts that are chosen, if any are."""
        note = self._run.folder.accounts().add
        salesforce, self._accounts = choose_accounts(salesforce, self._settings, note)
        if self._accounts:
            number = f"{self._accounts.chosen:,}"
            logger.info("%s chooses %s billing accounts.", self._accounts.setting, number)
            left = contacts_left(salesforce, self._run.folder.add_contacts)
            self._accounts = replace(self._accounts, contacts=left)
        return salesforce

    def _leftovers(self, salesforce: Salesforce) -> tuple[ListedJob, ...]:
        """Wait for delete jobs that an earlier run left running; those it left open come back."""
        names = {kind.api_name for kind in selected(self._settings)}
        return salesforce.jobs.wait_for_leftovers(lambda name: name in names or is_unlisted(name))

    def _made(self, salesforce: Salesforce, saved: SavedPlan | None) -> Plan:
        facts = read_facts(salesforce, self._settings, self._accounts)
        return make_plan(facts, self._settings, self._run.pipeline, saved)

    def _save(self, plan: Plan) -> None:
        made_at = self._run.clock().isoformat(timespec="seconds")
        saved = SavedPlan.of(plan, self._settings, made_at)
        with in_words(writing("The plan")):
            self._run.folder.write_json("plan.json", saved.as_json())
        self._saved = saved

    def _weighed(self, plan: Plan) -> Plan:
        """The plan with what the holders of bookmarks have to say of it; what stays is noted."""
        with in_words(writing("The plan")):
            self._run.folder.write_kept((step.name, step.kept) for step in plan.steps)
        looked = self.resets.look(self._names_of(plan))
        coverage = self._coverage(plan)
        self._looked_at = coverage.outcome.resets
        self._plan = plan.weighing((*looked, *coverage.findings()))
        return self._plan

    def _coverage(self, plan: Plan) -> Coverage:
        """Which streams bring back what is to be deleted."""
        rows = {step.name: step.to_delete for step in plan.steps}
        found = self.resets.outcome(self._names_of(plan))
        return Coverage(rows, found, stream_names(self._settings), self._looked_at)

    def _prove_room(self, plan: Plan) -> None:
        if self._settings.backup != "none":
            with in_words(writing("The backup")):
                self._run.folder.prove_room(backup_bytes(plan, self._settings.backup))

    def _keep_links(self, plan: Plan, salesforce: Salesforce) -> None:
        if self._settings.lookup_links == "snapshot":
            with in_words(writing("The link snapshot")):
                LinkSnapshot(salesforce, self._run.folder).write(plan)

    def _keep_values(self, plan: Plan, salesforce: Salesforce) -> None:
        if self._settings.keep_own_values:
            with in_words(writing("What people have filled")):
                ValueSnapshot(salesforce, self._run.folder).write(plan)

    def _keep_states(self, plan: Plan) -> None:
        """Have what `undo` needs written down, each state before it is reset."""
        with in_words(writing("The record for undo")):
            self._record.begin(plan, self._settings)
        self.resets.keep_by(self._record.keep)

    def _delete(self, plan: Plan, salesforce: Salesforce, since: Since) -> None:
        """Delete what is planned.

        Args:
            plan: What.
            salesforce: Where.
            since: Since when changes may not be in the snapshots.
        """
        deleting = Deleting(self._run, salesforce, plan, self._failures, self._ledger, since=since)
        halted = deleting.carry_out()
        outcomes, allow_failures = self._ledger.outcomes, self._settings.allow_failures
        try:
            refuse_left(outcomes, halted, allow_failures=allow_failures)
        except Partial:
            by_itself = halted or any(each.error not in ("", STOPPED) for each in outcomes)
            if self._run.stop.is_set() and not by_itself:
                raise Stopped from None
            raise

    @property
    def may_begin_early(self) -> bool:
        """Whether the story may begin before the tap's stream has come to its end."""
        return self._run.mode != "reset"

    @property
    def may_have_deleted(self) -> bool:
        """Whether records may be gone."""
        return self._run.mode == "cleanup" and self.gate.opened

    @property
    def _reset_names(self) -> frozenset[str]:
        """API names of the object types whose streams' bookmarks go."""
        if self._plan:
            return self._names_of(self._plan)
        return frozenset(kind.api_name for kind in selected(self._settings)) | self._before()

    def _names_of(self, plan: Plan) -> frozenset[str]:
        """Those of a plan, with what an earlier run has deleted in the same org."""
        names = frozenset(step.name for step in plan.steps)
        is_reset = (step.name for step in plan.steps if step.facts.is_reset)
        return frozenset(is_reset) | (names & self._before(plan.org.id))

    def _before(self, org_id: str = "") -> frozenset[str]:
        """Object types of which the last cleanup has deleted rows, so that few or none are left."""
        return deleted_before(self._settings.output_dir, org_id, self._run.folder.path)

    def confirmed(self) -> CleanupError | None:
        """Make sure, after a deletion, that the reset still holds; what is to be said if not."""
        if not (self.may_have_deleted and self.resets.written):
            return None
        try:
            self._findings = self.resets.confirm(self._reset_names)
        except Exception as exc:
            logger.exception("The bookmarks")
            return Partial(
                f"Whether the bookmarks are still reset could not be looked at ({exc}). Run "
                "'zuora360 status', and 'zuora360 reset' if one is not."
            )
        lost = [each for each in self._findings if each.severity == "blocks"]
        return Partial(words_of(lost)) if lost else None

    def report(self, error: BaseException | None, records: Mapping[str, int]) -> Report:
        """What is known: of what has not come to its end, that it is not known.

        Args:
            error: What the run ends with, if not well.
            records: RECORD messages of the tap by stream.
        """
        self._record.close()
        run, plan = self._run, self._plan
        is_planned = run.mode == "plan" and plan
        return cleanup_report(
            header_of(run, error, plan.org if plan else None, self._salesforce),
            plan=plan,
            saved=self._saved,
            outcomes=self._ledger.outcomes,
            along=self._ledger.along,
            detached=self._ledger.detached,
            bodies=self._ledger.bodies,
            links=self._ledger.links,
            left=self._ledger.left,
            timeline=run.timeline.spans,
            failures=self._failures.grouped(),
            findings=self._findings,
            states=self.resets.outcome(self._reset_names if is_planned else None),
            feeds=self._coverage(plan).feeds if plan else (),
            records=records,
            is_scheduled=bool(records) and run.mode == "plan" and is_scheduled(ancestors()),
        )
