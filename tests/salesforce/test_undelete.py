"""`undelete()` over SOAP: what is asked, and what is made of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.salesforce.client import Salesforce, connect
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired, Unreadable
from target_zuora360_cleanup.salesforce.undelete import MOST, undelete
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import login

if TYPE_CHECKING:
    from collections.abc import Iterator

INVOICE = "Zuora__ZInvoice__c"
SOAP = "/services/Soap/*"


@pytest.fixture
def server() -> Iterator[Emulated]:
    with Emulated(OrgOptions(records=0, quotes=False)) as made:
        yield made


@pytest.fixture
def salesforce(server: Emulated) -> Salesforce:
    return connected(login(server))


def connected(config: dict[str, Any]) -> Salesforce:
    return connect(read_settings(config), lambda _: None, NO_WAITS)


def deleted(server: Emulated, count: int = 1) -> list[str]:
    rows = [{"Name": f"INV-{each}"} for each in range(count)]
    ids = [str(each.id) for each in server.org.dml("insert", INVOICE, rows)]
    server.org.dml("delete", INVOICE, [{"Id": each} for each in ids])
    return ids


def codes(answers: list[ApiError | None]) -> list[str]:
    return [each.code if each else "" for each in answers]


def test_rows_come_back_and_each_other_one_says_why_not(
    server: Emulated, salesforce: Salesforce
) -> None:
    first, second = deleted(server, 2)
    server.set_faults(
        {"rows": [{"operation": "undelete", "ids": [second], "code": "UNABLE_TO_LOCK_ROW",
                   "message": "a < b & c"}]}
    )  # fmt: skip

    answers = undelete(salesforce.rest, [first, second, "no<id>"])

    assert codes(answers) == ["", "UNABLE_TO_LOCK_ROW", "MALFORMED_ID"]
    assert str(answers[1]) == "UNABLE_TO_LOCK_ROW: a < b & c"
    assert (server.org.is_live(first), server.org.is_live(second)) == (True, False)


def test_more_ids_than_a_call_takes_are_refused(salesforce: Salesforce) -> None:
    with pytest.raises(ApiError, match="EXCEEDED_ID_LIMIT") as told:
        undelete(salesforce.rest, ["x"] * (MOST + 1))
    assert not told.value.meaning.may_pass


def test_a_session_that_has_ended_is_renewed_once(server: Emulated) -> None:
    config = {"client_id": "a", "client_secret": "b", "refresh_token": "c", "domain": server.url}
    salesforce, (invoice,) = connected(config), deleted(server)
    server.service.sessions.expire()

    assert undelete(salesforce.rest, [invoice]) == [None]


def test_a_session_that_can_t_be_renewed_ends_it(server: Emulated, salesforce: Salesforce) -> None:
    server.service.sessions.expire()
    with pytest.raises(SessionExpired, match="INVALID_SESSION_ID"):
        undelete(salesforce.rest, deleted(server))


@pytest.mark.parametrize("spoil", ["html", "half", "empty", "not_utf8"])
def test_what_can_t_be_read_is_no_answer(
    server: Emulated, salesforce: Salesforce, spoil: str
) -> None:
    ids = deleted(server)
    server.set_faults({"requests": [{"path": SOAP, "spoil": spoil}]})
    with pytest.raises(Unreadable):
        undelete(salesforce.rest, ids)


RESULT = "<result><id>{}</id><success>{}</success></result>"


@pytest.mark.parametrize(
    "body",
    [
        "<undeleteResponse></undeleteResponse>",
        RESULT.format("a005g0000000001", "true") * 2,
        RESULT.format("a005g0000000002", "true"),
        RESULT.format("a005g0000000001", "perhaps"),
        RESULT.format("a005g0000000001", "false"),
        '<!DOCTYPE x [<!ENTITY a "true">]><r>' + RESULT.format("a005g0000000001", "&a;") + "</r>",
    ],
    ids=["none", "too many", "another", "neither", "no reason", "definitions"],
)
def test_an_answer_to_something_else_is_none(
    server: Emulated, salesforce: Salesforce, body: str
) -> None:
    server.set_faults({"requests": [{"path": SOAP, "answer": {"body": body, "type": "text/xml"}}]})
    with pytest.raises(Unreadable):
        undelete(salesforce.rest, ["a005g0000000001AAA"])


def test_a_server_in_trouble_may_be_asked_again(server: Emulated, salesforce: Salesforce) -> None:
    server.set_faults({"requests": [{"path": SOAP, "status": 503}]})
    with pytest.raises(ApiError) as told:
        undelete(salesforce.rest, ["a005g0000000001AAA"])
    assert told.value.meaning.may_pass
