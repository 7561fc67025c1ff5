"""The catalogue of 360 object types: what a cleanup covers, as data to be read line by line.

Sources: Zuora's field maps of Account, Subscription and Product Catalog objects, the page "About
360 Sync Cleanup" for the scope, and the packages' own metadata for external id fields. What an org
really has, and the order of deletion, come from the org's describe, not from here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from typing_extensions import override

ObjectGroup = Literal["accounts", "product_catalog"]
GROUPS: Final[tuple[ObjectGroup, ...]] = ("accounts", "product_catalog")
NAMESPACES: Final = ("Zuora__", "zqu__")


BILLING_ACCOUNT: Final = "Zuora__CustomerAccount__c"
CONTACT: Final = "Zuora__ZContact__c"
CHOSEN: Final = ":only_accounts"
"""Stands in SOQL for the list of the billing accounts that a cleanup is limited to."""


@dataclass(frozen=True)
class Condition:
    """A SOQL condition that tells some rows of an object: one of its fields meets a test.

    Attributes:
        fields: API names, with dots where they are reached over relationships.
        test: Such as `!= null`.
        inverse: What the other rows meet; blank where no query of theirs can be put.
    """

    fields: tuple[str, ...]
    test: str
    inverse: str = ""

    @override
    def __str__(self) -> str:
        """The condition, ready to stand beside others."""
        each = " OR ".join(f"{field} {self.test}" for field in self.fields)
        return each if len(self.fields) == 1 else f"({each})"

    @property
    def outside(self) -> str:
        """What all rows meet that belong to no chosen billing account, and some others.

        Where accounts are named in parts, a row of another part meets it too. (Whether `NOT IN`
        holds of a blank field is left open: it is asked for by itself.)
        """
        test = f"NOT IN {CHOSEN}"
        return " AND ".join(f"({field} {test} OR {field} = null)" for field in self.fields)

    @property
    def levels(self) -> int:
        """How many relationships the longest of its fields is reached over."""
        return max(field.count(".") for field in self.fields)

    def seen_from(self, relationships: str, field: str = "") -> Condition:
        """The same of the rows that a lookup of others leads to.

        Args:
            relationships: Names of relationships with dots between, up to these rows.
            field: The lookup itself with all before it; where it is given, it is asked in place
                of the ids of these rows.
        """
        fields = tuple(
            field if field and each == "Id" else f"{relationships}.{each}" for each in self.fields
        )
        return replace(self, fields=fields)


@dataclass(frozen=True)
class ObjectType:
    """One Salesforce object that holds Zuora's records.

    Attributes:
        api_name: The Salesforce API name.
        label: What a person calls it.
        group: The object group that it is cleaned with.
        external_ids: External id fields, the one to prefer first; the org's describe decides.
        streams: Names of the Zuora objects (so of the tap's streams) whose records feed it.
        rows: Tells its rows that are cleaned from others; None where all of them are.
        dates: Zuora date fields that tell how old the data is.
        links: Lookups to itself that go with the rows, as (field, label).
        reference: Whether it is the package's own reference data, which goes last.
        not_loaded: Why mode `sync` does not fill it; blank where `field_maps.tsv` says how it does.
    """

    api_name: str
    label: str
    group: ObjectGroup
    external_ids: tuple[str, ...]
    streams: tuple[str, ...]
    rows: Condition | None = None
    dates: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    reference: bool = False
    not_loaded: str = ""

    @property
    def where(self) -> str:
        """SOQL condition that tells its rows from others; blank where all of them are cleaned."""
        return str(self.rows) if self.rows else ""

    @property
    def others(self) -> str:
        """SOQL condition that tells the other rows; blank where there are none, or no query can."""
        rows = self.rows
        return str(Condition(rows.fields, rows.inverse)) if rows and rows.inverse else ""

    @property
    def is_chosen(self) -> bool:
        """Whether only the rows below chosen billing accounts are cleaned."""
        return bool(self.rows and CHOSEN in self.rows.test)


def _account(  # noqa: PLR0913 - one row of the table below
    name: str,
    label: str,
    *streams: str,
    key: tuple[str, ...] = ("External_Id",),
    dates: tuple[str, ...] = (),
    links: tuple[tuple[str, str], ...] = (),
    reference: bool = False,
    not_loaded: str = "",
) -> ObjectType:
    return ObjectType(
        f"Zuora__{name}__c",
        label,
        "accounts",
        tuple(f"Zuora__{field}__c" for field in key),
        streams,
        dates=tuple(f"Zuora__{field}__c" for field in dates),
        links=links,
        reference=reference,
        not_loaded=not_loaded,
    )


def _catalog(name: str, label: str, *streams: str, not_loaded: str = "") -> ObjectType:
    return ObjectType(
        f"zqu__{name}__c",
        label,
        "product_catalog",
        ("zqu__ZuoraId__c",),
        streams,
        not_loaded=not_loaded,
    )


# Payments and their kin keep the unique key in EXT_ID; their External_Id is marked deprecated.
_PAYMENT_KEY = ("EXT_ID", "External_Id")
# The bill-to and sold-to contacts are flattened into the billing account, so Contact feeds it too.
_HIERARCHIES = (("Zuora__Parent__c", "Customer Hierarchies"),)

OBJECTS: Final[tuple[ObjectType, ...]] = (
    # Accounts & Related Objects: the five that Zuora's page names ...
    _account("CustomerAccount", "Customer Account", "Account", "Contact", links=_HIERARCHIES),
    _account("Subscription", "Subscription", "Subscription",
             dates=("ContractEffectiveDate", "SubscriptionStartDate")),
    _account("SubscriptionProductCharge", "Subscription Product Charge", "RatePlanCharge",
             "SubscriptionProductCharge", "SubscriptionRatePlanCharge"),
    _account("ZInvoice", "Invoice", "Invoice", dates=("InvoiceDate",)),
    # ... what hangs below them ...
    _account("SubscriptionRatePlan", "Subscription Rate Plan", "RatePlan", "SubscriptionRatePlan"),
    _account("SubscriptionRatePlanChargeTier", "Subscription Rate Plan Charge Tier",
             "RatePlanChargeTier"),
    _account("SubscriptionProductFeature", "Subscription Product Feature",
             "SubscriptionProductFeature"),
    _account("InvoiceItem", "Invoice Item", "InvoiceItem"),
    _account("TaxationItem", "Taxation Item", "TaxationItem",
             key=("External_Id_Unique", "External_Id")),
    _account("Payment", "Payment", "Payment", key=_PAYMENT_KEY, dates=("EffectiveDate",)),
    _account("PaymentInvoice", "Invoice Payment", "InvoicePayment", "PaymentInvoice",
             key=_PAYMENT_KEY),
    _account("PaymentPart", "Payment Part", "PaymentPart", "PaymentApplication"),
    _account("PaymentMethod", "Payment Method", "PaymentMethod"),
    _account("Refund", "Refund", "Refund"),
    _account("RefundInvoicePayment", "Refund Invoice Payment", "RefundInvoicePayment",
             key=_PAYMENT_KEY),
    _account("RefundPart", "Refund Part", "RefundPart", "RefundApplication"),
    _account("CreditMemo", "Credit Memo", "CreditMemo"),
    _account("CreditMemoItem", "Credit Memo Item", "CreditMemoItem"),
    _account("CreditMemoPart", "Credit Memo Part", "CreditMemoPart", "CreditMemoApplication"),
    _account("DebitMemo", "Debit Memo", "DebitMemo"),
    _account("DebitMemoItem", "Debit Memo Item", "DebitMemoItem"),
    # (the histories are made from the versions of a subscription, so its streams feed them)
    _account("SubscriptionHistory", "Subscription History", "Subscription"),
    _account("SubscriptionRatePlanHistory", "Subscription Rate Plan History", "RatePlan"),
    _account("SubscriptionProductChargeHistory", "Subscription Product Charge History",
             "RatePlanCharge"),
    _account("SubscriptionChargeTierHistory", "Subscription Charge Tier History",
             "RatePlanChargeTier"),
    # ... and the package's own reference data.
    _account("ZContact", "ZContact", "Contact", reference=True),
    _account("Product", "Product", "Product", reference=True),
    _account("PaymentTerm", "Payment Term", "PaymentTerm", "Account", "Invoice", reference=True),
    _account("PaymentGateway", "Payment Gateway", "PaymentGateway", "Account", reference=True),
    _account("UnitOfMeasure", "Unit Of Measure", "UnitOfMeasure", "RatePlanCharge", "InvoiceItem",
             reference=True),
    # Product Catalog.
    _catalog("ProductRatePlanChargeTier", "Product Rate Plan Charge Tier",
             "ProductRatePlanChargeTier"),
    _catalog("ProductRatePlanChargePriceSummary", "Product Rate Plan Charge Price Summary",
             "ProductRatePlanChargeTier"),
    _catalog("ProductRatePlanCharge", "Product Rate Plan Charge", "ProductRatePlanCharge"),
    _catalog("ProductRatePlan", "Product Rate Plan", "ProductRatePlan"),
    _catalog("ZProductFeature", "Product Feature", "ProductFeature"),
    _catalog("ZFeature", "Feature", "Feature"),
    _catalog("ZProduct", "ZProduct", "Product"),
    # A product without a Zuora id is the customer's own.
    ObjectType("Product2", "Product", "product_catalog", ("zqu__ZuoraId__c",), ("Product",),
               rows=Condition(("zqu__ZuoraId__c",), "!= null", "= null")),
    _catalog("ZUnitOfMeasure", "Unit Of Measure (Quotes)", "UnitOfMeasure"),
)  # fmt: skip

BY_NAME: Final = {kind.api_name: kind for kind in OBJECTS}

NEVER: Final = frozenset({
    # Logs, settings and stubs of the packages: no Zuora records, no next sync brings them back.
    "Zuora__Sync_History__c", "zqu__Sync_History__c", "Zuora__CrmId_Change_Result__c",
    "Zuora__MigrationSettings__c", "Zuora__ZuoraConfig__c", "Zuora__ObjectStub__c",
    "zqu__Catalog_Sync_History__c", "zqu__ZuoraConfig__c", "zqu__BillingEntity__c",
    # Bundle options are written in Salesforce by hand.
    "zqu__ProductOptionGroup__c", "zqu__ProductOption__c", "zqu__ProductRatePlanOption__c",
    "zqu__ProductRatePlanChargeOption__c", "zqu__ProductRatePlanChargeTierOption__c",
})  # fmt: skip

QUOTE_PREFIX: Final = "zqu__Quote"


def of_package(api_name: str) -> bool:
    """Whether an object's API name carries one of the packages' namespaces."""
    return api_name.startswith(NAMESPACES)


def is_discoverable(api_name: str) -> bool:
    """Whether a package object that this catalogue doesn't list may go along with its parent.

    Newer package versions add objects below the known ones; Salesforce deletes them with their
    parents. Quotes, settings, logs and hand-made configuration never may.
    """
    return of_package(api_name) and api_name not in NEVER and not api_name.startswith(QUOTE_PREFIX)


def is_unlisted(api_name: str) -> bool:
    """Whether this catalogue doesn't list an object that may go along with its parent."""
    return api_name not in BY_NAME and is_discoverable(api_name)
