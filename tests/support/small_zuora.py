"""A Zuora of a few records that change as time goes by, a tap that exports it, and what belongs.

What belongs into an org is said here once more, from Zuora's pages, and never by the plugin's maps.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.support.syncs import Message, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Record = dict[str, Any]
Event = tuple[int, int, int]
"""What happens, to which records; any numbers will do."""
START = "2000-01-01T00:00:00.000000Z"
"""The tap's `start_date`, which is what it begins a bookmark with."""
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
OWNERS = {
    "PaymentMethod": ("Account",), "Subscription": ("Account",), "RatePlan": ("Subscription",),
    "RatePlanCharge": ("RatePlan",), "Invoice": ("Account",), "InvoiceItem": ("Invoice",),
    "Payment": ("Account",), "InvoicePayment": ("Payment",), "CreditMemo": ("Account",),
    "CreditMemoItem": ("CreditMemo",), "ProductRatePlan": ("Product",),
}  # fmt: skip
"""What can't be without what; the fields are named for the owners."""
FIELDS = {
    "Account": "Name CrmId Status ParentId BillToContactId DefaultPaymentMethodId",
    "Contact": "City",
    "PaymentMethod": "Type AccountId",
    "Subscription": "Name Status AccountId InvoiceOwnerId",
    "RatePlan": "Name SubscriptionId",
    "RatePlanCharge": "Name MRR RatePlanId SubscriptionId",
    "Invoice": "InvoiceNumber Status AccountId",
    "InvoiceItem": "ChargeName InvoiceId SubscriptionId RatePlanChargeId AppliedToInvoiceItemId",
    "Payment": "PaymentNumber Status AccountId PaymentMethodId InvoiceId",
    "InvoicePayment": "Amount PaymentId InvoiceId",
    "CreditMemo": "MemoNumber Status AccountId InvoiceId MemoDate AppliedAmount Balance"
    " DiscountAmount RefundAmount TaxAmount TotalAmountWithoutTax TotalAmount TotalTaxExemptAmount",
    "CreditMemoItem": "ChargeDate CreditMemoId InvoiceItemId",
    "Product": "Name",
    "ProductRatePlan": "Name ProductId",
}
STREAMS = tuple(FIELDS)
AMOUNTS: dict[str, Any] = dict.fromkeys(
    (each for each in FIELDS["CreditMemo"].split() if "Amount" in each or each == "Balance"), 1
)
"""Without them the org takes no memo."""
OUTSIDE = {
    "Account": {"Canceled"},
    "Subscription": {"Draft", "Expired"},
    "CreditMemo": {"Draft", "Canceled"},
    "Invoice": {"Draft", "Canceled"},
}
"""With which status a record has no place in Salesforce."""


def owners_of(stream: str, record: Record) -> list[tuple[str, str]]:
    """The owners of a record: of which stream, and their keys."""
    return [(owner, record[f"{owner}Id"]) for owner in OWNERS.get(stream, ())]


@dataclass
class SmallZuora:
    """What there is.

    Args:
        prefix: What all keys begin with.
        crm_ids: Ids of Salesforce Accounts.

    Attributes:
        records: By stream and key, the deleted ones among them.
        tells_all: Whether an export from the start tells of deleted records.
        untold: Keys of those that none has told of since.
    """

    prefix: str
    crm_ids: Sequence[str]
    records: dict[str, dict[str, Record]] = field(
        default_factory=lambda: {name: {} for name in STREAMS}
    )
    tells_all: bool = True
    untold: set[str] = field(default_factory=set)
    _seconds: int = 0
    _made: int = 0

    def happen(self, event: Event) -> None:
        """Have something happen, as far as there is anything that it can happen to."""
        kind, *numbers = event
        happenings = self._happenings
        happenings[kind % len(happenings)](*numbers)

    def live(self, stream: str) -> dict[str, Record]:
        """The records that are not deleted."""
        return {key: each for key, each in self.records[stream].items() if not each["Deleted"]}

    def export(self, stream: str, since: str) -> list[Record]:
        """What a tap is told of what has changed since then."""
        new = [each for each in self.records[stream].values() if each["UpdatedDate"] >= since]
        if since <= START and not self.tells_all:
            self.untold |= self.records[stream].keys() - self.live(stream).keys()
            new = [each for each in new if not each["Deleted"]]
        self.untold -= {each["Id"] for each in new}
        return sorted(copy.deepcopy(new), key=lambda each: str(each["UpdatedDate"]))

    def belongs(self, stream: str, key: str | None) -> bool:
        """Whether a record has a place in Salesforce."""
        record = self.live(stream).get(key or "")
        if record is None or record.get("Status") in OUTSIDE.get(stream, ()):
            return False
        if stream == "Account":
            return record["CrmId"] is not None
        return all(self.belongs(*owner) for owner in owners_of(stream, record))

    def belongs_to_history(self, stream: str, key: str | None) -> bool:
        """Whether a version has a place among the histories: all but drafts have."""
        record = self.live(stream).get(key or "")
        if record is None or record.get("Status") == "Draft":
            return False
        belongs = self.belongs if stream == "Subscription" else self.belongs_to_history
        return all(belongs(*owner) for owner in owners_of(stream, record))

    # --- what may happen ---------------------------------------------------------------------

    @property
    def _happenings(self) -> list[Callable[[int, int], None]]:
        return [
            self._open, self._open, self._link, self._move_account, self._bill_to, self._city,
            self._pay_by, self._subscribe, self._subscribe, self._activate, self._amend,
            self._take_back, self._price, self._invoice, self._invoice, self._post, self._unpost,
            self._pay, self._credit, self._post_memo, self._apply, self._delete, self._product,
            self._rename, self._add_charge, self._apply_payment, self._relink,
        ]  # fmt: skip

    def _put(self, stream: str, key: str = "", **values: Any) -> str:
        if not key:
            self._made += 1
            key = f"{self.prefix}{stream[:2].lower()}{self._made}"
        before = self.records[stream].get(key) or dict.fromkeys(FIELDS[stream].split())
        self._seconds += 1
        now = (_BEGIN + timedelta(seconds=self._seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.records[stream][key] = {
            "CreatedDate": now, **before, "Id": key, "Deleted": False, **values, "UpdatedDate": now
        }  # fmt: skip
        return key

    def _pick(
        self, stream: str, number: int, *statuses: str, none: bool = False
    ) -> tuple[str, Record] | tuple[None, Record]:
        found = [
            (key, each)
            for key, each in self.live(stream).items()
            if not statuses or each.get("Status") in statuses
        ]
        if not found or (none and number % 3 == 0):
            return None, {}
        return found[number % len(found)]

    def _key(self, stream: str, number: int) -> str | None:
        return self._pick(stream, number, none=True)[0]

    def _open(self, one: int, other: int) -> None:
        contact = self._put("Contact", City=f"C{self._seconds}") if one % 2 else None
        crm = self.crm_ids[one % len(self.crm_ids)] if one % 3 else None
        self._put("Account", Name=f"A{self._seconds}", CrmId=crm, Status="Active",
                  ParentId=self._key("Account", other), BillToContactId=contact)  # fmt: skip

    def _link(self, one: int, other: int) -> None:
        key, record = self._pick("Account", one)
        if key:
            crm = None if record["CrmId"] else self.crm_ids[other % len(self.crm_ids)]
            self._put("Account", key, CrmId=crm)

    def _move_account(self, one: int, _other: int) -> None:
        key, record = self._pick("Account", one)
        if key:
            status = "Active" if record["Status"] == "Canceled" else "Canceled"
            self._put("Account", key, Status=status)

    def _bill_to(self, one: int, other: int) -> None:
        if key := self._pick("Account", one)[0]:
            self._put("Account", key, BillToContactId=self._key("Contact", other),
                      ParentId=self._earlier("Account", key, other))  # fmt: skip

    def _earlier(self, stream: str, key: str, number: int) -> str | None:
        """One that was made before, so that nothing leads in a circle."""
        keys = list(self.records[stream])
        before = [each for each in keys[: keys.index(key)] if each in self.live(stream)]
        return before[number % len(before)] if before and number % 3 else None

    def _city(self, one: int, _other: int) -> None:
        if key := self._pick("Contact", one)[0]:
            self._put("Contact", key, City=f"C{self._seconds}")

    def _pay_by(self, one: int, other: int) -> None:
        if account := self._pick("Account", one)[0]:
            method = self._put("PaymentMethod", Type="ACH", AccountId=account)
            if other % 2:
                self._put("Account", account, DefaultPaymentMethodId=method)

    def _subscribe(self, one: int, other: int) -> None:
        if account := self._pick("Account", one)[0]:
            self._version(
                f"S{self._seconds}", account, other, "Draft" if other % 3 == 0 else "Active"
            )

    def _version(self, name: str, account: str, number: int, status: str) -> None:
        key = self._put("Subscription", Name=name, Status=status, AccountId=account,
                        InvoiceOwnerId=self._key("Account", number) or account)  # fmt: skip
        plan = self._put("RatePlan", Name=f"P{self._seconds}", SubscriptionId=key)
        for _ in range(1 + number % 2):
            self._charge(plan, key, number)

    def _charge(self, plan: str, subscription: str, number: int) -> None:
        self._put("RatePlanCharge", Name=f"R{self._seconds}", MRR=number % 7, RatePlanId=plan,
                  SubscriptionId=subscription)  # fmt: skip

    def _add_charge(self, one: int, other: int) -> None:
        key, record = self._pick("RatePlan", one)
        if key:
            self._charge(key, record["SubscriptionId"], other)

    def _activate(self, one: int, _other: int) -> None:
        if key := self._pick("Subscription", one, "Draft")[0]:
            self._put("Subscription", key, Status="Active")

    def _amend(self, one: int, other: int) -> None:
        key, record = self._pick("Subscription", one, "Active")
        if key:
            self._put("Subscription", key, Status="Expired")
            self._version(record["Name"], record["AccountId"], other, "Active")

    def _take_back(self, one: int, _other: int) -> None:
        """The newest version is deleted, and the one before is active again."""
        key, record = self._pick("Subscription", one, "Active")
        if key:
            self._gone("Subscription", key)
            older = [
                each
                for each, said in self.live("Subscription").items()
                if (said["Name"], said["Status"]) == (record["Name"], "Expired")
            ]
            if older:
                self._put("Subscription", older[-1], Status="Active")

    def _price(self, one: int, other: int) -> None:
        if key := self._pick("RatePlanCharge", one)[0]:
            self._put("RatePlanCharge", key, MRR=other % 7)

    def _invoice(self, one: int, other: int) -> None:
        account = self._pick("Account", one)[0]
        if not account:
            return
        invoice = self._put("Invoice", InvoiceNumber=f"I{self._seconds}", AccountId=account,
                            Status="Draft" if one % 2 else "Posted")  # fmt: skip
        for at in range(1 + other % 2):
            charge, record = self._pick("RatePlanCharge", other + at, none=True)
            self._put("InvoiceItem", ChargeName=f"T{self._seconds}", InvoiceId=invoice,
                      RatePlanChargeId=charge, SubscriptionId=record.get("SubscriptionId"),
                      AppliedToInvoiceItemId=self._key("InvoiceItem", other + at))  # fmt: skip

    def _post(self, one: int, _other: int) -> None:
        if key := self._pick("Invoice", one, "Draft")[0]:
            self._put("Invoice", key, Status="Posted")

    def _unpost(self, one: int, other: int) -> None:
        if key := self._pick("Invoice", one, "Posted")[0]:
            self._put("Invoice", key, Status="Draft" if other % 2 else "Canceled")

    def _pay(self, one: int, other: int) -> None:
        if account := self._pick("Account", one)[0]:
            self._put("Payment", PaymentNumber=f"Y{self._seconds}", Status="Processed",
                      AccountId=account, PaymentMethodId=self._key("PaymentMethod", other),
                      InvoiceId=self._key("Invoice", other))  # fmt: skip

    def _apply_payment(self, one: int, other: int) -> None:
        payment, invoice = self._pick("Payment", one)[0], self._pick("Invoice", other)[0]
        if payment and invoice:
            self._put("InvoicePayment", Amount=1, PaymentId=payment, InvoiceId=invoice)

    def _relink(self, one: int, other: int) -> None:
        key, record = self._pick("Account", one)
        if key and record["CrmId"]:
            self._put("Account", key, CrmId=self.crm_ids[other % len(self.crm_ids)])

    def _credit(self, one: int, other: int) -> None:
        if account := self._pick("Account", one)[0]:
            memo = self._put("CreditMemo", MemoNumber=f"M{self._seconds}", AccountId=account,
                             MemoDate="2024-01-01", **AMOUNTS,
                             Status="Draft" if one % 2 else "Posted",
                             InvoiceId=self._key("Invoice", other))  # fmt: skip
            self._put("CreditMemoItem", ChargeDate="2024-01-01T00:00:00Z", CreditMemoId=memo,
                      InvoiceItemId=self._key("InvoiceItem", other))  # fmt: skip

    def _post_memo(self, one: int, other: int) -> None:
        if key := self._pick("CreditMemo", one)[0]:
            self._put("CreditMemo", key, Status=("Posted", "Draft", "Canceled")[other % 3])

    def _apply(self, one: int, other: int) -> None:
        key, record = self._pick("InvoiceItem", one)
        if key:
            to = self._earlier("InvoiceItem", key, other)
            self._put(
                "InvoiceItem", key, AppliedToInvoiceItemId=to, ChargeName=record["ChargeName"]
            )

    def _product(self, one: int, _other: int) -> None:
        product = self._pick("Product", one, none=True)[0]
        product = product or self._put("Product", Name=f"D{self._seconds}")
        self._put("ProductRatePlan", Name=f"L{self._seconds}", ProductId=product)

    def _rename(self, one: int, other: int) -> None:
        stream = ("Account", "Subscription", "RatePlan", "Product")[other % 4]
        if key := self._pick(stream, one)[0]:
            name = self.records[stream][key]["Name"] if stream == "Subscription" else None
            self._put(stream, key, Name=name or f"N{self._seconds}")

    def _delete(self, one: int, other: int) -> None:
        stream = (
            "Account", "PaymentMethod", "Invoice", "InvoiceItem", "Payment", "CreditMemo",
            "RatePlan",
        )[other % 7]  # fmt: skip
        if key := self._pick(stream, one)[0]:
            self._gone(stream, key)

    def _gone(self, stream: str, key: str) -> None:
        """A record is deleted, and what can't be without it."""
        for below, owners in OWNERS.items():
            if stream in owners:
                for child, record in self.live(below).items():
                    if (stream, key) in owners_of(below, record):
                        self._gone(below, child)
        for name, column, to in _LEADS:
            if to == stream:
                for each, record in self.live(name).items():
                    if record[column] == key:
                        self._put(name, each, **{column: None})
        self._put(stream, key, Deleted=True)


_LEADS = (
    ("Account", "ParentId", "Account"),
    ("Account", "DefaultPaymentMethodId", "PaymentMethod"),
    ("Payment", "PaymentMethodId", "PaymentMethod"),
    ("Payment", "InvoiceId", "Invoice"),
    ("InvoicePayment", "InvoiceId", "Invoice"),
    ("CreditMemo", "InvoiceId", "Invoice"),
    ("CreditMemoItem", "InvoiceItemId", "InvoiceItem"),
    ("InvoiceItem", "AppliedToInvoiceItemId", "InvoiceItem"),
    ("Subscription", "InvoiceOwnerId", "Account"),
)
"""What may be without the other, and is blank in Zuora once that is deleted."""


def tap(
    zuora: SmallZuora,
    order: Sequence[str],
    stored: dict[str, Any],
    happens_before: Sequence[Iterable[Event]],
) -> Iterator[Message]:
    """What tap-zuora sends, given a state: a stream as it is when its turn comes.

    Args:
        zuora: What it exports.
        order: Of its streams.
        stored: The state; it goes on where that says that it was ended.
        happens_before: What happens in Zuora before each stream is exported.
    """
    state = {"current_stream": None, **copy.deepcopy(stored)}
    bookmarks = state.setdefault("bookmarks", {})
    for name in order:
        bookmarks.setdefault(name, {"version": 1, "UpdatedDate": START})
    said = partial(copy.deepcopy, {"type": "STATE", "value": state})
    first = state["current_stream"]
    skips = first in order
    for name, events in zip(order, happens_before, strict=True):
        for each in events:
            zuora.happen(each)
        if skips and name != first:
            continue
        skips = False
        state["current_stream"] = name
        yield said()
        yield schema(name, f"{FIELDS[name]} CreatedDate UpdatedDate Deleted")
        for record in zuora.export(name, bookmarks[name]["UpdatedDate"]):
            yield {"type": "RECORD", "stream": name, "record": record}
            bookmarks[name]["UpdatedDate"] = record["UpdatedDate"]
            yield said()
    state["current_stream"] = None
    yield said()
