"""Which rows belong to a billing account: those that go with it, whichever way leads there."""

from __future__ import annotations

from target_zuora360_cleanup.reach import Lookup, Relationship, chosen_rows

ACCOUNT = "Zuora__CustomerAccount__c"
IN = "IN :only_accounts"


def link(child: str, field: str, parent: str, on_delete: str = "cascade") -> Relationship:
    return Relationship(child, field, parent, on_delete)  # type: ignore[arg-type]


def conditions(*links: Relationship, **lookups: Lookup) -> dict[str, str]:
    """The conditions by object type; lookups can be followed, unless they are given."""
    known = {
        (each.child, each.field): lookups.get(
            each.field, Lookup(each.field.replace("__c", "__r"), (each.parent,))
        )
        for each in links
    }
    names = {name for each in links for name in (each.child, each.parent)}
    ways, _ = chosen_rows(names, links, known)
    return {name: str(way) for name, way in ways.items()}


def test_the_account_is_told_by_its_id_and_its_children_by_their_lookup() -> None:
    assert conditions(link("A__c", "Of__c", ACCOUNT), link("B__c", "In__c", "A__c")) == {
        ACCOUNT: f"Id {IN}",
        "A__c": f"Of__c {IN}",
        "B__c": f"In__r.Of__c {IN}",
    }


def test_where_several_cascades_lead_there_each_of_them_counts() -> None:
    found = conditions(
        link("A__c", "Of__c", ACCOUNT),
        link("B__c", "In__c", "A__c"),
        link("C__c", "By__c", "B__c"),
        link("C__c", "At__c", "A__c"),
    )
    assert found["C__c"] == f"(At__r.Of__c {IN} OR By__r.In__r.Of__c {IN})"


def test_a_plain_lookup_counts_only_where_no_cascade_leads_there() -> None:
    found = conditions(
        link("A__c", "Of__c", ACCOUNT),
        link("A__c", "Owner__c", ACCOUNT, "clear"),
        link("B__c", "In__c", "A__c", "clear"),
        link("C__c", "By__c", "B__c", "clear"),
    )
    assert found["A__c"] == f"Of__c {IN}"
    assert found["B__c"] == f"In__r.Of__c {IN}"
    assert found["C__c"] == f"By__r.In__r.Of__c {IN}"


def test_plain_lookups_that_stand_for_a_cascade_are_named() -> None:
    plain = link("B__c", "In__c", "A__c", "clear")
    links = [link("A__c", "Of__c", ACCOUNT), link("A__c", "Owner__c", ACCOUNT, "clear"), plain]
    lookups = {(e.child, e.field): Lookup("R__r", (e.parent,)) for e in links}
    assert chosen_rows([ACCOUNT, "A__c", "B__c"], links, lookups)[1] == (plain,)


def test_what_has_no_way_there_or_one_that_no_query_can_follow_is_left_out() -> None:
    found = conditions(
        link("A__c", "WhatId", ACCOUNT),
        link("B__c", "In__c", "Other__c"),
        WhatId=Lookup("What", (ACCOUNT, "Other__c")),
    )
    assert set(found) == {ACCOUNT}


def test_accounts_belong_to_no_other_account() -> None:
    found = conditions(
        link(ACCOUNT, "Parent__c", ACCOUNT),
        link("A__c", "Of__c", ACCOUNT),
        link(ACCOUNT, "Main__c", "A__c"),
    )
    assert found == {ACCOUNT: f"Id {IN}", "A__c": f"Of__c {IN}"}


def test_no_way_is_longer_than_a_query_can_follow_also_not_in_a_circle() -> None:
    chain = [link(f"L{at}__c", "Up__c", f"L{at - 1}__c") for at in range(1, 8)]
    found = conditions(link("L0__c", "Of__c", ACCOUNT), *chain)
    assert set(found) == {ACCOUNT, *(f"L{at}__c" for at in range(6))}
    around = conditions(
        link("A__c", "Of__c", ACCOUNT), link("A__c", "By__c", "B__c"), link("B__c", "In__c", "A__c")
    )
    assert all(
        field.count(".") <= 5 for way in around.values() for field in way.split() if "__" in field
    )
