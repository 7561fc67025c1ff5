"""No id is sent that is not one of the object's: its key prefix tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.rows.csv_ids import WrongId, checked, find_ids
from target_zuora360_cleanup.salesforce.rest import Rest
from tests.support.runs import zuora_rows
from tests.support.shapes import INVOICES, ITEMS, TAXES, cleanup, ids, shaped

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "a06"
OWN, OTHER = "a065g0000000001EAA", "a075g0000000001EAA"


def test_ids_of_the_object_pass() -> None:
    assert checked("X__c", PREFIX, [OWN.encode()]) == [OWN.encode()]


@pytest.mark.parametrize(
    "wrong", [OTHER, OWN[:15], OWN.replace("a06", "A06"), f"{OWN}1", "a06-5g000000001EAA", "a06"]
)
def test_anything_else_is_refused_and_named(wrong: str) -> None:
    with pytest.raises(WrongId, match=f"^'{wrong}' came as an id of X__c") as caught:
        checked("X__c", PREFIX, [OWN.encode(), wrong.encode(), OTHER.encode()])
    assert f"begin with '{PREFIX}'" in str(caught.value)


@pytest.mark.parametrize("word", ["x", "a-b", "0", OWN[:15]])
def test_what_is_no_id_is_found_and_not_passed_over(word: str) -> None:
    header, block = b'"Id","Name"\n', f'"{OWN}","x"\n"{word}","y\n","z"\n'.encode()
    assert find_ids(header, block) == [OWN.encode(), word.encode()]
    assert find_ids(b"Id\n", f"{OWN}\n{word}\n".encode()) == [OWN.encode(), word.encode()]


@given(
    st.lists(st.sampled_from(['"a0"\n', '"b"\r\n', '""\n', '"\n', "a", ",", '"c"\n"', '"d,"\n']))
)
def test_ids_alone_are_found_as_they_are_beside_other_columns(parts: list[str]) -> None:
    block = "".join(parts).encode()
    assert find_ids(b'"Id"\n', block) == find_ids(b'"Id","Name"\n', block)


@pytest.mark.parametrize("wrong", [OTHER, "no id"])
@pytest.mark.parametrize("more", [{}, {"hard_delete": True}])
def test_a_step_ends_where_another_objects_id_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, more: dict[str, Any]
) -> None:
    real = Rest.query

    def mixed(self: Rest, soql: str, **kwargs: Any) -> list[dict[str, Any]]:
        found = real(self, soql, **kwargs)
        return [*found, {"Id": wrong}] if soql.startswith("SELECT Id") and ITEMS in soql else found

    monkeypatch.setattr(Rest, "query", mixed)
    with shaped({}, hard_delete_permission=True) as server:
        before = zuora_rows(server.org)
        ran = cleanup(server, tmp_path, **more)
        after = zuora_rows(server.org)
    assert TAXES not in after
    assert {name: after[name] for name in (ITEMS, INVOICES)} == {
        name: before[name] for name in (ITEMS, INVOICES)
    }
    entry = ran.object(ITEMS)
    assert (ran.status, entry["ended"], entry["deleted"]) == (4, "partial", 0)
    assert entry["error"].startswith(f"'{wrong}' came as an id of {ITEMS}, ")
    assert ran.object(INVOICES)["ended"] == "not begun"


def test_without_a_key_prefix_nothing_of_a_type_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Rest.describe_all

    def blank(self: Rest, names: Any) -> dict[str, dict[str, Any]]:
        found = real(self, names)
        for name in found.keys() & {ITEMS}:
            found[name]["keyPrefix"] = None
        return found

    monkeypatch.setattr(Rest, "describe_all", blank)
    with shaped({}) as server:
        before = len(ids(server, ITEMS))
        ran = cleanup(server, tmp_path)
        assert (ran.status, len(ids(server, ITEMS))) == (4, before)
    assert "gives no key prefix" in ran.object(ITEMS)["error"]
    assert ran.object(ITEMS)["deleted"] == 0
