"""Zuora's objects that no 360 object type stands behind: their bookmarks are nobody's here.

From Zuora's list of data source objects (Data Source Export, AQuA). A stream that carries one of
these names, perhaps with something before or behind it, is known; any other name that no object
type of the catalogue explains is not.
"""

from __future__ import annotations

from typing import Final

NOT_SYNCED: Final = (
    "AccountingCode", "AccountingPeriod", "Amendment", "ApplicationGroup", "AttachmentFile",
    "BillingPreviewRun", "BillingRun", "BookingTransaction", "CalendarGroup", "ChargeMetrics",
    "ChargeMetricsDiscountAllocationDetail", "ChargeRevenueSummary", "CommunicationProfile",
    "ContactSnapshot", "CreditBalanceAdjustment", "CreditMemoApplicationItem",
    "CreditMemoInvoiceAllocation", "CreditMemoPartItem", "CreditTaxationItem",
    "CustomExchangeRate", "DailyConsumptionSummary", "DebitTaxationItem",
    "DeliveryAdjustment", "DiscountAllocationDetail", "DiscountAppliedMetrics", "DiscountClass",
    "Entity", "ExportJob", "Fulfillment", "FulfillmentItem", "FxCustomRate",
    "ImportJob", "InvoiceAdjustment", "InvoiceFile", "InvoiceHistory", "InvoiceItemAdjustment",
    "InvoiceSplit", "InvoiceSplitItem", "JournalEntry", "JournalEntryDetailRefundInvoicePayment",
    "JournalEntryItem", "JournalRun", "Offer", "OpenPaymentMethodType", "Order", "OrderAction",
    "OrderActionRatePlan", "OrderDelta", "OrderDeltaMrr", "OrderDeltaTcb", "OrderDeltaTcv",
    "OrderElp", "OrderItem", "OrderLineItem", "OrderMrr", "OrderQuantity", "OrderTcb", "OrderTcv",
    "OrdersTransaction", "PaymentApplicationItem", "PaymentGatewayReconciliationEventLog",
    "PaymentGatewayReconciliationJob", "PaymentMethodSnapshot", "PaymentMethodTransactionLog",
    "PaymentMethodUpdate", "PaymentPartItem", "PaymentRun", "PaymentSchedule",
    "PaymentScheduleItem", "PaymentTransactionLog", "PaymentReconciliationJob",
    "PaymentReconciliationLog", "PrepaidBalance", "PrepaidBalanceFund",
    "PrepaidBalanceTransaction", "PriceBookItem", "ProcessedUsage", "ProductChargeDefinition",
    "Ramp", "RampInterval", "RampIntervalMetrics", "RatingDetail", "RatingResult",
    "RefundApplicationItem", "RefundPartItem", "RefundTransactionLog", "RevenueChargeSummary",
    "RevenueChargeSummaryItem", "RevenueEvent", "RevenueEventItem",
    "RevenueEventItemCreditMemoItem",
    "RevenueEventItemDebitMemoItem", "RevenueEventItemInvoiceItem", "RevenueEventType",
    "RevenueSchedule", "RevenueScheduleItem", "RevenueScheduleItemCreditMemoItem",
    "RevenueScheduleItemDebitMemoItem", "RevenueScheduleItemInvoiceItem",
    "RevenueScheduleItemInvoiceItemAdjustment", "StoredCredentialProfile",
    "SubscriptionOfferHistory", "SubscriptionStatusHistory", "SubscriptionVersionAmendment",
    "TaxationItemAdjustment", "UpdaterBatch", "UpdaterDetail", "Usage", "User",
    "ValidityPeriodSummary",
)  # fmt: skip
