"""Whatever happens in Zuora while taps export it, and whoever dies: the org agrees in the end.

Every stream is exported at another moment. Taps end in the middle, loaders die between two requests
to Salesforce or in one, and Meltano before it has stored what a loader has written. Once Zuora
rests and nobody dies any more, the org holds what belongs there, with every value and every lookup,
and nothing else.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import CleanupError
from tests.support.dying import Died, dying
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.small_zuora import STREAMS, Event, SmallZuora, tap
from tests.support.syncs import KEY, Target, crm_id, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from tests.support.syncs import Message

MORE = int(os.environ.get("ZUORA360_EXAMPLES", "60"))
"""Examples of the slow test; 2,000 are tried by hand."""
PARTS = 4
"""Into which they are divided, for workers to share."""
QUIET_RUNS = 4
"""A run may find that what it brought back needs more, which the next one sends."""
CATALOG_KEY = "zqu__ZuoraId__c"


@dataclass(frozen=True)
class Run:
    """One `meltano run`.

    Attributes:
        events: What happens in Zuora before each stream is exported.
        messages: After so many the tap ends; None if it comes to its end.
        requests: So many requests to Salesforce are answered before the loader dies; None if it
            does not.
        in_request: Whether Salesforce has done what was asked when the loader dies.
        states: So many states of the loader's Meltano stores at most; None for all.
        batch: Rows a batch.
    """

    events: tuple[tuple[Event, ...], ...] = ((),) * len(STREAMS)
    messages: int | None = None
    requests: int | None = None
    in_request: bool = False
    states: int | None = None
    batch: int = 5


AT_FIRST: tuple[Event, ...] = ((0, 1, 1), (0, 4, 0), (7, 0, 1), (13, 0, 1), (7, 1, 2), (10, 0, 1))
"""Two accounts with subscriptions and an invoice: what happens to nothing is no example."""
NUMBERS = st.integers(0, 99)
ANYWHERE = st.integers(0, 45) | st.integers(0, 250)
"""Messages or requests; a run has up to so many of each."""
EVENTS = st.tuples(st.integers(0, 26), NUMBERS, NUMBERS)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Anything may happen in a run."""
    events: list[list[Event]] = [[] for _ in STREAMS]
    for each in draw(st.lists(EVENTS, max_size=14)):
        events[draw(st.sampled_from([0, 0, *range(len(STREAMS))]))].append(each)
    ends = draw(st.sampled_from(["well", "well", "tap", "loader", "loader", "meltano"]))
    return Run(
        tuple(map(tuple, events)),
        messages=draw(ANYWHERE) if ends == "tap" else None,
        requests=draw(ANYWHERE) if ends == "loader" else None,
        in_request=draw(st.booleans()),
        states=draw(st.integers(0, 3) | st.integers(0, 40)) if ends == "meltano" else None,
        batch=draw(st.sampled_from([1, 3, 8, 1000])),
    )


HISTORIES = st.lists(runs(), min_size=1, max_size=6)
SETUPS = st.tuples(st.booleans(), st.booleans())
"""Whether what is kept lasts, and whether an export from the start tells of what is deleted."""
ORDERS = st.sampled_from([tuple(sorted(STREAMS)), STREAMS, STREAMS[::-1]]) | st.permutations(
    STREAMS
).map(tuple)


@given(HISTORIES, ORDERS, SETUPS)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_between_runs_and_in_them_the_org_agrees_in_the_end(
    history: list[Run], order: tuple[str, ...], setup: tuple[bool, bool]
) -> None:
    check(history, order, *setup)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_many_more_histories_end_so_too(part: int) -> None:
    @seed(part)
    @settings(max_examples=MORE // PARTS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(HISTORIES, ORDERS, SETUPS)
    def any_history(history: list[Run], order: tuple[str, ...], setup: tuple[bool, bool]) -> None:
        check(history, order, *setup)

    any_history()


def check(
    history: list[Run],
    order: tuple[str, ...],
    lasts: bool,  # noqa: FBT001 - drawn
    tells_all: bool,  # noqa: FBT001 - drawn
) -> None:
    with Emulated(OrgOptions(records=20)) as server, tempfile.TemporaryDirectory() as folder:
        zuora = SmallZuora("zz", [crm_id(server.org, at) for at in range(3)])
        zuora.tells_all = tells_all
        for event in AT_FIRST:
            zuora.happen(event)
        kept = str(Path(folder) / "kept.sqlite") if lasts else ""
        meltano = Pipeline(server, zuora, order, Path(folder), kept)
        for each in history:
            meltano.run(each)
        for _ in range(QUIET_RUNS):
            error = meltano.run(Run())
            if zuora.untold:
                # (what nobody is told of stays, and may be in the way of others)
                return
            assert error is None, str(error)
            if not (wrong := differences(server, zuora, lasts=lasts)):
                return
        assert wrong == [], "; ".join(wrong)


@dataclass
class Pipeline:
    """A tap, a loader, and the state that is stored between runs."""

    server: EmulatorServer
    zuora: SmallZuora
    order: tuple[str, ...]
    folder: Path
    kept: str
    stored: dict[str, Any] | None = None

    def run(self, run: Run) -> BaseException | None:
        """One run; what its loader ended with."""
        said = tap(self.zuora, self.order, self.stored or {}, run.events)
        messages = list(islice(said, run.messages))
        out = io.StringIO()
        error = None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            try:
                with dying(run.requests, in_request=run.in_request):
                    self._load(messages, run.batch)
            except (CleanupError, Died) as exc:
                error = exc
        states = [json.loads(line) for line in out.getvalue().splitlines()][: run.states]
        if states:
            self.stored = states[-1]
        return error

    def _load(self, messages: list[Message], batch: int) -> None:
        config = {
            "mode": "sync", "output_dir": str(self.folder / "out"), "batch_size_rows": batch,
            "kept_file": self.kept, **login(self.server),
        }  # fmt: skip
        text = "".join(json.dumps(each) + "\n" for each in messages)
        Target(config=config).listen(io.StringIO(text))


def differences(server: EmulatorServer, zuora: SmallZuora, *, lasts: bool) -> list[str]:
    """Where the org is not as Zuora has it."""
    found = []
    for name, (key, wanted) in expected(zuora, lasts=lasts).items():
        fields = {field: None for row in wanted.values() for field in row}
        there = actual(server, name, key, list(fields), zuora.prefix)
        found += [f"{name} {each} is missing" for each in wanted.keys() - there.keys()]
        found += [
            f"{name} {each} does not belong there"
            for each in there.keys() - wanted.keys()
            # (of the catalogue nothing goes that quotes may use)
            if key != CATALOG_KEY
        ]
        found += [
            f"{name} {each} {field}: {there[each][field]!r}, and not {value!r}"
            for each in wanted.keys() & there.keys()
            for field, value in wanted[each].items()
            if there[each][field] != value
        ]
    return sorted(found)


Rows = dict[str, dict[str, Any]]


def actual(server: EmulatorServer, name: str, key: str, fields: list[str], prefix: str) -> Rows:
    soql = f"SELECT {', '.join([key, *fields])} FROM {name} WHERE {key} LIKE '{prefix}%'"
    return {row[key]: {each: _at(row, each) for each in fields} for row in rows(server.org, soql)}


def _at(row: dict[str, Any] | None, path: str) -> Any:
    name, _, rest = path.partition(".")
    value = row[name] if row else None
    return _at(value, rest) if rest else value


def expected(zuora: SmallZuora, *, lasts: bool) -> dict[str, tuple[str, Rows]]:
    """What belongs into an org, by object: its key, and its rows."""

    def own(stream: str, **fields: str) -> Rows:
        return {
            key: {to: record[source] for to, source in fields.items()}
            for key, record in zuora.live(stream).items()
            if zuora.belongs(stream, key)
        }

    def past(stream: str, **fields: str) -> Rows:
        return {
            key: {to: record[source] for to, source in fields.items()}
            for key, record in zuora.live(stream).items()
            if zuora.belongs_to_history(stream, key)
        }

    def lead(found: Rows, stream: str, belongs: Callable[[str, str | None], bool],
             **lookups: tuple[str, str]) -> Rows:  # fmt: skip
        for key, row in found.items():
            for lookup, (source, to) in lookups.items():
                parent = zuora.records[stream][key][source]
                row[f"{lookup}.{KEY}"] = parent if belongs(to, parent) else None
        return found

    is_there = zuora.belongs
    accounts = lead(
        own("Account", Name="Name", Zuora__Account__c="CrmId"), "Account", is_there,
        Zuora__Parent__r=("ParentId", "Account"),
        Zuora__Default_Payment_Method__r=("DefaultPaymentMethodId", "PaymentMethod"),
    )  # fmt: skip
    methods = lead(own("PaymentMethod"), "PaymentMethod", is_there,
                   Zuora__BillingAccount__r=("AccountId", "Account"))  # fmt: skip
    subscriptions = lead(
        own("Subscription", Name="Name"), "Subscription", is_there,
        Zuora__CustomerAccount__r=("AccountId", "Account"),
        Zuora__InvoiceOwner__r=("InvoiceOwnerId", "Account"),
    )  # fmt: skip
    charges = lead(
        own("RatePlanCharge", Name="Name"), "RatePlanCharge", is_there,
        Zuora__Subscription__r=("SubscriptionId", "Subscription"),
        Zuora__SubscriptionRatePlan__r=("RatePlanId", "RatePlan"),
    )  # fmt: skip
    items = lead(
        own("InvoiceItem"), "InvoiceItem", is_there,
        Zuora__Invoice__r=("InvoiceId", "Invoice"),
        Zuora__Subscription__r=("SubscriptionId", "Subscription"),
        Zuora__SubscriptionRatePlanCharge__r=("RatePlanChargeId", "RatePlanCharge"),
        Zuora__AppliedToInvoiceItem__r=("AppliedToInvoiceItemId", "InvoiceItem"),
    )  # fmt: skip
    items = lead(
        items, "InvoiceItem", zuora.belongs_to_history,
        Zuora__SubscriptionHistory__r=("SubscriptionId", "Subscription"),
        Zuora__SubscriptionRatePlanChargeHistory__r=("RatePlanChargeId", "RatePlanCharge"),
    )  # fmt: skip
    if lasts:
        _from_others(zuora, accounts, methods, subscriptions)
    of_accounts = {
        "Zuora__CustomerAccount__c": accounts,
        "Zuora__PaymentMethod__c": methods,
        "Zuora__Subscription__c": subscriptions,
        "Zuora__SubscriptionHistory__c": lead(
            past("Subscription", Name="Name"), "Subscription", is_there,
            Zuora__InvoiceOwner__r=("InvoiceOwnerId", "Account")),
        "Zuora__SubscriptionRatePlan__c": own("RatePlan", Name="Name"),
        "Zuora__SubscriptionRatePlanHistory__c": past("RatePlan", Name="Name"),
        "Zuora__SubscriptionProductCharge__c": charges,
        "Zuora__SubscriptionProductChargeHistory__c": past("RatePlanCharge", Name="Name"),
        "Zuora__ZInvoice__c": own("Invoice", Name="InvoiceNumber"),
        "Zuora__InvoiceItem__c": items,
        "Zuora__Payment__c": lead(
            own("Payment"), "Payment", is_there,
            Zuora__Payment_Method__r=("PaymentMethodId", "PaymentMethod"),
            Zuora__Invoice__r=("InvoiceId", "Invoice")),
        "Zuora__PaymentInvoice__c": lead(
            own("InvoicePayment"), "InvoicePayment", is_there,
            Zuora__Payment__r=("PaymentId", "Payment"),
            Zuora__Invoice__r=("InvoiceId", "Invoice")),
        "Zuora__CreditMemo__c": lead(own("CreditMemo", Name="MemoNumber"), "CreditMemo", is_there,
                                     Zuora__Invoice__r=("InvoiceId", "Invoice")),
        "Zuora__CreditMemoItem__c": lead(
            own("CreditMemoItem"), "CreditMemoItem", is_there,
            Zuora__InvoiceItem__r=("InvoiceItemId", "InvoiceItem")),
        "Zuora__ZContact__c": own("Contact"),
    }  # fmt: skip
    catalog = {
        "Product2": own("Product", Name="Name"),
        "zqu__ZProduct__c": own("Product", Name="Name"),
        "zqu__ProductRatePlan__c": own("ProductRatePlan", Name="Name"),
    }
    return {name: (KEY, found) for name, found in of_accounts.items()} | {
        name: (CATALOG_KEY, found) for name, found in catalog.items()
    }


def _from_others(zuora: SmallZuora, accounts: Rows, methods: Rows, subscriptions: Rows) -> None:
    """Add what rows have from records of other streams."""
    live = zuora.live
    for key, row in accounts.items():
        contact = live("Account")[key]["BillToContactId"]
        row["Zuora__BillToCity__c"] = live("Contact")[contact]["City"] if contact else None
    for key, row in methods.items():
        account = live("Account")[live("PaymentMethod")[key]["AccountId"]]
        row["Zuora__DefaultPaymentMethod__c"] = account["DefaultPaymentMethodId"] == key
    charges = live("RatePlanCharge").values()
    for key, row in subscriptions.items():
        account = live("Account")[live("Subscription")[key]["AccountId"]]
        row["Zuora__Account__c"] = account["CrmId"]
        own = [each["MRR"] for each in charges if each["SubscriptionId"] == key]
        if own:
            # (of a subscription without charges nobody knows the sum)
            row["Zuora__MRR__c"] = sum(own)
