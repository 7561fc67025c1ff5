"""What is known of records, and which rows it concerns, across runs."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.catalog.field_maps import FieldMap, Made
from target_zuora360_cleanup.catalog.paths import by_lower, read_path
from target_zuora360_cleanup.kept.forgetting import forget
from target_zuora360_cleanup.kept.store import Store
from target_zuora360_cleanup.sync.joins.facts import Facts, Others
from target_zuora360_cleanup.sync.joins.forms import NotKnown
from target_zuora360_cleanup.sync.joins.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Iterator

CITY = Made((read_path("BillToContactId|BillToId/Contact.City"),), "", "City__c")
CRM = Made((read_path("SubId/Sub.AccountId/Account.CrmId"),), "", "Crm__c")
SUM = Made((read_path("*Charge@SubId.MRR"),), "sum", "Mrr__c")
PRICE = Made((read_path("*Tier@ChargeId:Tier.Price"),), "first", "Price__c")
UNIT = Made((read_path("UOM/Unit@Name.Id"),), "", "Unit__c")
MAPS = (
    FieldMap("Account", "A__c", {}, made=(CITY,)),
    FieldMap("Sub", "S__c", {}, made=(SUM,)),
    FieldMap("Charge", "C__c", {}, made=(CRM, PRICE, UNIT)),
)
HAS = {"A__c": {"City__c"}, "S__c": {"Mrr__c"}, "C__c": {"Crm__c", "Price__c", "Unit__c"}}
NEEDS = Needs.of(MAPS, HAS)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(None)) as made:
        yield made


@pytest.fixture
def facts(store: Store) -> Facts:
    made = Facts(store, NEEDS)
    for stream in NEEDS:
        made.begin(stream, [], from_the_start=True)
    return made


def take(facts: Facts, stream: str, key: str, **record: Any) -> None:
    sent = facts.sent(stream, by_lower(record))
    facts.take(stream, {key: {name: record[field] for name, field in sent.items()}})


def found(facts: Facts, stream: str, key: str, made: Made) -> list[Any]:
    return facts.found(made.paths[0], key, facts.of(stream, key) or {}, Others())


def all_stale(facts: Facts) -> dict[str, list[str]]:
    return {name: keys for name in HAS if (keys := sorted(facts.stale(name, 99)))}


def test_only_what_an_org_has_fields_for_is_needed() -> None:
    assert NEEDS.fields["Account"] == {
        "BillToContactId": ("BillToContactId", "BillToId"), "CrmId": ("CrmId",),
    }  # fmt: skip
    assert NEEDS.ties["Charge"] == {"SubId", "UOM"}
    assert not list(Needs.of(MAPS, {"A__c": {"Other__c"}}))


def test_what_was_known_of_a_stream_is_not_all_of_it_once_that_is_forgotten(
    store: Store, facts: Facts
) -> None:
    take(facts, "Charge", "c", SubId="s", MRR=1)
    assert found(facts, "Sub", "s", SUM) == [1]
    forget(store, (), {"Charge"})
    facts.begin("Charge", [], from_the_start=False)
    take(facts, "Charge", "c", SubId="s", MRR=1)
    with pytest.raises(NotKnown):
        found(facts, "Sub", "s", SUM)


def test_a_value_comes_from_another_record_under_either_name(facts: Facts) -> None:
    take(facts, "Account", "a", BILLTOID="c")
    with pytest.raises(NotKnown):
        found(facts, "Account", "a", CITY)
    take(facts, "Contact", "c", City="Rome")
    assert found(facts, "Account", "a", CITY) == ["Rome"]
    assert all_stale(facts) == {"A__c": ["a"]}


def test_what_is_known_to_be_blank_is_blank(facts: Facts) -> None:
    take(facts, "Account", "a", BillToId=None)
    assert found(facts, "Account", "a", CITY) == [None]


def test_a_change_makes_the_rows_stale_that_it_concerns_by_way_of_others(facts: Facts) -> None:
    take(facts, "Charge", "x", SubId="s", MRR=1)
    take(facts, "Charge", "y", SubId="s", MRR="2")
    take(facts, "Sub", "s", AccountId="a")
    all_stale(facts)
    take(facts, "Account", "a", CrmId="001")
    assert all_stale(facts) == {"C__c": ["x", "y"]}
    assert found(facts, "Charge", "x", CRM) == ["001"]
    take(facts, "Account", "a", CrmId="001")
    assert all_stale(facts) == {}
    assert found(facts, "Sub", "s", SUM) == [1, "2"]


def test_what_was_kept_in_another_spelling_is_no_news(facts: Facts, store: Store) -> None:
    take(facts, "Charge", "x", SubId="s", MRR=Decimal("1.50"))
    store.db.execute("""UPDATE fact SET said = replace(said, ':', ': ')""")
    all_stale(facts)
    take(facts, "Charge", "x", SubId="s", MRR=Decimal("1.50"))
    assert all_stale(facts) == {}
    take(facts, "Charge", "x", SubId="s", MRR=Decimal("1.5"))
    assert all_stale(facts) == {"S__c": ["s"]}


def test_a_number_beyond_any_machine_s_is_kept_to_its_last_digit(facts: Facts) -> None:
    take(facts, "Contact", "c", City=10**30)
    take(facts, "Account", "a", BillToId="c")
    assert found(facts, "Account", "a", CITY) == [10**30]


def test_a_record_that_moves_concerns_where_it_was_and_where_it_is(facts: Facts) -> None:
    take(facts, "Charge", "x", SubId="s", MRR=1)
    all_stale(facts)
    take(facts, "Charge", "x", SubId="t")
    assert all_stale(facts)["S__c"] == ["s", "t"]
    assert found(facts, "Sub", "t", SUM) == [1]
    facts.forget("Charge", "x")
    assert all_stale(facts)["S__c"] == ["t"]
    with pytest.raises(NotKnown):
        found(facts, "Sub", "t", SUM)


def test_the_first_of_several_counts(facts: Facts) -> None:
    take(facts, "Tier", "2", ChargeId="c", Tier="2", Price=7)
    take(facts, "Tier", "1", ChargeId="c", Tier="1", Price=9)
    assert found(facts, "Charge", "c", PRICE) == [9]


def test_a_record_is_found_by_its_name_where_only_one_has_it(facts: Facts) -> None:
    take(facts, "Charge", "c", UOM="Each")
    take(facts, "Unit", "u", Name="Each")
    assert found(facts, "Charge", "c", UNIT) == ["u"]
    take(facts, "Unit", "v", Name="Each")
    with pytest.raises(NotKnown):
        found(facts, "Charge", "c", UNIT)


def test_records_that_come_together_are_known_to_each_other_and_not_filled_anew() -> None:
    city = Made((read_path("ParentId/Account.City"),), "", "City__c")
    needs = Needs.of([FieldMap("Account", "A__c", {}, made=(city,))], HAS)
    store = Store(None)
    facts = Facts(store, needs)
    facts.take("Account", {"child": {"ParentId": "p"}, "p": {"City": "Rome"}})
    assert found(facts, "Account", "child", city) == ["Rome"]
    assert all_stale(facts) == {}
    facts.take("Account", {"p": {"City": "Oslo"}})
    assert all_stale(facts) == {"A__c": ["child"]}
    store.close()


def test_a_sum_over_records_of_which_some_may_be_missing_is_not_known() -> None:
    store = Store(None)
    facts = Facts(store, NEEDS)
    facts.begin("Charge", [], from_the_start=False)
    take(facts, "Charge", "x", SubId="s", MRR=1)
    with pytest.raises(NotKnown):
        found(facts, "Sub", "s", SUM)
    store.close()


def test_what_is_known_and_stale_is_so_in_the_next_run_too(tmp_path: Any) -> None:
    store = Store(tmp_path / "kept.sqlite")
    facts = Facts(store, NEEDS)
    facts.begin("Contact", ["Id", "City"], from_the_start=True)
    take(facts, "Account", "a", BillToId="c")
    take(facts, "Contact", "c", City="Rome")
    store.keep()
    store.close()
    store = Store(tmp_path / "kept.sqlite")
    facts = Facts(store, NEEDS)
    assert facts.has_stale
    assert facts.fields("Contact") == ["Id", "City"]
    assert found(facts, "Account", "a", CITY) == ["Rome"]
    assert all_stale(facts) == {"A__c": ["a"]}
    store.close()


@pytest.mark.parametrize("keys", [[], ["a"]])
def test_rows_that_are_to_be_filled_anew_are_stale(keys: list[str]) -> None:
    store = Store(None)
    facts = Facts(store, NEEDS)
    facts.make_stale("A__c", keys)
    assert facts.has_stale is bool(keys)
    store.close()
