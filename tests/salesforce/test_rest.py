"""REST: what is refused for the moment, or is too much together, is asked for another way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.credentials import AccessToken
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired, Unreadable
from target_zuora360_cleanup.salesforce.rest import Rest
from target_zuora360_cleanup.salesforce.session import OrgSession
from target_zuora360_cleanup.salesforce.waits import NO_WAITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "https://acme.my.salesforce.com"
DATA = f"{URL}/services/data/v64.0"
NAMES = [f"A{number}__c" for number in range(25)]


@pytest.fixture
def rest() -> Iterator[Rest]:
    session = OrgSession(AccessToken("token", URL), NO_WAITS, lambda _: None)
    session.connect()
    with session:
        yield Rest(session, URL, "64.0")


def describe(name: str) -> dict[str, Any]:
    return {"name": name, "fields": [], "childRelationships": []}


def part(sent: dict[str, Any]) -> dict[str, Any]:
    name = sent["url"].split("/")[-2]
    return {"httpStatusCode": 200, "body": describe(name), "referenceId": sent["referenceId"]}


def answering(most: int, otherwise: Callable[[Any], str], sizes: list[int]) -> Any:
    """A composite resource that does no more than so many parts at once."""

    def answer(request: Any, context: Any) -> str:
        parts = json.loads(request.body)["compositeRequest"]
        sizes.append(len(parts))
        if len(parts) > most:
            return otherwise(context)
        return json.dumps({"compositeResponse": [part(each) for each in parts]})

    return answer


def gateway_timeout(context: Any) -> str:
    context.status_code = 504
    return "<html>Gateway Time-out</html>"


def query_timeout(context: Any) -> str:
    context.status_code = 400
    return '[{"errorCode": "QUERY_TIMEOUT", "message": "zu langsam"}]'


def stopped(context: Any) -> str:
    context.status_code = 503
    return '[{"errorCode": "REQUEST_RUNNING_TOO_LONG", "message": "zu langsam"}]'


def no_answer(_: Any) -> str:
    raise requests.ReadTimeout


@pytest.mark.parametrize("otherwise", [gateway_timeout, query_timeout, stopped, no_answer])
def test_what_is_too_slow_together_is_asked_for_by_halves(
    rest: Rest, requests_mock: Any, otherwise: Callable[[Any], str]
) -> None:
    sizes: list[int] = []
    requests_mock.post(f"{DATA}/composite", text=answering(7, otherwise, sizes))
    assert list(rest.describe_all(NAMES)) == NAMES
    assert [size for size in sizes if size <= 7] == [6, 6, 6, 7]
    assert len(sizes) == 7


@pytest.mark.parametrize("status", [406, 429, 500, 502, 503])
def test_what_is_busy_is_asked_again_and_not_divided(
    rest: Rest, requests_mock: Any, status: int
) -> None:
    sizes: list[int] = []
    good = answering(25, gateway_timeout, sizes)
    busy: dict[str, Any] = {"status_code": status, "text": "<html>"}
    asked = requests_mock.post(f"{DATA}/composite", [busy, busy, {"text": good}])
    assert list(rest.describe_all(NAMES)) == NAMES
    assert (sizes, asked.call_count) == ([25], 3)


def test_what_is_too_slow_alone_is_told(rest: Rest, requests_mock: Any) -> None:
    sizes: list[int] = []
    requests_mock.post(f"{DATA}/composite", text=answering(0, gateway_timeout, sizes))
    with pytest.raises(ApiError):
        rest.describe_all(NAMES)
    assert sizes == [25, 12, 6, 3, 1]


BUSY_PARTS = [
    (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."),
    (503, "SERVER_UNAVAILABLE", ""),
    (400, "REQUEST_RUNNING_TOO_LONG", ""),
    (400, "PROCESSING_HALTED", ""),
    (200, "", ""),
]


@pytest.mark.parametrize(("status", "code", "message"), BUSY_PARTS)
def test_a_part_that_may_come_alone_is_asked_for_alone(
    rest: Rest, requests_mock: Any, status: int, code: str, message: str
) -> None:
    busy = {"httpStatusCode": status, "body": [{"errorCode": code, "message": message}]}
    good = {"httpStatusCode": 200, "body": describe("B__c")}
    requests_mock.post(f"{DATA}/composite", json={"compositeResponse": [busy, good]})
    alone = requests_mock.get(f"{DATA}/sobjects/A__c/describe", json=describe("A__c"))
    assert rest.describe_all(["A__c", "B__c"]) == {n: describe(n) for n in ("A__c", "B__c")}
    assert alone.call_count == 1


@pytest.mark.parametrize("body", [None, [], [None], {}, "text", [{"message": 1}]])
def test_a_part_that_is_refused_without_words_is_an_error_all_the_same(
    rest: Rest, requests_mock: Any, body: object
) -> None:
    answer = {"compositeResponse": [{"httpStatusCode": 404, "body": body}]}
    requests_mock.post(f"{DATA}/composite", json=answer)
    (error,) = rest.describe_each(["A__c"]).values()
    assert isinstance(error, ApiError)
    assert error.status == 404


@pytest.mark.parametrize("errors", [None, [], [None], [{}], {}])
def test_a_row_that_is_not_deleted_without_words_has_failed_all_the_same(
    rest: Rest, requests_mock: Any, errors: object
) -> None:
    answer = [{"success": False, "errors": errors}, {"success": True, "errors": []}]
    requests_mock.delete(f"{DATA}/composite/sobjects", json=answer)
    refused, done = rest.delete_collection(["001", "002"])
    assert (refused and refused.code, done) == ("UNKNOWN", None)


USERINFO = f"{URL}/services/oauth2/userinfo"
IDENTITY = {"identity": "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001Sv1gAAC"}


@pytest.mark.parametrize("body", [b"Bad_OAuth_Token", b"[]", b""])
def test_who_may_not_ask_who_it_is_is_named_by_the_list_of_resources(
    rest: Rest, requests_mock: Any, body: bytes
) -> None:
    requests_mock.get(USERINFO, content=body, status_code=403)
    requests_mock.get(DATA, json=IDENTITY)
    assert rest.user_id() == "005xx000001Sv1gAAC"
    assert rest.user_id() == "005xx000001Sv1gAAC"
    assert requests_mock.call_count == 2


@pytest.mark.parametrize("user", ["005xx000001Sv1g", "005xx000001Sv1gAAC"])
def test_the_users_id_has_18_characters_as_the_list_of_jobs_has_it(
    rest: Rest, requests_mock: Any, user: str
) -> None:
    requests_mock.get(USERINFO, status_code=403)
    requests_mock.get(DATA, json={"identity": f"https://login.salesforce.com/id/00D/{user}"})
    assert rest.user_id() == "005xx000001Sv1gAAC"


LACKING = {
    "a field": ("SELECT Id, Use__c FROM A__c", {"Id": "a"}),
    "a relationship": ("SELECT Id, Up__r.Name FROM A__c", {"Id": "a"}),
    "an alias": ("SELECT Up__c t, COUNT(Id) n FROM A__c GROUP BY Up__c", {"n": 1}),
    "a count": ("SELECT COUNT(Id) n, MIN(CreatedDate) d FROM A__c", {"d": None}),
    "a number": ("SELECT COUNT(Id) n, MIN(CreatedDate) d FROM A__c", {"n": None, "d": None}),
    "the row of a count": ("SELECT COUNT(Id) n FROM A__c", None),
}


@pytest.mark.parametrize(("soql", "record"), LACKING.values(), ids=LACKING)
def test_rows_that_lack_what_was_selected_are_no_answer(
    rest: Rest, requests_mock: Any, soql: str, record: dict[str, Any] | None
) -> None:
    records = [] if record is None else [record]
    body = {"done": True, "totalSize": len(records), "records": records}
    parts = {"compositeResponse": [{"httpStatusCode": 200, "body": body}]}
    requests_mock.post(f"{DATA}/composite", json=parts)
    requests_mock.get(f"{DATA}/query", json=body)
    assert isinstance(rest.query_each([soql])[0], Unreadable)
    requests_mock.get(f"{DATA}/query/", json=body)
    with pytest.raises(Unreadable):
        rest.query(soql)


WHOLE_ROWS = {
    "blank fields": ("SELECT Id, Use__c, Up__r.Name FROM A__c", {"Id": "a", "Use__c": None,
                                                                 "Up__r": None}),
    "groups": ("SELECT Up__c t, COUNT(Id) n FROM A__c GROUP BY Up__c", {"t": None, "n": 1}),
    "a group that is not": ("SELECT Up__c t, COUNT(Id) n FROM A__c GROUP BY Up__c", None),
    "a list of others": ("SELECT Id FROM A__c WHERE B__c IN (SELECT Id FROM B__c)", {"Id": "a"}),
}  # fmt: skip


@pytest.mark.parametrize(("soql", "record"), WHOLE_ROWS.values(), ids=WHOLE_ROWS)
def test_rows_that_have_all_of_it_are_an_answer(
    rest: Rest, requests_mock: Any, soql: str, record: dict[str, Any] | None
) -> None:
    records = [] if record is None else [record]
    body = {"done": True, "totalSize": len(records), "records": records}
    requests_mock.get(f"{DATA}/query/", json=body)
    assert rest.query(soql) == records


def test_an_id_of_15_characters_is_the_same_users(rest: Rest, requests_mock: Any) -> None:
    requests_mock.get(USERINFO, json={"user_id": "005xx000001Sv1g"})
    assert rest.user_id() == "005xx000001Sv1gAAC"


CHILD = {"childSObject": "Note__c", "field": "Of__c", "cascadeDelete": True,
         "restrictedDelete": False}  # fmt: skip


@pytest.mark.parametrize("missing", ["childSObject", "cascadeDelete", "restrictedDelete"])
def test_a_describe_that_does_not_say_what_a_deletion_does_is_no_describe(
    rest: Rest, requests_mock: Any, missing: str
) -> None:
    child = {name: value for name, value in CHILD.items() if name != missing}
    body = {"name": "A__c", "fields": [], "childRelationships": [child]}
    parts = {"compositeResponse": [{"httpStatusCode": 200, "body": body}]}
    requests_mock.post(f"{DATA}/composite", json=parts)
    requests_mock.get(f"{DATA}/sobjects/A__c/describe", json=body)
    assert isinstance(rest.describe_each(["A__c"])["A__c"], Unreadable)


def test_to_ask_who_is_logged_in_is_no_call(rest: Rest, requests_mock: Any) -> None:
    requests_mock.get(USERINFO, json={"user_id": "005", "preferred_username": "me"})
    assert rest.user() == ("005", "me")
    assert rest.session.calls == {}


VERSIONS = [{"version": each, "label": "", "url": ""} for each in ("31.0", "64.0", "9.0", "66.0")]
UNKNOWN = [
    (404, [{"errorCode": "NOT_FOUND", "message": "Die Ressource ist nicht vorhanden."}]),
    (400, [{"errorCode": "UNSUPPORTED_API_VERSION", "message": "?"}]),
    (410, [{"errorCode": "GONE", "message": "?"}]),
]


@pytest.mark.parametrize(("status", "body"), UNKNOWN)
def test_an_api_version_that_the_org_does_not_know_is_named(
    requests_mock: Any, status: int, body: list[dict[str, str]]
) -> None:
    session = OrgSession(AccessToken("token", URL), NO_WAITS)
    session.connect()
    requests_mock.get(f"{URL}/services/data/v99.0/query/", json=body, status_code=status)
    requests_mock.get(f"{URL}/services/data", json=VERSIONS)
    with session, pytest.raises(InputError, match=r"99\.0.*9\.0 to 66\.0.*api_version"):
        Rest(session, URL, "99.0").query("SELECT Id FROM Organization")


@pytest.mark.parametrize("listed", [VERSIONS, [], {}, "<html>"])
def test_what_is_not_found_in_a_known_version_stays_not_found(
    rest: Rest, requests_mock: Any, listed: object
) -> None:
    requests_mock.get(f"{DATA}/limits", json=UNKNOWN[0][1], status_code=404)
    requests_mock.get(f"{URL}/services/data", json=listed)
    with pytest.raises(ApiError, match="NOT_FOUND"):
        rest.limits()


WORDS = "Diese Sitzung gilt nicht für die REST-API (API Access Control)."


@pytest.mark.parametrize("code", ["INVALID_SESSION_ID", "API_ACCESS_DENIED"])
def test_a_refused_session_keeps_salesforces_words(
    rest: Rest, requests_mock: Any, code: str
) -> None:
    answer = [{"errorCode": code, "message": WORDS}]
    requests_mock.get(f"{DATA}/limits", json=answer, status_code=401)
    with pytest.raises(SessionExpired) as caught:
        rest.limits()
    assert f"{code}: {WORDS.rstrip('.')}" in caught.value.message
    assert "access token" in caught.value.message
