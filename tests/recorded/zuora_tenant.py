"""A small Zuora tenant: object types as ``v1/describe`` names them, and rows as exports send them.

Everything follows from the constants below: the same rows on every machine. Values have the form
that Zuora's CSV exports have (32-digit ids, decimals and booleans as text, UTC times when asked
for). Nothing here knows HTTP; ``mock_zuora.py`` serves it; ``zuora_history.py`` fills it.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

FIRST_ROW = datetime(2024, 1, 15, 9, 0, tzinfo=UTC)
BETWEEN_ROWS = timedelta(hours=77, seconds=11)
"""Chosen so that the last row is from a few days before the first recorded run."""

_DATES = "CreatedDate:datetime UpdatedDate:datetime"


@dataclass(frozen=True)
class ObjectType:
    """What ``v1/describe/<name>`` tells: fields with their types, and joinable objects."""

    name: str
    fields: dict[str, str]
    related: tuple[str, ...] = ()
    has_deleted: bool = True


@dataclass(frozen=True)
class Row:
    """One revision of a record, valid from ``updated`` on."""

    updated: datetime
    values: dict[str, str]
    deleted: bool = False


def _object(name: str, fields: str, related: str = "", *, has_deleted: bool = True) -> ObjectType:
    pairs = (part.partition(":") for part in f"Id:text {fields}".split())
    types = {field_name: type_name for field_name, _, type_name in pairs}
    return ObjectType(name, types, tuple(related.split()), has_deleted)


OBJECT_TYPES = {
    one.name: one
    for one in (
        _object(
            "Account",
            "AccountNumber:text Name:text Status:picklist Currency:picklist Balance:decimal"
            " MRR:decimal AutoPay:boolean Batch:picklist BillCycleDay:integer PaymentTerm:picklist"
            f" CrmId:text LastInvoiceDate:date SequenceSetId:text {_DATES}",
            "BillTo SoldTo",
        ),
        _object(
            "Amendment",
            "Code:text Name:text Type:picklist Status:picklist EffectiveDate:date"
            f" ContractEffectiveDate:date SubType:picklist {_DATES}",
            "Subscription",
        ),
        _object(
            "Contact",
            "FirstName:text LastName:text WorkEmail:text Address1:text City:text PostalCode:text"
            f" Country:text {_DATES}",
            "Account",
        ),
        _object(
            "Invoice",
            "InvoiceNumber:text Status:picklist Amount:decimal Balance:decimal TaxAmount:decimal"
            " InvoiceDate:date DueDate:date PostedDate:datetime SourceType:picklist"
            f" IncludesUsage:boolean {_DATES}",
            "Account BillToContact",
        ),
        _object(
            "InvoiceItem",
            "ChargeName:text ChargeAmount:decimal Quantity:decimal UOM:text UnitPrice:decimal"
            f" TaxAmount:decimal ServiceStartDate:date ServiceEndDate:date {_DATES}",
            "Invoice Subscription RatePlanCharge",
        ),
        _object(
            "InvoicePayment", f"Amount:decimal RefundAmount:decimal {_DATES}", "Invoice Payment"
        ),
        _object(
            "Payment",
            "PaymentNumber:text Status:picklist Type:picklist Amount:decimal EffectiveDate:date"
            f" Gateway:text {_DATES}",
            "Account",
        ),
        _object(
            "PaymentTransactionLog",
            "Gateway:text GatewayReasonCode:text GatewayState:text TransactionDate:datetime",
            "Payment",
            has_deleted=False,
        ),
        _object(
            "Product",
            "Name:text SKU:text Description:text Category:picklist EffectiveStartDate:date"
            f" EffectiveEndDate:date {_DATES}",
        ),
        _object(
            "ProductRatePlan",
            f"Name:text Description:text EffectiveStartDate:date EffectiveEndDate:date {_DATES}",
            "Product",
        ),
        _object(
            "ProductRatePlanCharge",
            "Name:text ChargeModel:picklist ChargeType:picklist BillingPeriod:picklist UOM:text"
            f" ListPriceBase:picklist DefaultQuantity:decimal {_DATES}",
            "ProductRatePlan",
        ),
        _object(
            "RatePlan", f"Name:text AmendmentType:picklist {_DATES}", "Subscription ProductRatePlan"
        ),
        _object(
            "RatePlanCharge",
            "ChargeNumber:text Name:text ChargeType:picklist ChargeModel:picklist MRR:decimal"
            " TCV:decimal Quantity:decimal UOM:text Version:integer IsLastSegment:boolean"
            f" EffectiveStartDate:date EffectiveEndDate:date ChargedThroughDate:date {_DATES}",
            "RatePlan ProductRatePlanCharge",
        ),
        _object(
            "Subscription",
            "Name:text Status:picklist TermType:picklist Version:integer AutoRenew:boolean"
            " InitialTerm:integer RenewalTerm:integer ContractEffectiveDate:date TermStartDate:date"
            f" TermEndDate:date Notes:text {_DATES}",
            "Account",
        ),
    )
}


def zuora_id(*parts: object) -> str:
    """A 32-digit hexadecimal id as Zuora's newer tenants give them, always the same for `parts`."""
    return "8ad0" + hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:28]


@dataclass
class Tenant:
    """Every revision of every record, by object type, in the order of their ``updated``."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in OBJECT_TYPES})
    _clock: itertools.count[int] = field(default_factory=itertools.count)

    def visible(self, name: str, as_of: datetime) -> list[Row]:
        """The newest revision of each record of type `name` that exists at `as_of`."""
        newest = {row.values["Id"]: row for row in self.rows[name] if row.updated <= as_of}
        return sorted(newest.values(), key=lambda row: row.updated)

    def add(self, name: str, key: object, *, at: datetime | None = None, **values: str) -> str:
        """Store a record and return its id; ``X_Id`` among `values` stands for ``X.Id``."""
        updated = at or self._tick()
        record = {"Id": zuora_id(name, key), **{k.replace("_", "."): v for k, v in values.items()}}
        if "TransactionDate" in OBJECT_TYPES[name].fields:
            record["TransactionDate"] = stamp(updated)
        else:
            record |= {"CreatedDate": stamp(updated), "UpdatedDate": stamp(updated)}
        self.rows[name].append(Row(updated, record))
        return record["Id"]

    def delete(self, name: str, key: object, at: datetime) -> None:
        """Mark a record deleted: its last revision with the flag and a new time."""
        last = [row for row in self.rows[name] if row.values["Id"] == zuora_id(name, key)][-1]
        self.rows[name].append(Row(at, {**last.values, "UpdatedDate": stamp(at)}, deleted=True))

    def change(self, name: str, key: object, at: datetime, **values: str) -> None:
        """Add a revision of a record in which `values` differ."""
        last = [row for row in self.rows[name] if row.values["Id"] == zuora_id(name, key)][-1]
        self.rows[name].append(Row(at, {**last.values, **values, "UpdatedDate": stamp(at)}))

    def _tick(self) -> datetime:
        return FIRST_ROW + BETWEEN_ROWS * next(self._clock)


def stamp(moment: datetime) -> str:
    """A time as an export with ``dateTimeUtc`` writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
