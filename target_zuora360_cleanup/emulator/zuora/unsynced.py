"""Records of Zuora's that the 360 does not sync, so that a tenant holds more than its 360 shows.

Accounts without a CRM account and what is below them, versions of subscriptions that have expired,
drafts of invoices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.zuora.records import Records

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.schema.store import Store

__all__ = ["add_unsynced"]

_MOST: Final = 5
_SHARE: Final = 10
_VERSIONS: Final = 3
_DRAFTS: Final = 3
_FIRST_NUMBER: Final = 90_000_000


def add_unsynced(store: Store, seed: int) -> None:
    """Add them to a tenant that has been filled."""
    records = Records(store, seed, lambda last: last + 1)
    accounts = records.all("Account", f"1 LIMIT {_MOST * _SHARE}")
    for number in range(-(-len(accounts) // _SHARE)):
        _add_account(records, number)
    for old in records.all("Subscription", f"Version > 1 ORDER BY _n LIMIT {_VERSIONS}"):
        records.copy(
            old, Id=old["PreviousSubscriptionId"], Version=old["Version"] - 1, Status="Expired",
            IsLatestVersion=0, PreviousSubscriptionId=None, synced=0,
        )  # fmt: skip
    for number, invoice in enumerate(records.all("Invoice", f"1 ORDER BY _n LIMIT {_DRAFTS}")):
        records.copy(
            invoice, InvoiceNumber=f"INV{_FIRST_NUMBER + _MOST + number}", Status="Draft",
            PostedDate=None, synced=0,
        )  # fmt: skip


def _add_account(records: Records, number: int) -> None:
    found = records.find("Account")
    if found is None:
        return
    model, key = found, _FIRST_NUMBER + number
    account = records.copy(
        model, AccountNumber=f"A{key}", Name=f"Direct Customer {number + 1}", CrmId=None,
        ParentId=None, DefaultPaymentMethod_Id=None, Notes="Not in the CRM,\r\nbilled directly",
        synced=0,
    )  # fmt: skip
    if plan := _add_subscription(records, account.id, key):
        charge = records.find("RatePlanCharge")
        if charge:
            records.copy(
                charge, ChargeNumber=f"C-{key}", RatePlan_Id=plan[1], Subscription_Id=plan[0],
                Account_Id=account.id, synced=0,
            )  # fmt: skip
    if invoice := records.find("Invoice"):
        records.copy(invoice, InvoiceNumber=f"INV{key}", Account_Id=account.id, synced=0)
    if payment := records.find("Payment"):
        records.copy(
            payment, PaymentNumber=f"P-{key}", Account_Id=account.id, PaymentMethod_Id=None,
            synced=0,
        )  # fmt: skip


def _add_subscription(records: Records, account: str, key: int) -> tuple[str, str] | None:
    """Return the ids of a subscription and its rate plan; None where there is no model."""
    subscription, plan = records.find("Subscription"), records.find("RatePlan")
    if subscription is None or plan is None:
        return None
    made = records.copy(
        subscription, Name=f"A-S{key}", Account_Id=account, InvoiceOwner_Id=None, synced=0
    )
    below = records.copy(
        plan, Subscription_Id=made.id, Account_Id=account, Amendment_Id=None,
        OriginalRatePlanId=None,
        synced=0,
    )  # fmt: skip
    return made.id, below.id
