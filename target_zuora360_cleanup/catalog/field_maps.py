"""Which fields of Zuora's records go into which fields of the 360 objects, as data.

Sources: Zuora's pages "Sync field mappings" of Account, Subscription and Product Catalog objects,
and the packages' own metadata for what those pages leave out. The org's describe decides which
fields there are; a map may name more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ZUORA, QUOTES = "Zuora__", "zqu__"
DELETED: Final = "Deleted"
"""A field of the tap's own, which says that a record is deleted in Zuora (AQuA)."""


@dataclass(frozen=True)
class Parent:
    """A lookup that a record's own field fills.

    Attributes:
        source: Zuora's field, which holds the parent's Zuora id.
        lookup: API name of the Salesforce field.
        object: API name of the parent.
    """

    source: str
    lookup: str
    object: str


@dataclass(frozen=True)
class FieldMap:
    """How the records of one stream fill one object type.

    Attributes:
        stream: Name of the Zuora object.
        object: API name of the 360 object.
        fields: Zuora's field -> API names of the Salesforce fields that get its value.
        parents: Lookups to other 360 objects.
        account: Zuora's field with the id of the Salesforce Account, where a record has no place
            without one.
        status: Zuora's field that tells whether a record belongs to the 360 objects.
        elsewhere: Values of it with which a record does not; a row that is there is removed.
    """

    stream: str
    object: str
    fields: Mapping[str, tuple[str, ...]]
    parents: tuple[Parent, ...] = field(default=())
    account: str = ""
    status: str = ""
    elsewhere: frozenset[str] = frozenset()

    def deleted_flag(self) -> str:
        """The Salesforce field that marks what is deleted in Zuora; blank if there is none."""
        return next(iter(self.fields.get(DELETED, ())), "")


def _map(  # noqa: PLR0913 - one row of the table below
    prefix: str,
    stream: str,
    name: str,
    fields: str,
    parents: str = "",
    *,
    account: str = "",
    elsewhere: str = "",
) -> FieldMap:
    """One map from a short notation.

    Args:
        prefix: Namespace of the object's fields, and of the object unless `name` is a standard one.
        stream: Name of the Zuora object.
        name: The object's name without namespace and suffix; `Product2` is taken as it is.
        fields: Words `Source=Field,Field`; a single word stands for both. Fields are written
            without namespace and suffix, standard ones with a dot in front.
        parents: Words `Source=Lookup>Object`, written in the same way.
        account: As in `FieldMap`.
        elsewhere: Values of `Status`.
    """
    pairs = (word.partition("=") for word in fields.split())
    links = (word.partition("=") for word in parents.split())
    return FieldMap(
        stream,
        _api_name(prefix, name),
        MappingProxyType(
            {
                source: tuple(_field(prefix, each) for each in (to or source).split(","))
                for source, _, to in pairs
            }
        ),
        tuple(
            Parent(source, _field(prefix, lookup), _api_name(prefix, parent))
            for source, _, (lookup, _, parent) in (
                (source, sign, to.partition(">")) for source, sign, to in links
            )
        ),
        account,
        "Status" if elsewhere else "",
        frozenset(elsewhere.split()),
    )


def _api_name(prefix: str, name: str) -> str:
    return name if name == "Product2" else f"{prefix}{name}__c"


def _field(prefix: str, name: str) -> str:
    return name[1:] if name.startswith(".") else f"{prefix}{name}__c"


_MEMO = "MemoNumber=.Name Amount MemoDate Status ReasonCode Comments"
_OF_ACCOUNT = "AccountId=BillingAccount>CustomerAccount"

FIELD_MAPS: Final = (
    _map(ZUORA, "Account", "CustomerAccount",
         "Id=Zuora_Id Name=.Name AccountNumber Status Balance CreditBalance=Credit_Balance "
         "TotalInvoiceBalance Currency MRR Batch BillCycleDay AutoPay AllowInvoiceEdit PaymentTerm "
         "BillToId SoldToId InvoiceTemplateId CommunicationProfileId=Communication_Profile_Id "
         "LastInvoiceDate Notes PurchaseOrderNumber SalesRepName TaxExemptStatus "
         "TaxExemptCertificateID VATId=VAT_Id CrmId=Account",
         "ParentId=Parent>CustomerAccount "
         "DefaultPaymentMethodId=Default_Payment_Method>PaymentMethod "
         "BillToId=BillToContact>ZContact SoldToId=SoldToContact>ZContact", account="CrmId"),
    _map(ZUORA, "Subscription", "Subscription",
         "Id=Zuora_Id Name=.Name,SubscriptionNumber Status Version TermType=TermSettingType "
         "SubscriptionStartDate SubscriptionEndDate TermStartDate "
         "TermEndDate=TermEndDate,NextRenewalDate ContractEffectiveDate ContractAcceptanceDate "
         "ServiceActivationDate CancelledDate AutoRenew InitialTerm InitialTermPeriodType "
         "CurrentTerm RenewalTerm MRR TCV NextChargeDate OriginalId PreviousSubscriptionId "
         "OriginalCreatedDate=OriginalCreated_Date Notes QuoteNumber__QT QuoteType__QT "
         "QuoteBusinessType__QT OpportunityName__QT OpportunityCloseDate__QT",
         "AccountId=CustomerAccount>CustomerAccount InvoiceOwnerId=InvoiceOwner>CustomerAccount",
         # A new version takes the number of the one before, which must be unique.
         elsewhere="Expired Draft"),
    _map(ZUORA, "RatePlan", "SubscriptionRatePlan",
         "Name=.Name ProductRatePlanId AmendmentId AmendmentType AmendmentSubscriptionRatePlanId "
         "OriginalSrpId=OriginalSubscriptionRatePlanId",
         "SubscriptionId=Subscription>Subscription"),
    _map(ZUORA, "RatePlanCharge", "SubscriptionProductCharge",
         "Id=Zuora_Id Name=.Name ChargeNumber RatePlanId ChargeModel=Model ChargeType=Type Price "
         "Quantity UOM MRR=MonthlyRecurringRevenue TCV=TotalContractValue DMRC DTCV BillingPeriod "
         "BillCycleDay BillCycleType BillingTiming EffectiveStartDate EffectiveEndDate "
         "ChargedThroughDate ProcessedThroughDate TriggerDate TriggerEvent Segment IsLastSegment "
         "Version OriginalId ProductRatePlanChargeId UpToPeriods RevRecCode AccountingCode "
         "Description",
         "RatePlanId=SubscriptionRatePlan>SubscriptionRatePlan "
         "SubscriptionId=Subscription>Subscription"),
    _map(ZUORA, "SubscriptionProductFeature", "SubscriptionProductFeature",
         "Name=.Name FeatureName FeatureCode FeatureDescription",
         "SubscriptionId=Subscription>Subscription"),
    _map(ZUORA, "Contact", "ZContact",
         "FirstName LastName WorkEmail WorkPhone Address1 City State PostalCode Country"),
    _map(ZUORA, "Invoice", "ZInvoice",
         "Id=Zuora_Id,ZuoraId InvoiceNumber=.Name Amount=TotalAmount Balance=Balance2 "
         "Comments=Description InvoiceDate DueDate TargetDate PostedDate "
         "CreatedDate=GeneratedDate Status "
         "CreditBalanceAdjustmentAmount Reversed=ReverseFlag", _OF_ACCOUNT,
         elsewhere="Draft Canceled Error Generating"),
    _map(ZUORA, "InvoiceItem", "InvoiceItem",
         "Id=Zuora_Id ChargeName ChargeAmount TaxAmount Quantity UnitPrice ServiceStartDate "
         "ServiceEndDate ProcessingType AccountingCode",
         "InvoiceId=Invoice>ZInvoice SubscriptionId=Subscription>Subscription "
         "RatePlanChargeId=SubscriptionRatePlanCharge>SubscriptionProductCharge "
         "AppliedToInvoiceItemId=AppliedToInvoiceItem>InvoiceItem"),
    _map(ZUORA, "Payment", "Payment",
         "Id=Zuora_Id PaymentNumber=.Name Amount Status EffectiveDate=Effective_Date Type Gateway "
         "GatewayResponse=Gateway_Response GatewayState AppliedInvoiceAmount "
         "RefundAmount=RefundedAmount",
         f"{_OF_ACCOUNT} PaymentMethodId=Payment_Method>PaymentMethod"),
    _map(ZUORA, "InvoicePayment", "PaymentInvoice", "Amount=ApplyAmount RefundAmount",
         "PaymentId=Payment>Payment InvoiceId=Invoice>ZInvoice"),
    _map(ZUORA, "PaymentMethod", "PaymentMethod",
         "Name=Name Type Active CreditCardMaskNumber=CreditCardNumber CreditCardType "
         "CreditCardHolderName CreditCardExpirationMonth CreditCardExpirationYear AchAccountName "
         "AchBankName BankTransferAccountName", _OF_ACCOUNT),
    _map(ZUORA, "Refund", "Refund", "RefundNumber=.Name Amount RefundDate Status Type MethodType",
         f"{_OF_ACCOUNT} PaymentId=Payment>Payment"),
    _map(ZUORA, "RefundInvoicePayment", "RefundInvoicePayment", "RefundAmount",
         "RefundId=Refund>Refund InvoicePaymentId=InvoicePayment>PaymentInvoice"),
    _map(ZUORA, "CreditMemo", "CreditMemo", f"{_MEMO} AppliedAmount UnappliedAmount",
         f"{_OF_ACCOUNT} InvoiceId=Invoice>ZInvoice"),
    _map(ZUORA, "DebitMemo", "DebitMemo", f"{_MEMO} Balance DueDate",
         f"{_OF_ACCOUNT} InvoiceId=Invoice>ZInvoice"),
    _map(ZUORA, "RatePlanChargeTier", "SubscriptionRatePlanChargeTier",
         "Tier Price StartingUnit EndingUnit PriceFormat",
         "RatePlanChargeId=SubscriptionProductCharge>SubscriptionProductCharge"),
    _map(ZUORA, "TaxationItem", "TaxationItem",
         "TaxAmount TaxRate TaxCode Jurisdiction TaxDate ExemptAmount",
         "InvoiceItemId=Invoice_Item>InvoiceItem"),
    _map(ZUORA, "CreditMemoItem", "CreditMemoItem",
         "Amount Description ServiceStartDate",
         "CreditMemoId=CreditMemo>CreditMemo InvoiceItemId=InvoiceItem>InvoiceItem"),
    _map(ZUORA, "CreditMemoPart", "CreditMemoPart", "Amount",
         "CreditMemoId=CreditMemo>CreditMemo DebitMemoId=DebitMemo>DebitMemo "
         "InvoiceId=Invoice>ZInvoice"),
    _map(ZUORA, "DebitMemoItem", "DebitMemoItem",
         "Amount Description ServiceStartDate",
         "DebitMemoId=DebitMemo>DebitMemo InvoiceItemId=InvoiceItem>InvoiceItem"),
    _map(ZUORA, "PaymentPart", "PaymentPart", "Amount",
         "PaymentId=Payment>Payment InvoiceId=Invoice>ZInvoice DebitMemoId=DebitMemo>DebitMemo"),
    _map(ZUORA, "RefundPart", "RefundPart", "Amount",
         "RefundId=Refund>Refund PaymentId=Payment>Payment CreditMemoId=CreditMemo>CreditMemo"),
    _map(ZUORA, "UnitOfMeasure", "UnitOfMeasure", "UomName=.Name DecimalPlaces RoundingMode"),
    _map(QUOTES, "UnitOfMeasure", "ZUnitOfMeasure",
         "UomName=.Name DecimalPlaces RoundingMode DisplayedAs=Displayed_As Active"),
    _map(QUOTES, "Product", "Product2",
         "Name=.Name Description=.Description SKU=SKU,SKU2 Category EffectiveStartDate "
         "EffectiveEndDate AllowFeatureChanges=Allow_Feature_Changes Deleted"),
    _map(QUOTES, "Product", "ZProduct",
         "Name=.Name SKU Description Category EffectiveStartDate EffectiveEndDate Deleted"),
    _map(QUOTES, "ProductRatePlan", "ProductRatePlan",
         "Name=.Name,ProductRatePlanFullName ActiveCurrencies Description EffectiveStartDate "
         "EffectiveEndDate Deleted",
         "ProductId=Product>Product2 ProductId=ZProduct>ZProduct"),
    _map(QUOTES, "ProductRatePlanCharge", "ProductRatePlanCharge",
         "Name=.Name,ProductRatePlanChargeFullName ChargeType=Type ChargeModel=Model "
         "ListPriceBase BillingPeriod=RecurringPeriod BillCycleDay BillCycleType BillingTiming "
         "DefaultQuantity=Default_Quantity MinQuantity MaxQuantity IncludedUnits Taxable TaxCode "
         "TaxMode RevRecCode=RevRecCode2 TriggerEvent UpToPeriods=Upto_How_Many_Periods "
         "DiscountLevel=Discount_Level UOM Description Deleted",
         "ProductRatePlanId=ProductRatePlan>ProductRatePlan"),
    _map(QUOTES, "ProductRatePlanChargeTier", "ProductRatePlanChargeTier",
         "Tier=.Name,Tier Price StartingUnit EndingUnit Currency=Currency2 "
         "PriceFormat=PriceFormat2 DiscountAmount DiscountPercentage IsOveragePrice Active Deleted",
         "ProductRatePlanChargeId=ProductRatePlanCharge>ProductRatePlanCharge"),
    _map(QUOTES, "Feature", "ZFeature",
         "Name=.Name,FeatureFullName FeatureCode=Code Status Description Deleted"),
    _map(QUOTES, "ProductFeature", "ZProductFeature", "Deleted",
         "FeatureId=ZFeature>ZFeature ProductId=Product>Product2 ProductId=ZProduct>ZProduct"),
)  # fmt: skip
