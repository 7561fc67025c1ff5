"""Which billing accounts settings choose: by a condition, or by a file of whatever names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.accounts import Named, choose_accounts
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.rest import Rest
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.facts.org_facts import Accounts

ACCOUNT = "Zuora__CustomerAccount__c"
KEYS = ("Id", "Zuora__Zuora_Id__c", "Zuora__AccountNumber__c")


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=300, sandbox=True)) as made:
        yield made


def choose(server: EmulatorServer, **config: Any) -> tuple[Accounts | None, list[Named]]:
    noted: list[Named] = []
    settings = read_settings({**login(server), **config})
    salesforce = connect(settings, waits=NO_WAITS)
    _, found = choose_accounts(salesforce, settings, noted.extend)
    return found, noted


def accounts(server: EmulatorServer) -> list[dict[str, Any]]:
    with server.org.query(f"SELECT {', '.join(KEYS)} FROM {ACCOUNT} ORDER BY Id") as found:
        return found.records(0, 1_000)


def by_file(server: EmulatorServer, path: Path, text: str) -> tuple[Accounts, list[Named]]:
    file = path / "chosen.csv"
    file.write_text(text, encoding="utf-8")
    found, noted = choose(server, only_accounts_file=str(file))
    assert found
    return found, noted


def test_where_nothing_chooses_all_are_meant(server: EmulatorServer) -> None:
    assert choose(server) == (None, [])


def test_a_condition_is_salesforces_to_understand(server: EmulatorServer) -> None:
    first = accounts(server)[0]
    found, noted = choose(server, only_accounts=f"Id = '{first['Id']}' OR Name = 'nobody'")
    assert found
    assert (found.chosen, found.all) == (1, Known(len(accounts(server))))
    assert noted == [("", first["Id"], first["Zuora__AccountNumber__c"], noted[0][3])]


@pytest.mark.parametrize(
    "condition",
    ["Batch = 1", "Zuora__Nothing__c = 'x'", "Name = 'x", "Name != null LIMIT 1", "Name = 'x')"],
)
def test_a_condition_that_salesforce_does_not_take_is_told_with_its_reason(
    server: EmulatorServer, condition: str
) -> None:
    with pytest.raises(InputError, match=r"only_accounts: Salesforce does not take the condition"):
        choose(server, only_accounts=condition)


def test_a_condition_that_is_too_long_for_a_request_is_told(server: EmulatorServer) -> None:
    with pytest.raises(InputError, match="Name the accounts in only_accounts_file"):
        choose(server, only_accounts=" OR ".join(["Name = 'x'"] * 900))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("header", ["", "Account\n", "Zuora__Zuora_Id__c,more\n", "\ufeffId\n"])
def test_a_file_may_name_them_by_any_id_and_may_have_a_header(
    server: EmulatorServer, tmp_path: Path, key: str, header: str
) -> None:
    wanted = accounts(server)[:3]
    text = header + "".join(f"{each[key]},more\r\n\n" for each in wanted)
    found, noted = by_file(server, tmp_path, text)
    assert (found.chosen, found.missing, found.doubtful) == (3, 0, 0)
    assert [row[:2] for row in noted] == [(each[key], each["Id"]) for each in wanted]


def test_short_ids_and_the_same_account_twice_are_one(
    server: EmulatorServer, tmp_path: Path
) -> None:
    first = accounts(server)[0]
    lines = [first["Id"], first["Id"][:15], first["Zuora__AccountNumber__c"], first["Id"]]
    found, _ = by_file(server, tmp_path, "\n".join(lines))
    assert (found.chosen, found.missing) == (1, 0)


def test_what_names_no_account_is_counted_and_noted(server: EmulatorServer, tmp_path: Path) -> None:
    number = accounts(server)[0]["Zuora__AccountNumber__c"]
    unknown = [number.lower(), "a00000000000000", "O'Neil", *(f"N{at}" for at in range(1_500))]
    found, noted = by_file(server, tmp_path, "\n".join([*unknown, number]))
    assert (found.chosen, found.missing, found.first_missing) == (1, 1_503, tuple(unknown[:10]))
    assert [row[0] for row in noted if not row[1]] == unknown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't read"),
        (b"", "names no account"),
        (b"Id\n\n,\n", "names no account"),
        (b"\xff\xfe\x00", "no CSV in UTF-8"),
        (b'A00000001\n"A00000002\nA00000003\n', "no CSV in UTF-8"),
        (b'A00000001\n"A00000002\n"A00000003\n', "no CSV in UTF-8"),
    ],
)
def test_a_file_that_can_not_be_used_is_told(
    server: EmulatorServer, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "chosen.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=f"only_accounts_file: .*{words}"):
        choose(server, only_accounts_file=str(file))


def test_an_org_without_billing_accounts_is_told() -> None:
    without = OrgOptions(records=100, sandbox=True, without_packages=frozenset({"Zuora", "zqu"}))
    with (
        Emulated(without) as server,
        pytest.raises(InputError, match="has no object Zuora__CustomerAccount__c"),
    ):
        choose(server, only_accounts="Id != null")


@pytest.mark.parametrize(
    "config",
    [
        {"only_accounts": "Id != null", "only_accounts_file": "x.csv"},
        {"only_accounts": "Id != null", "object_groups": ["product_catalog"]},
    ],
)
def test_settings_that_contradict_each_other_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="only_accounts"):
        read_settings(config)


@pytest.mark.parametrize("field", KEYS[1:])
def test_an_entry_is_no_accounts_only_where_the_user_sees_what_it_may_be(
    tmp_path: Path, field: str
) -> None:
    shape = json.dumps({"hidden": {"fields": [f"{ACCOUNT}.{field}"]}})
    with Emulated(OrgOptions(records=300, sandbox=True, shape=shape)) as made:
        with made.org.query(f"SELECT Id FROM {ACCOUNT}") as rows:
            first = str(rows.rows(0, 1)[0][0])
        with pytest.raises(InputError, match=f"does not see {field}"):
            by_file(made, tmp_path, "A00000001\nnobody\n")
        found, _ = by_file(made, tmp_path, first + "\n")
    assert (found.chosen, found.missing) == (1, 0)


@pytest.mark.parametrize("length", [120, 255, 30_000])
def test_long_entries_are_asked_for_in_queries_that_a_request_holds(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    asked, real = list[str](), Rest.query_each

    def query_each(self: Rest, queries: Sequence[str], **more: Any) -> Any:
        asked.extend(queries)
        return real(self, queries, **more)

    monkeypatch.setattr(Rest, "query_each", query_each)
    number = accounts(server)[0]["Zuora__AccountNumber__c"]
    entries = [f"{'ü' * (length - 3)}{at:03}" for at in range(200)]
    found, _ = by_file(server, tmp_path, "\n".join([*entries, number]))
    assert (found.chosen, found.missing) == (1, 200)
    assert max(len(quote(each)) for each in asked) < 10_000
