"""Records that come together: a bill and its payment, a subscription, its next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.zuora.records import Record, Records

__all__ = ["Bundles"]

_ACTIVE: Final = "_deleted = 0 AND _synced = 1 AND Status = 'Active'"
_ITEMS: Final = 2


class Bundles:
    """Adds them for customers that the 360 syncs; each yields what happened to which record."""

    SIZE: ClassVar = 5
    """As many records as a bundle has, or a few more."""

    def __init__(self, records: Records, chance: random.Random) -> None:
        self._records, self._chance = records, chance

    def invoice(self) -> Iterator[tuple[str, Record]]:
        """A posted invoice with two items, and the payment of it."""
        charge = self._pick("RatePlanCharge")
        models = [self._pick(name) for name in ("Invoice", "InvoiceItem", "Payment")]
        invoice, item, payment = models
        if not (charge and invoice and item and payment and charge["Account.Id"]):
            return
        account = charge["Account.Id"]
        bill = self._records.copy(invoice, Status="Posted", Account_Id=account)
        yield "added", self._numbered(bill, "InvoiceNumber", "INV")
        for _ in range(_ITEMS):
            yield "added", self._records.copy(
                item, Invoice_Id=bill.id, Account_Id=account, RatePlanCharge_Id=charge.id,
                Subscription_Id=charge["Subscription.Id"], AppliedToInvoiceItemId=None,
            )  # fmt: skip
        yield from self._pay(payment, account, bill)

    def _pay(self, model: Record, account: str, bill: Record) -> Iterator[tuple[str, Record]]:
        paid = self._records.copy(model, Account_Id=account, PaymentMethod_Id=None)
        yield "added", self._numbered(paid, "PaymentNumber", "P-")
        if part := self._pick("InvoicePayment"):
            yield "added", self._records.copy(part, Payment_Id=paid.id, Invoice_Id=bill.id)

    def subscription(self) -> Iterator[tuple[str, Record]]:
        """A new subscription with a rate plan and a charge."""
        charge, plan = self._pick("RatePlanCharge"), self._pick("RatePlan")
        model = self._pick("Subscription", _ACTIVE)
        if not (charge and plan and model and charge["Account.Id"]):
            return
        account = charge["Account.Id"]
        made = self._records.copy(
            model, Account_Id=account, InvoiceOwner_Id=None, Version=1, PreviousSubscriptionId=None
        )
        self._own(made, "OriginalId")
        yield "added", self._numbered(made, "Name", "A-S")
        below = self._records.copy(
            plan, Subscription_Id=made.id, Account_Id=account, Amendment_Id=None
        )
        self._own(below, "OriginalRatePlanId")
        yield "added", below
        fee = self._records.copy(
            charge, RatePlan_Id=below.id, Subscription_Id=made.id, Account_Id=account
        )
        self._own(fee, "OriginalId")
        yield "added", self._numbered(fee, "ChargeNumber", "C-")

    def version(self) -> Iterator[tuple[str, Record]]:
        """The next version of a subscription, in place of one that expires."""
        old = self._pick("Subscription", _ACTIVE)
        if old is None:
            return
        new = self._records.copy(old, Version=old["Version"] + 1, PreviousSubscriptionId=old.id)
        yield "added", new
        self._records.change(old, Status="Expired", IsLatestVersion=0, synced=0)
        yield "changed", old
        for plan in self._records.all("RatePlan", '"Subscription.Id" = ?', old.id):
            below = self._records.copy(plan, Subscription_Id=new.id)
            yield "added", below
            self._records.write(plan, synced=0)
            yield from self._next_charges(plan, below, new)
        for feature in self._records.all(
            "SubscriptionProductFeature", '"Subscription.Id" = ?', old.id
        ):
            self._records.write(feature, synced=0)

    def _next_charges(
        self, plan: Record, below: Record, new: Record
    ) -> Iterator[tuple[str, Record]]:
        for charge in self._records.all("RatePlanCharge", '"RatePlan.Id" = ?', plan.id):
            yield "added", self._records.copy(charge, RatePlan_Id=below.id, Subscription_Id=new.id)
            self._records.write(charge, synced=0)
            for tier in self._records.all(
                "RatePlanChargeTier", '"RatePlanCharge.Id" = ?', charge.id
            ):
                self._records.write(tier, synced=0)

    def _pick(self, name: str, where: str = "_deleted = 0 AND _synced = 1") -> Record | None:
        return self._records.pick(self._chance, name, where)

    def _numbered(self, record: Record, field: str, prefix: str) -> Record:
        """Give a new record a number that no other has."""
        self._records.write(record, **{field: f"{prefix}{record.number:08d}"})
        return record

    def _own(self, record: Record, field: str) -> None:
        self._records.write(record, **{field: record.id})
