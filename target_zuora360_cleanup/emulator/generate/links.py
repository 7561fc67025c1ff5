"""Who points to whom in a generated org: references as row numbers, one array a field.

Fan-out is uneven, as in real orgs: every parent has one child, some have many. References that
hang together do: a charge points to the subscription of its rate plan, a refund to the account of
its payment.
"""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["Links", "account_links", "catalog_links", "subscribed_links"]

Numbers = "array[int] | list[int | None]"
_OWNER: Final = "(billing account)"
"""No field: the billing account that a row belongs to, also where its lookup is lost."""
_ORPHANS: Final = 97
"""Every so many subscriptions and invoices have lost their billing account."""


class Links:
    """References of all objects, filled step by step.

    Args:
        seed: For what is left to chance.
        counts: Number of rows, by object.
    """

    def __init__(self, seed: int, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        self._seed = seed
        self._fields: dict[tuple[str, str], Sequence[int | None]] = {}
        self._losers: list[tuple[str, str, str]] = []

    def of(self, object_name: str, field: str) -> Sequence[int | None] | None:
        """Return the references of a field, None where nothing fills it."""
        return self._fields.get((object_name, field))

    def put(self, child: str, field: str, values: Iterable[int | None]) -> None:
        """Fill a field."""
        if self.counts.get(child):
            self._fields[child, field] = list(values)

    def spread(self, child: str, field: str, parent: str, *, among: int | None = None) -> None:
        """Give the children to the parents in order, at least one each while they last.

        `among` leaves out the parents behind the first so many.
        """
        children = self.counts.get(child, 0)
        parents = self.counts.get(parent, 0) if among is None else among
        if not children or not parents:
            return
        chance = random.Random(f"{self._seed}:{child}:{field}")  # noqa: S311 - repeatable
        each = list(range(1, min(children, parents) + 1))
        each += [1 + int(parents * chance.random()) for _ in range(children - len(each))]
        each.sort()
        self._fields[child, field] = array("I", each)

    def lose(self, child: str, field: str, whole: str) -> None:
        """Copy the references of another field, except for the few rows that have lost theirs."""
        numbers = self.of(child, whole) or ()
        kept = (None if at % _ORPHANS == 1 else number for at, number in enumerate(numbers))
        self.put(child, field, kept)
        self._losers.append((child, field, whole))

    def lost(self) -> Iterator[tuple[str, int, int | None]]:
        """Yield what `lose` has taken away: object, row number, number of its former parent."""
        for child, field, whole in self._losers:
            pairs = zip(self.of(child, field) or (), self.of(child, whole) or (), strict=True)
            for number, (kept, former) in enumerate(pairs, 1):
                if kept is None:
                    yield child, number, former

    def follow(self, child: str, field: str, via: str, parent: str, parent_field: str) -> None:
        """Copy a parent's reference: what `via` points to, and from there `parent_field`."""
        first, second = self.of(child, via), self.of(parent, parent_field)
        if first is not None and second is not None:
            self.put(child, field, (second[n - 1] if n else None for n in first))

    def any_of(self, child: str, field: str, parent: str, share: float = 1.0) -> None:
        """Point to any parent; only a share of the children do."""
        children, parents = self.counts.get(child, 0), self.counts.get(parent, 0)
        if not children or not parents:
            return
        chance = random.Random(f"{self._seed}:{child}:{field}")  # noqa: S311 - repeatable
        self.put(
            child,
            field,
            (
                1 + int(parents * chance.random()) if chance.random() < share else None
                for _ in range(children)
            ),
        )

    def sibling(self, child: str, field: str, other: str, *, every: int = 1) -> None:
        """Point to a row of `other` that has the same owner; one in `every` so many does."""
        owners, theirs = self.of(child, _OWNER), self.of(other, _OWNER)
        if owners is None or theirs is None:
            return
        pick = _picker([number or 0 for number in theirs])
        self.put(
            child,
            field,
            (
                pick(owner, at) if owner and at % every == 0 else None
                for at, owner in enumerate(owners)
            ),
        )


def _picker(sorted_owners: Sequence[int]) -> Callable[[int, int], int | None]:
    def pick(owner: int, at: int) -> int | None:
        first = bisect_left(sorted_owners, owner)
        last = bisect_left(sorted_owners, owner + 1)
        return first + 1 + at % (last - first) if last > first else None

    return pick


def account_links(links: Links) -> None:
    """Fill the references of accounts and related objects."""
    _billing_accounts(links)
    _subscriptions(links)
    _invoices(links)
    _payments(links)
    _memos(links)
    _histories(links)


def _z(name: str) -> str:
    return f"Zuora__{name}__c"


def _billing_accounts(links: Links) -> None:
    account = _z("CustomerAccount")
    links.spread(account, _z("Account"), "Account")
    links.any_of(account, _z("BillToContact"), _z("ZContact"), 0.9)
    links.any_of(account, _z("SoldToContact"), _z("ZContact"), 0.5)
    links.any_of(account, _z("Payment_Term"), _z("PaymentTerm"))
    links.any_of(account, _z("PaymentGateway"), _z("PaymentGateway"), 0.8)
    count = links.counts.get(account, 0)
    # A hierarchy: a parent is older than its children, so there is no circle.
    links.put(account, _z("Parent"), (at // 2 if at % 3 == 0 and at > 1 else None
                                      for at in range(1, count + 1)))  # fmt: skip
    links.spread(_z("PaymentMethod"), _z("BillingAccount"), account)
    methods = links.of(_z("PaymentMethod"), _z("BillingAccount"))
    owners = {owner: number for number, owner in enumerate(methods or (), 1)}
    links.put(account, _z("Default_Payment_Method"), (owners.get(at) for at in range(1, count + 1)))


def _subscriptions(links: Links) -> None:
    account, plan = _z("CustomerAccount"), _z("SubscriptionRatePlan")
    sub, charge = _z("Subscription"), _z("SubscriptionProductCharge")
    links.spread(sub, _OWNER, account)
    links.lose(sub, account, _OWNER)
    links.follow(sub, _z("Account"), account, account, _z("Account"))
    links.follow(sub, _z("InvoiceOwner"), account, account, _z("Parent"))
    links.spread(plan, sub, sub)
    links.follow(plan, _z("Account"), sub, sub, _z("Account"))
    links.spread(charge, plan, plan)
    links.follow(charge, sub, plan, plan, sub)
    links.follow(charge, _z("Account"), sub, sub, _z("Account"))
    links.follow(charge, _OWNER, sub, sub, _OWNER)
    links.any_of(charge, _z("Product"), _z("Product"))
    links.any_of(charge, _z("UnitOfMeasure"), _z("UnitOfMeasure"))
    links.spread(_z("SubscriptionRatePlanChargeTier"), charge, charge)
    links.spread(_z("SubscriptionProductFeature"), sub, sub)
    links.any_of(_z("SubscriptionProductFeature"), _z("Product"), _z("Product"))


def _invoices(links: Links) -> None:
    account, invoice, item = _z("CustomerAccount"), _z("ZInvoice"), _z("InvoiceItem")
    billing, sub = _z("BillingAccount"), _z("Subscription")
    links.spread(invoice, _OWNER, account)
    links.lose(invoice, billing, _OWNER)
    links.follow(invoice, _z("Account"), billing, account, _z("Account"))
    links.any_of(invoice, _z("Payment_Term"), _z("PaymentTerm"))
    links.spread(item, _z("Invoice"), invoice)
    links.follow(item, _OWNER, _z("Invoice"), invoice, _OWNER)
    links.sibling(item, _z("SubscriptionRatePlanCharge"), _z("SubscriptionProductCharge"))
    links.follow(item, sub, _z("SubscriptionRatePlanCharge"), _z("SubscriptionProductCharge"), sub)
    links.any_of(item, _z("Product"), _z("Product"), 0.7)
    links.any_of(item, _z("UOM"), _z("UnitOfMeasure"), 0.7)
    links.spread(_z("TaxationItem"), _z("Invoice_Item"), item)


def _payments(links: Links) -> None:
    account, payment, refund = _z("CustomerAccount"), _z("Payment"), _z("Refund")
    billing, invoice, paid = _z("BillingAccount"), _z("ZInvoice"), _z("PaymentInvoice")
    links.spread(payment, billing, account)
    links.follow(payment, _z("Account"), billing, account, _z("Account"))
    links.put(payment, _OWNER, links.of(payment, billing) or ())
    links.put(_z("PaymentMethod"), _OWNER, links.of(_z("PaymentMethod"), billing) or ())
    links.sibling(payment, _z("Payment_Method"), _z("PaymentMethod"))
    links.sibling(payment, _z("Invoice"), invoice, every=3)
    links.spread(paid, payment, payment)
    links.follow(paid, _OWNER, payment, payment, _OWNER)
    links.sibling(paid, _z("Invoice"), invoice)
    links.spread(refund, payment, payment)
    links.follow(refund, billing, payment, payment, billing)
    links.follow(refund, _z("Account"), payment, payment, _z("Account"))
    links.spread(_z("RefundInvoicePayment"), refund, refund)
    links.any_of(_z("RefundInvoicePayment"), _z("InvoicePayment"), paid)
    links.spread(_z("RefundPart"), refund, refund)
    links.spread(_z("PaymentPart"), payment, payment)
    links.any_of(_z("PaymentPart"), _z("Invoice"), invoice)


def _memos(links: Links) -> None:
    for kind in ("Credit", "Debit"):
        memo, item = _z(f"{kind}Memo"), _z(f"{kind}MemoItem")
        links.spread(memo, _z("BillingAccount"), _z("CustomerAccount"))
        links.any_of(memo, _z("Invoice"), _z("ZInvoice"), 0.6)
        links.spread(item, memo, memo)
        links.any_of(item, _z("InvoiceItem"), _z("InvoiceItem"), 0.6)
    links.spread(_z("CreditMemoPart"), _z("CreditMemo"), _z("CreditMemo"))
    links.any_of(_z("CreditMemoPart"), _z("Invoice"), _z("ZInvoice"))
    links.any_of(_z("RefundPart"), _z("CreditMemo"), _z("CreditMemo"), 0.5)


def _histories(links: Links) -> None:
    sub, plan = _z("SubscriptionHistory"), _z("SubscriptionRatePlanHistory")
    charge = _z("SubscriptionProductChargeHistory")
    links.spread(sub, _z("CustomerAccount"), _z("CustomerAccount"))
    links.spread(plan, sub, sub)
    links.spread(charge, _z("SubscriptionRatePlan"), plan)
    links.spread(_z("SubscriptionChargeTierHistory"), charge, charge)


def catalog_links(links: Links, products: int) -> None:
    """Fill the references within the product catalogue; the first `products` are Zuora's."""
    product, zproduct = "zqu__Product__c", "zqu__ZProduct__c"
    plan, charge = "zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c"
    links.put(zproduct, product, (at or None for at in range(links.counts.get(zproduct, 0))))
    links.spread(plan, product, "Product2", among=products)
    masters = links.counts.get(zproduct, 0)
    # The first ZProduct is the filler that plans without one of their own get.
    own = {at: at + 1 for at in range(1, products + 1) if at < masters}
    plans = links.of(plan, product) or ()
    links.put(plan, zproduct, (1 if at % 5 == 0 else own.get(number or 0, 1)
                               for at, number in enumerate(plans)))  # fmt: skip
    links.spread(charge, plan, plan)
    links.any_of(charge, "zqu__ZUnitOfMeasure__c", "zqu__ZUnitOfMeasure__c", 0.8)
    for below in ("ProductRatePlanChargeTier", "ProductRatePlanChargePriceSummary"):
        links.spread(f"zqu__{below}__c", charge, charge)
    feature = "zqu__ZProductFeature__c"
    links.spread(feature, product, "Product2", among=products)
    links.any_of(feature, "zqu__ZFeature__c", "zqu__ZFeature__c")
    if found := links.of(feature, product):
        links.put(feature, zproduct, (own.get(at or 0) for at in found))


def subscribed_links(links: Links) -> None:
    """Fill what says of which rate plan of the catalogue, of which charge, something is.

    Names in parentheses are no fields; fields with Zuora ids are made from them.
    """
    sub, plan, charge = (
        _z("Subscription"),
        _z("SubscriptionRatePlan"),
        _z("SubscriptionProductCharge"),
    )
    own, own_charge = "zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c"
    links.any_of(plan, "(plan)", own)
    subs = links.of(plan, sub) or ()
    if subs:
        links.put(plan, "(amendment)", (at if at and at % 4 == 0 else None for at in subs))
        pick = _picker([at or 0 for at in subs])
        of_features = enumerate(links.of(_z("SubscriptionProductFeature"), sub) or ())
        links.put(_z("SubscriptionProductFeature"), "(plan)",
                  [pick(owner or 0, at) for at, owner in of_features])  # fmt: skip
    charges = links.of(own_charge, own) or ()
    first = {owner or 0: number for number, owner in reversed(list(enumerate(charges, 1)))}
    links.follow(charge, "(own plan)", plan, plan, "(plan)")
    if (plans := links.of(charge, "(own plan)")) is not None:
        links.put(charge, "(charge)", (first.get(at or 0) for at in plans))
