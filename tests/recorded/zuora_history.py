"""What happened in the recorded Zuora tenant: a catalogue, sixteen customers, then a busy week.

`tell` fills a `Tenant`. The busy week (`WEEK`) lies between the two recorded runs, so that the
second one, which is incremental, has something to send: changes, new rows and a deleted one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.recorded.zuora_tenant import Tenant, zuora_id

WEEK = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

_COMPANIES = ("Aurora Freight", "Bäckerei Groß & Söhne", 'Cobalt "Blue" Labs', "Dune, Inc.")
_PEOPLE = (("Ana", "Silva"), ("Björn", "Åkesson"), ("Chen", "Wei"), ("Dara", "O'Neill"))
_CITIES = (("Lisboa", "Portugal"), ("Malmö", "Sweden"), ("Zürich", "Switzerland"))
_PLANS = (("Starter", "49"), ("Team", "199.5"), ("Enterprise", "1250"))


def tell() -> Tenant:
    """The whole history, told once."""
    tenant = Tenant()
    for plan, (name, _) in enumerate(_PLANS):
        _add_product(tenant, plan, name)
    for customer in range(16):
        _add_customer(tenant, customer)
    _busy_week(tenant)
    return tenant


def _add_product(tenant: Tenant, plan: int, name: str) -> None:
    start, end = "2024-01-01", "2034-01-01"
    product = tenant.add(
        "Product", plan, Name=f"{name} Edition", SKU=f"SKU-{plan:08}", Description="",
        Category="Base Products", EffectiveStartDate=start, EffectiveEndDate=end,
    )  # fmt: skip
    for billing in ("Month", "Annual"):
        rate_plan = tenant.add(
            "ProductRatePlan", (plan, billing), Name=f"{name} {billing}", Description="",
            Product_Id=product, EffectiveStartDate=start, EffectiveEndDate=end,
        )  # fmt: skip
        tenant.add(
            "ProductRatePlanCharge", (plan, billing), Name=f"{name} fee",
            ChargeModel="Per Unit Pricing", ChargeType="Recurring", BillingPeriod=billing,
            UOM="Seat", ListPriceBase="Per Billing Period", DefaultQuantity="1",
            ProductRatePlan_Id=rate_plan,
        )  # fmt: skip


def _add_customer(tenant: Tenant, number: int) -> None:
    account = zuora_id("Account", number)
    contact = _add_contact(tenant, number, account)
    _add_account(tenant, number, contact)
    for version in range(1 + number % 2):
        _add_subscription(tenant, number, version, account)
    for month in range(1 + number % 3):
        _add_bill(tenant, number, month, contact)


def _add_contact(tenant: Tenant, number: int, account: str) -> str:
    first, last = _PEOPLE[number % len(_PEOPLE)]
    city, country = _CITIES[number % len(_CITIES)]
    return tenant.add(
        "Contact", number, FirstName=first, LastName=last, City=city, Country=country,
        WorkEmail=f"billing{number}@example.com", Address1=f"{number + 1} Market Square",
        PostalCode=f"{10115 + number}", Account_Id=account,
    )  # fmt: skip


def _add_account(tenant: Tenant, number: int, contact: str) -> None:
    company = _COMPANIES[number % len(_COMPANIES)]
    tenant.add(
        "Account", number, AccountNumber=f"A{number + 1:08}", Name=f"{company} {number + 1}",
        Status="Active", Currency=("EUR", "USD", "SEK")[number % 3], Balance="0", MRR="49",
        AutoPay=("true", "false")[number % 2], Batch=f"Batch{1 + number % 5}",
        BillCycleDay=str(1 + number % 28), PaymentTerm="Net 30", CrmId=f"001Ws00000{number:05}",
        LastInvoiceDate="2026-10-01", SequenceSetId="", BillTo_Id=contact, SoldTo_Id=contact,
    )  # fmt: skip


def _add_subscription(tenant: Tenant, number: int, version: int, account: str) -> None:
    key = (number, version)
    start = date(2024, 1 + number % 12, 1) + timedelta(days=366 * version)
    subscription = tenant.add(
        "Subscription", key, Name=f"A-S{number + 1:08}", Status="Active", TermType="TERMED",
        Version=str(version + 1), AutoRenew="true", InitialTerm="12", RenewalTerm="12",
        ContractEffectiveDate=f"{start}", TermStartDate=f"{start}", Notes="",
        TermEndDate=f"{start + timedelta(days=365)}", Account_Id=account,
    )  # fmt: skip
    if version:
        _add_amendment(tenant, key, start, subscription)
    _add_rate_plan(tenant, key, start, subscription)


def _add_amendment(
    tenant: Tenant, key: object, start: date, subscription: str, at: datetime | None = None
) -> None:
    tenant.add(
        "Amendment", key, at=at, Code=f"A-AM{zuora_id(key)[-8:]}", Name="Renewal",
        Type="Renewal", Status="Completed", EffectiveDate=f"{start}",
        ContractEffectiveDate=f"{start}", SubType="", Subscription_Id=subscription,
    )  # fmt: skip


def _add_rate_plan(tenant: Tenant, key: tuple[int, int], start: date, subscription: str) -> None:
    plan = key[0] % len(_PLANS)
    name, price = _PLANS[plan]
    rate_plan = tenant.add(
        "RatePlan", key, Name=f"{name} Month", AmendmentType="", Subscription_Id=subscription,
        ProductRatePlan_Id=zuora_id("ProductRatePlan", (plan, "Month")),
    )  # fmt: skip
    tenant.add(
        "RatePlanCharge", key, ChargeNumber=f"C-{key[0] * 2 + key[1] + 1:08}",
        Name=f"{name} fee", ChargeType="Recurring", ChargeModel="Per Unit Pricing", MRR=price,
        TCV=f"{float(price) * 12:g}", Quantity="1", UOM="Seat", Version="1",
        IsLastSegment="true", EffectiveStartDate=f"{start}",
        EffectiveEndDate=f"{start + timedelta(days=365)}", ChargedThroughDate="2026-11-01",
        RatePlan_Id=rate_plan,
        ProductRatePlanCharge_Id=zuora_id("ProductRatePlanCharge", (plan, "Month")),
    )  # fmt: skip


def _add_bill(
    tenant: Tenant, number: int, month: int, contact: str, at: datetime | None = None
) -> None:
    """An invoice with two items, and the payment that settled it."""
    key, price = (number, month), _PLANS[number % len(_PLANS)][1]
    invoiced = date(2026, 8 + month, 1)
    invoice = tenant.add(
        "Invoice", key, at=at, InvoiceNumber=f"INV{number * 4 + month + 1:08}", Status="Posted",
        Amount=price, Balance="0", TaxAmount="0", InvoiceDate=f"{invoiced}",
        DueDate=f"{invoiced + timedelta(days=30)}", PostedDate=f"{invoiced}T04:00:00Z",
        SourceType="BillRun", IncludesUsage="false", Account_Id=zuora_id("Account", number),
        BillToContact_Id=contact,
    )  # fmt: skip
    for item in range(2):
        _add_invoice_item(tenant, (*key, item), invoice, at)
    _add_payment(tenant, key, price, invoice, at)


def _add_invoice_item(
    tenant: Tenant, key: tuple[int, int, int], invoice: str, at: datetime | None
) -> None:
    number, month, item = key
    start = date(2026, 8 + month, 1 + 15 * item)
    price = float(_PLANS[number % len(_PLANS)][1]) / 2
    tenant.add(
        "InvoiceItem", key, at=at, ChargeName=f"{_PLANS[number % len(_PLANS)][0]} fee",
        ChargeAmount=f"{price:g}", Quantity="1", UOM="Seat", UnitPrice=f"{price:g}",
        TaxAmount="0", ServiceStartDate=f"{start}", ServiceEndDate=f"{start.replace(day=28)}",
        Invoice_Id=invoice, Subscription_Id=zuora_id("Subscription", (number, 0)),
        RatePlanCharge_Id=zuora_id("RatePlanCharge", (number, 0)),
    )  # fmt: skip


def _add_payment(
    tenant: Tenant, key: tuple[int, int], amount: str, invoice: str, at: datetime | None
) -> None:
    payment = tenant.add(
        "Payment", key, at=at, PaymentNumber=f"P-{key[0] * 4 + key[1] + 1:08}",
        Status="Processed", Type="Electronic", Amount=amount, Gateway="Test Gateway",
        EffectiveDate="2026-10-05", Account_Id=zuora_id("Account", key[0]),
    )  # fmt: skip
    tenant.add(
        "InvoicePayment", key, at=at, Amount=amount, RefundAmount="0", Invoice_Id=invoice,
        Payment_Id=payment,
    )  # fmt: skip
    tenant.add(
        "PaymentTransactionLog", key, at=at, Gateway="Test Gateway", GatewayState="Settled",
        GatewayReasonCode="00", Payment_Id=payment,
    )  # fmt: skip


def _busy_week(tenant: Tenant) -> None:
    """Two changed accounts, a new product price, a lost contact, three bills and a renewal."""
    for number in (2, 7):
        tenant.change("Account", number, WEEK, Balance="199.5", AutoPay="false")
    tenant.change("Product", 1, WEEK, Description="New price from December")
    tenant.delete("Contact", 15, WEEK)
    for day, number in enumerate((2, 7, 11), start=1):
        at = WEEK + timedelta(days=day)
        _add_bill(tenant, number, 3, zuora_id("Contact", number), at)
    subscription = zuora_id("Subscription", (4, 0))
    tenant.change("Subscription", (4, 0), WEEK, Notes="Renewed", TermEndDate="2027-05-01")
    _add_amendment(tenant, (4, 1), date(2026, 5, 1), subscription, WEEK)
