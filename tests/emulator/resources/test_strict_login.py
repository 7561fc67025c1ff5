"""An org that lets in its own credentials only, and says of others what Salesforce says."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials, CredentialsError
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated
from tests.support.http_client import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFRESH = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "5Aep"}
CLIENT = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "hush"}
PASSWORD = {**CLIENT, "grant_type": "password", "username": "me@example.com", "password": "pwtok"}
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner">'
    "<e:Body><login><username>{}</username><password>{}</password></login></e:Body></e:Envelope>"
)


@cache
def key(which: str) -> rsa.RSAPrivateKey:
    del which  # (one key for each name)
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def strict() -> Iterator[Client]:
    public = (
        key("app")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    given = Credentials(
        client_id="app", client_secret="hush", refresh_token="5Aep", username="me@example.com",
        password="pw", security_token="tok", public_key=public.decode(),
    )  # fmt: skip
    with Emulated(OrgOptions(records=0), ServerOptions(credentials=given)) as server:
        client = client_of(server)
        with client.session:
            yield client


def token(client: Client, form: dict[str, str]) -> requests.Response:
    return requests.post(f"{client.server.url}/services/oauth2/token", data=form, timeout=10)


def assertion(signer: str = "app", **changes: Any) -> dict[str, str]:
    claims = {"iss": "app", "sub": "me@example.com", "aud": "https://login.salesforce.com",
              "exp": int(time.time()) + 180}  # fmt: skip
    signed = jwt.encode({**claims, **changes}, key(signer), algorithm="RS256")
    return {"grant_type": JWT_GRANT, "assertion": signed}


@pytest.mark.parametrize("form", [REFRESH, CLIENT, PASSWORD])
def test_the_right_credentials_are_let_in(strict: Client, form: dict[str, str]) -> None:
    assert token(strict, form).ok


def test_the_right_assertion_is_let_in(strict: Client) -> None:
    assert token(strict, assertion()).ok


@pytest.mark.parametrize(
    ("form", "error", "description"),
    [
        ({**REFRESH, "client_id": "other"}, "invalid_client_id", "client identifier invalid"),
        ({**REFRESH, "client_secret": "x"}, "invalid_client", "invalid client credentials"),
        ({**REFRESH, "refresh_token": "x"}, "invalid_grant", "expired access/refresh token"),
        ({**CLIENT, "client_secret": "x"}, "invalid_client", "invalid client credentials"),
        ({**CLIENT, "client_id": "x"}, "invalid_client_id", "client identifier invalid"),
        ({**PASSWORD, "password": "pw"}, "invalid_grant", "authentication failure"),
        ({**PASSWORD, "username": "you"}, "invalid_grant", "authentication failure"),
    ],
)
def test_wrong_credentials_are_told(
    strict: Client, form: dict[str, str], error: str, description: str
) -> None:
    answer = token(strict, form)
    assert (answer.status_code, answer.json()) == (
        400, {"error": error, "error_description": description},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://test.salesforce.com"}, "audience is invalid"),
        ({"exp": 1}, "expired authorization code"),
        ({"exp": 2**33}, "invalid assertion"),
        ({"sub": "you@example.com"}, "user hasn't approved this consumer"),
        ({"signer": "other"}, "invalid assertion"),
    ],
)
def test_a_wrong_assertion_is_told(
    strict: Client, changes: dict[str, Any], description: str
) -> None:
    answer = token(strict, assertion(**changes)).json()
    assert answer == {"error": "invalid_grant", "error_description": description}


def test_an_assertion_that_is_not_signed_is_refused(strict: Client) -> None:
    claims = jwt.decode(assertion()["assertion"], options={"verify_signature": False})
    bare = jwt.encode(claims, "", algorithm="none")
    refused = token(strict, {"grant_type": JWT_GRANT, "assertion": bare})
    assert refused.json()["error_description"] == "invalid assertion"


def test_a_sandbox_is_another_audience() -> None:
    pem = (
        key("app")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    given = Credentials(client_id="app", username="me@example.com", public_key=pem.decode())
    org = OrgOptions(records=0, sandbox=True)
    with Emulated(org, ServerOptions(credentials=given)) as server:
        client = client_of(server)
        with client.session:
            assert token(client, assertion(aud="https://test.salesforce.com")).ok
            assert not token(client, assertion()).ok
            assert token(client, REFRESH).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("password", "status"), [("pwtok", 200), ("pw", 500)])
def test_a_login_by_soap_needs_the_security_token(
    strict: Client, password: str, status: int
) -> None:
    url = f"{strict.server.url}/services/Soap/u/64.0"
    answer = requests.post(url, data=SOAP.format("me@example.com", password), timeout=10)
    assert answer.status_code == status
    assert ("INVALID_LOGIN" in answer.text) is (status == 500)


def test_a_rotated_token_is_let_in_and_the_old_one_is_not(strict: Client) -> None:
    strict.server.set_faults({"refresh_tokens": "rotate"})
    following = token(strict, REFRESH).json()["refresh_token"]
    assert not token(strict, REFRESH).ok
    assert token(strict, {**REFRESH, "refresh_token": following}).ok
    strict.server.set_faults({})


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is no JSON"), ("[]", "is no JSON object of texts"), ('{"secret": "x"}', "secret is")],
)
def test_a_file_that_holds_no_credentials_is_told(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CredentialsError, match=told):
        Credentials.load(file)


def test_a_file_with_credentials_is_read(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"client_id": "app"}), encoding="utf-8")
    assert Credentials.load(file) == Credentials(client_id="app")
