"""The life cycle of a 360 sync, run by real Meltano with the real tap, and looked at from outside.

What is expected comes from the emulated Zuora's own records, never from the plugin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.emulator.schema.zuora import zuora_objects
from target_zuora360_cleanup.emulator.zuora.query import compile_export
from tests.demo.image import Image, Org, differences
from tests.support.runs import zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.meltano_project import Project

STREAMS = tuple(zuora_objects())
REPLICATION_KEYS = ("UpdatedDate", "TransactionDate", "UpdatedOn")
"""Those of tap-zuora 1.6.1, the first that a stream has counts."""
TWICE = {"Product": ("zqu__ZProduct__c", "Zuora__Product__c")}
"""Zuora's objects that further object types of the org hold."""
HISTORIES = (
    ("Subscription", "Account.Id", "Zuora__SubscriptionHistory__c"),
    ("RatePlan", "Subscription.Id", "Zuora__SubscriptionRatePlanHistory__c"),
    ("RatePlanCharge", "RatePlan.Id", "Zuora__SubscriptionProductChargeHistory__c"),
    ("RatePlanChargeTier", "RatePlanCharge.Id", "Zuora__SubscriptionChargeTierHistory__c"),
)
"""Each with its parent, and the object type that holds every version of it."""
NAMES = {
    "Zuora__PaymentTerm__c": (("Account", "PaymentTerm"), ("Invoice", "PaymentTerm")),
    "Zuora__PaymentGateway__c": (("Account", "PaymentGateway"),),
    "Zuora__UnitOfMeasure__c": (
        ("UnitOfMeasure", "UomName"), ("RatePlanCharge", "UOM"), ("InvoiceItem", "UOM"),
    ),
    "zqu__ProductRatePlanChargePriceSummary__c": (
        ("ProductRatePlanChargeTier", "ProductRatePlanCharge.Id, Currency"),
    ),
}  # fmt: skip
"""Object types with a row for each name that records have."""

Moments = dict[str, dict[str, str]]
"""When each record was changed last, by stream and Zuora id."""


@dataclass(frozen=True)
class LifeCycle:
    """One project, and the emulated org and Zuora that it leads to.

    Attributes:
        streams: Those that the tap sends.
    """

    project: Project
    server: EmulatorServer
    streams: tuple[str, ...] = STREAMS

    def run(self, mode: str, **settings: str) -> dict[str, Any]:
        """One `meltano run`; the target's report."""
        earlier = len(self.project.reports)
        done = self.project.run(mode=mode, ZUORA_URL=self.server.url, **settings)
        assert done.returncode == 0, done.stderr[-4000:]
        assert len(self.project.reports) == earlier + 1
        assert self.project.report["mode"] == mode
        return self.project.report

    def sent(self, report: Mapping[str, Any]) -> dict[str, int]:
        """Records that the tap sent, by stream."""
        return {name: report["records_read"].get(name, 0) for name in self.streams}

    def moments(self, *, deleted: bool = True) -> Moments:
        """Every record in Zuora, with deleted ones unless they are not wanted."""
        return {name: self._moments_of(name, deleted=deleted) for name in self.streams}

    def _moments_of(self, name: str, *, deleted: bool) -> dict[str, str]:
        fields = zuora_objects()[name].fields
        key = next(each for each in REPLICATION_KEYS if each in fields)
        export = compile_export(f"select Id, {key} from {name}")
        if not deleted:
            export = export.only("_deleted = 0")
        with self.server.zuora.rows(export) as rows:
            return {row[0]: row[1] for row in rows}

    @property
    def live(self) -> dict[str, int]:
        """Records in Zuora that are not deleted, by stream."""
        counts = self.server.zuora.counts()
        return {name: counts[name] for name in self.streams}

    @property
    def expected_rows(self) -> dict[str, int]:
        """What belongs into the org, by object type."""
        synced = self.server.zuora.counts(synced=True)
        rows = {
            zuora_objects()[name].sobject: count
            for name, count in synced.items()
            if name in self.streams
        }
        rows |= {
            sobject: synced[name]
            for name, sobjects in TWICE.items()
            for sobject in sobjects
            if name in self.streams
        }
        rows |= self._histories() | self._names()
        return {name: count for name, count in rows.items() if count}

    def _histories(self) -> dict[str, int]:
        """Every version of what is below the accounts that are synced."""
        above = {key for (key,) in self._rows("Account", "Id", "_synced = 1")}
        counts = {}
        for name, parent, sobject in HISTORIES:
            if name in self.streams:
                status = ", Status" if name == "Subscription" else ""
                rows = self._rows(name, f"Id, {parent}{status}")
                above = {row[0] for row in rows if row[1] in above and row[2:] != ("Draft",)}
                counts[sobject] = len(above)
        return counts

    def _names(self) -> dict[str, int]:
        """The different names that records have, whatever becomes of those."""
        return {
            sobject: len(
                {
                    row
                    for name, fields in sources
                    if name in self.streams
                    and all(zuora_objects()[name].find(each) for each in fields.split(", "))
                    for row in self._rows(name, fields)
                    if all(row)
                }
            )
            for sobject, sources in NAMES.items()
        }

    def _rows(self, name: str, fields: str, *conditions: str) -> list[tuple[Any, ...]]:
        export = compile_export(f"select {fields} from {name}").only("_deleted = 0")
        for each in conditions:
            export = export.only(each)
        with self.server.zuora.rows(export) as rows:
            return [tuple(row) for row in rows]

    @property
    def rows(self) -> dict[str, int]:
        """What is in the org, by object type."""
        return zuora_rows(self.server.org)

    @cached_property
    def org(self) -> Org:
        """The org, for a client of Salesforce."""
        return Org(self.server.url, self.server.access_token)

    def image(self, names: Iterable[str]) -> Image:
        """Zuora's records in the org, field by field; none of them is missing in it."""
        image = self.org.image(names)
        assert {name: len(rows) for name, rows in image.items() if rows} == self.rows
        return image

    @property
    def everything(self) -> dict[str, str]:
        """A hash of each object's rows."""
        org = self.server.org
        return {name: org.fingerprint(name) for name in org.counts()}


def at_bookmarks(moments: Moments) -> dict[str, set[str]]:
    """The records with the last change of each stream, which is where its bookmark stands."""
    return {
        name: {key for key, moment in each.items() if moment == max(each.values())}
        for name, each in moments.items()
    }


def changed(before: Moments, after: Moments) -> dict[str, set[str]]:
    """The records that changed, are new or were deleted, by stream."""
    return {
        name: {key for key, moment in each.items() if before[name].get(key) != moment}
        for name, each in after.items()
    }


def assert_same(before: Image, after: Image) -> None:
    """All fields of all records, but those that `image.LEFT_OUT` names with the reason."""
    assert sum(map(len, before.values())) > 100
    assert list(differences(before, after))[:20] == []
