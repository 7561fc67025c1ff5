"""Over HTTP: every way of logging in, and what a bad login is told."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.http_client import Client

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT = {"client_id": "app", "client_secret": "secret"}


def assertion(**changes: Any) -> str:
    claims = {"iss": "app", "sub": "me@example.com", "aud": "https://login.salesforce.com"}
    given = {**claims, "exp": str(int(time.time()) + 180), **changes}
    kept = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(kept, "k" * 32, algorithm="HS256")


def token(client: Client, form: Mapping[str, str], **headers: str) -> requests.Response:
    url = f"{client.server.url}/services/oauth2/token"
    return requests.post(url, data=form, headers=headers, timeout=10)


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "5Aep"},
        {"grant_type": "client_credentials", **CLIENT},
        {"grant_type": "password", **CLIENT, "username": "me", "password": "pw"},
        {"grant_type": JWT_GRANT},
    ],
    ids=lambda form: form["grant_type"],
)
def test_a_well_formed_login_gets_a_token_that_works(shared: Client, form: dict[str, str]) -> None:
    # An assertion is good for three minutes, which are over by now if it was made at import.
    answer = token(shared, {"assertion": assertion(), **form})
    granted = answer.json()
    assert answer.status_code == 200
    org = shared.server.org
    assert granted["access_token"].startswith(f"{org.org_id[:15]}!")
    assert granted["instance_url"] == shared.server.url
    assert granted["id"] == f"{shared.server.url}/id/{org.org_id}/{org.user_id}"
    assert granted["token_type"] == "Bearer"
    assert granted["issued_at"].isdecimal()
    assert base64.b64decode(granted["signature"])
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    assert shared("GET", "limits", headers=bearer).status_code == 200


def test_client_credentials_may_come_in_a_basic_header(shared: Client) -> None:
    basic = base64.b64encode(b"app:secret").decode()
    form = {"grant_type": "client_credentials"}
    assert token(shared, form, Authorization=f"Basic {basic}").status_code == 200


def test_the_instance_url_is_the_one_the_client_used(shared: Client) -> None:
    form = {"grant_type": "client_credentials", **CLIENT}
    granted = token(shared, form, Host="my-org.example:8360").json()
    assert granted["instance_url"] == "http://my-org.example:8360"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "device"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "5Aep"}, "invalid_client_id"),
        ({"grant_type": "refresh_token", "client_id": "app"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "client_id": "app"}, "invalid_client"),
        ({"grant_type": "password", **CLIENT, "username": "me"}, "invalid_grant"),
        ({"grant_type": JWT_GRANT}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": "not.a.token"}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": assertion(sub=None)}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": assertion(aud=None)}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": assertion(exp=1)}, "invalid_grant"),
    ],
)
def test_a_login_that_lacks_something_is_refused(
    shared: Client, form: dict[str, str], error: str
) -> None:
    answer = token(shared, form)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_a_login_fault_refuses_good_credentials_as_often_as_it_says(own: Client) -> None:
    own.server.set_faults({"login": {"error": "invalid_grant", "times": 2}})
    form = {"grant_type": "client_credentials", **CLIENT}
    answers = [token(own, form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 200]
    assert answers[0].json()["error"] == "invalid_grant"


def test_a_revoked_token_is_invalid(own: Client) -> None:
    granted = token(own, {"grant_type": "client_credentials", **CLIENT}).json()["access_token"]
    bearer = {"Authorization": f"Bearer {granted}"}
    assert own("GET", "limits", headers=bearer).ok
    assert own("POST", "/services/oauth2/revoke", data={"token": granted}).ok
    assert own("GET", "limits", headers=bearer).status_code == 401


def test_logins_cost_no_api_call(own: Client) -> None:
    own.server.service.stats.reset()
    token(own, {"grant_type": "client_credentials", **CLIENT})
    assert own.server.stats()["api_calls"] == {"total": 0, "login": 1}


def soap(client: Client, version: str, body: str, session_id: str = "") -> requests.Response:
    envelope = (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:urn="urn:partner.soap.sforce.com"><env:Header><urn:SessionHeader>'
        f"<urn:sessionId>{session_id}</urn:sessionId></urn:SessionHeader></env:Header>"
        f"<env:Body>{body}</env:Body></env:Envelope>"
    )
    url = f"{client.server.url}/services/Soap/u/{version}"
    headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
    return requests.post(url, data=envelope, headers=headers, timeout=10)


def login_body(word: str = "pw") -> str:
    given = f"<urn:username>me</urn:username><urn:password>{word}</urn:password>"
    return f"<urn:login>{given}</urn:login>"


def test_soap_login_answers_with_session_and_server(shared: Client) -> None:
    answer = soap(shared, "64.0", login_body())
    assert answer.status_code == 200
    org = shared.server.org
    assert f"<serverUrl>{shared.server.url}/services/Soap/u/64.0/" in answer.text
    assert f"<userId>{org.user_id}</userId>" in answer.text
    session_id = answer.text.partition("<sessionId>")[2].partition("</sessionId>")[0]
    assert shared("GET", "limits", headers={"Authorization": f"Bearer {session_id}"}).ok


@pytest.mark.parametrize("version", ["65.0", "67.0"])
def test_soap_login_is_gone_from_version_65_on(shared: Client, version: str) -> None:
    answer = soap(shared, version, login_body())
    assert answer.status_code == 500
    assert "<sf:exceptionCode>UNSUPPORTED_API_VERSION</sf:exceptionCode>" in answer.text


def test_soap_login_without_password_or_with_a_fault_is_invalid(own: Client) -> None:
    assert "INVALID_LOGIN" in soap(own, "59.0", login_body("")).text
    own.server.set_faults({"login": "invalid_grant"})
    answer = soap(own, "59.0", login_body())
    assert answer.status_code == 500
    assert "<faultcode>sf:INVALID_LOGIN</faultcode>" in answer.text


def test_soap_answers_nonsense_with_a_fault(shared: Client) -> None:
    assert "MALFORMED_REQUEST" in soap(shared, "59.0", "<open").text
    assert "INVALID_OPERATION" in soap(shared, "59.0", "<urn:merge/>").text
    assert "UNSUPPORTED_API_VERSION" in soap(shared, "12.0", login_body()).text


def test_soap_undelete_brings_records_back_and_needs_a_session(own: Client) -> None:
    [record] = own.ids("Zuora__PaymentTerm__c", 1)
    assert own("DELETE", f"sobjects/Zuora__PaymentTerm__c/{record}").status_code == 204
    body = f"<urn:undelete><urn:ids>{record}</urn:ids></urn:undelete>"
    assert "INVALID_SESSION_ID" in soap(own, "67.0", body, "00D!wrong").text
    answer = soap(own, "67.0", body, own.server.access_token)
    assert f"<id>{record}</id><success>true</success>" in answer.text
    assert own("GET", f"sobjects/Zuora__PaymentTerm__c/{record}").ok


def test_soap_undelete_takes_200_ids_at_most(shared: Client) -> None:
    ids = "<urn:ids>a005g0000000001AAA</urn:ids>" * 201
    answer = soap(shared, "59.0", f"<urn:undelete>{ids}</urn:undelete>", shared.server.access_token)
    assert "EXCEEDED_ID_LIMIT" in answer.text


def test_userinfo_and_identity_tell_who_is_logged_in(shared: Client) -> None:
    org = shared.server.org
    info = shared("GET", "/services/oauth2/userinfo").json()
    assert info["user_id"] == org.user_id
    assert info["organization_id"] == org.org_id
    assert info["preferred_username"] == org.username
    identity = shared("GET", f"/id/{org.org_id}/{org.user_id}").json()
    assert identity["username"] == org.username
    assert identity["urls"]["rest"] == f"{shared.server.url}/services/data/v{{version}}/"
    assert shared("GET", f"/id/00D000000000001/{org.user_id}").text == "Wrong_Org"
