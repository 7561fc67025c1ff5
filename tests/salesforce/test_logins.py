"""Every way of logging in, against the emulator over HTTP; and logins that can't succeed."""

from __future__ import annotations

import json
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from requests_mock import ANY

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.resources.credentials import Credentials
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.credentials import read_credentials
from target_zuora360_cleanup.salesforce.repeating import LoginSession
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, Ran, login, run, zuora_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

COUNT = "SELECT COUNT() FROM Zuora__ZInvoice__c"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
KEY = pem(RSA_KEY)
REFRESH = {"client_id": "client", "client_secret": "sec-ret-1", "refresh_token": "sec-ret-2"}
CLIENT = {"client_id": "client", "client_secret": "sec-ret-1"}
JWT = {"jwt_client_id": "client", "jwt_username": "me@example.com", "jwt_private_key": KEY}
PASSWORD = {"username": "me@example.com", "password": "sec-ret-<&>", "security_token": "sec-ret-3"}
TO_SANDBOX = {**JWT, "is_sandbox": True}
RENEWABLE: dict[str, dict[str, Any]] = {
    "refresh token": REFRESH,
    "client": CLIENT,
    "jwt": TO_SANDBOX,
    "password": PASSWORD,
}
PUBLIC = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
STRICT = Credentials(**REFRESH, **PASSWORD, public_key=PUBLIC.decode())
"""What the emulated orgs let in, and nothing else."""
SECRETS = ("sec-ret", "PRIVATE KEY", *KEY.splitlines()[1:3])


@pytest.fixture(scope="module")
def shared() -> Iterator[EmulatorServer]:
    """A small org that tests here only read, over http and https."""
    org = OrgOptions(records=300, sandbox=True)
    with Emulated(org, ServerOptions(tls=True, credentials=STRICT)) as made:
        yield made


@pytest.fixture
def server(shared: EmulatorServer) -> Iterator[EmulatorServer]:
    yield shared
    shared.set_faults({})


@pytest.fixture
def own_server() -> Iterator[EmulatorServer]:
    """An org of its own, to be cleaned."""
    org = OrgOptions(records=1500, sandbox=True)
    with Emulated(org, ServerOptions(credentials=STRICT)) as made:
        yield made


def assert_no_secret(text: str) -> None:
    assert not [secret for secret in SECRETS if secret in text]


def assert_one_sentence(ran: Ran) -> None:
    assert ran.status == 2
    assert ran.states == []
    assert ran.report["status"] == "failed"
    assert ran.message
    assert "\n" not in ran.message
    assert ran.message.endswith(".")
    assert_no_secret(ran.message + ran.summary + json.dumps(ran.report))


@pytest.mark.parametrize("name", RENEWABLE)
@pytest.mark.parametrize("place", ["domain", "instance_url"])
def test_each_way_of_logging_in_opens_the_org(
    server: EmulatorServer, name: str, place: str
) -> None:
    org = connect(read_settings({**RENEWABLE[name], place: server.url}))
    assert org.rest.count(COUNT) == server.org.counts()["Zuora__ZInvoice__c"]
    assert org.url == server.url


@pytest.mark.parametrize("name", RENEWABLE)
def test_each_way_of_logging_in_works_over_https(
    server: EmulatorServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
    org = connect(read_settings({**RENEWABLE[name], "domain": server.tls_url}))
    assert org.url == server.tls_url
    assert org.rest.count(COUNT) > 0


def test_a_jwt_key_may_be_in_a_file(server: EmulatorServer, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(KEY, encoding="ascii")
    config = {**TO_SANDBOX, "jwt_private_key": None, "jwt_private_key_path": str(file)}
    assert connect(read_settings({**config, "domain": server.url})).rest.count(COUNT) > 0


def test_a_token_that_is_there_needs_no_login(server: EmulatorServer) -> None:
    before = server.stats()["api_calls"].get("login", 0)
    assert connect(read_settings(login(server))).rest.count(COUNT) > 0
    assert server.stats()["api_calls"].get("login", 0) == before


def test_a_trailing_path_of_the_url_does_not_matter(server: EmulatorServer) -> None:
    config = {**login(server), "instance_url": f"{server.url}/lightning/page/home"}
    assert connect(read_settings(config)).url == server.url


@pytest.mark.parametrize("name", RENEWABLE)
def test_a_refused_login_is_told_in_salesforces_words(
    server: EmulatorServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.set_faults(
        {"login": {"error": "invalid_grant", "description": "authentication failure"}}
    )
    ran = run({**RENEWABLE[name], "domain": server.url}, tmp_path)
    assert_one_sentence(ran)
    words = "Invalid username" if name == "password" else "authentication failure"
    assert words in ran.message
    assert_no_secret(caplog.text)


def test_a_token_that_is_no_good_is_told(server: EmulatorServer, tmp_path: Path) -> None:
    ran = run({"access_token": "00Dxx!sec-ret", "instance_url": server.url}, tmp_path)
    assert_one_sentence(ran)
    assert "access_token" in ran.message


@pytest.mark.parametrize("config", [REFRESH, PASSWORD])
@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_server_that_is_not_salesforce_is_told(
    requests_mock: Any, tmp_path: Path, config: dict[str, str], status: int
) -> None:
    page = "<!DOCTYPE html><html>\n<body><p>Sign in&nbsp;first</body></html>"
    requests_mock.post(ANY, text=page, status_code=status)
    ran = run({**config, "domain": "https://proxy.example.com"}, tmp_path)
    assert_one_sentence(ran)
    assert "https://proxy.example.com/services/" in ran.message
    if status == 200:
        assert "<p>Sign in&nbsp;first" in ran.message


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, ["no credentials"]),
        ({"client_id": "x"}, ["client_id", "client_secret"]),
        ({"client_id": "x", "client_secret": "sec-ret"}, ["missing"]),
        ({"client_id": "x", "refresh_token": "sec-ret"}, ["client_secret"]),
        ({"username": "x"}, ["password"]),
        ({"jwt_client_id": "x", "jwt_private_key": KEY}, ["jwt_username"]),
        ({"access_token": "sec-ret"}, ["instance_url"]),
    ],
)
def test_incomplete_credentials_name_what_is_missing(
    tmp_path: Path, config: dict[str, Any], names: list[str]
) -> None:
    ran = run(config, tmp_path)
    assert_one_sentence(ran)
    assert not [name for name in names if name not in ran.message]


@pytest.mark.parametrize(
    ("domain", "is_sandbox"),
    [
        ("login", True),
        ("test", False),
        ("test.salesforce.com", False),
        ("https://test.salesforce.com/", False),
        ("https://login.salesforce.com", True),
        ("acme--full.sandbox.my", False),
        ("acme--full.sandbox.my.salesforce.com", False),
        ("acme--uat.my", False),
        ("https://acme--uat.my.salesforce.com", False),
    ],
)
def test_a_domain_that_contradicts_is_sandbox_is_refused(
    tmp_path: Path,
    domain: str,
    is_sandbox: bool,  # noqa: FBT001 - a setting
) -> None:
    ran = run({**REFRESH, "domain": domain, "is_sandbox": is_sandbox}, tmp_path)
    assert_one_sentence(ran)
    assert "contradict" in ran.message


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({}, "https://login.salesforce.com"),
        ({"is_sandbox": True}, "https://test.salesforce.com"),
        ({"domain": "login", "is_sandbox": False}, "https://login.salesforce.com"),
        ({"domain": "acme.my"}, "https://acme.my.salesforce.com"),
        ({"domain": "acme.my.salesforce.com"}, "https://acme.my.salesforce.com"),
        ({"domain": "https://acme.my.salesforce.com/"}, "https://acme.my.salesforce.com"),
        ({"domain": "acme--x.sandbox.my", "is_sandbox": True},
         "https://acme--x.sandbox.my.salesforce.com"),
    ],
)  # fmt: skip
def test_the_login_server_follows_from_domain_and_is_sandbox(
    requests_mock: Any, config: dict[str, Any], url: str
) -> None:
    answer = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
    requests_mock.post(f"{url}/services/oauth2/token", json=answer)
    assert connect(read_settings({**REFRESH, **config})).url == answer["instance_url"]


@pytest.mark.parametrize(
    ("config", "audience"),
    [
        ({}, "https://login.salesforce.com"),
        ({"domain": "test"}, "https://test.salesforce.com"),
        ({"domain": "acme.my"}, "https://login.salesforce.com"),
        ({"domain": "contest.my"}, "https://login.salesforce.com"),
        ({"domain": "acme--x.sandbox.my"}, "https://test.salesforce.com"),
        ({"domain": "acme.my", "is_sandbox": True}, "https://test.salesforce.com"),
        ({"domain": "acme--x.sandbox.my.salesforce.com"}, "https://test.salesforce.com"),
        ({"domain": "https://acme--uat.my.salesforce.com/"}, "https://test.salesforce.com"),
        ({"domain": "ACME--UAT.my"}, "https://test.salesforce.com"),
        ({"domain": "acme--uat.cs45.my"}, "https://test.salesforce.com"),
        ({"domain": "acme--uat.my.salesforce.mil"}, "https://test.salesforce.com"),
        ({"domain": "cs45"}, "https://test.salesforce.com"),
        ({"domain": "ruby-fox-1.scratch.my"}, "https://test.salesforce.com"),
        ({"instance_url": "https://acme--uat.my.salesforce.com"}, "https://test.salesforce.com"),
        ({"instance_url": "https://a.scratch.my.salesforce.com"}, "https://test.salesforce.com"),
        ({"domain": "acme-dev-ed.develop.my"}, "https://login.salesforce.com"),
        ({"domain": "acme-uat.my"}, "https://login.salesforce.com"),
        ({"domain": "sandbox.my"}, "https://login.salesforce.com"),
        ({"domain": "scratch.my"}, "https://login.salesforce.com"),
    ],
)
def test_a_jwt_is_meant_for_the_login_server(
    requests_mock: Any, config: dict[str, Any], audience: str
) -> None:
    answer = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
    requests_mock.post(ANY, json=answer)
    connect(read_settings({**JWT, **config}))
    form = requests_mock.last_request.text
    token = dict(part.split("=", 1) for part in form.split("&"))["assertion"]
    claims = jwt.decode(token, RSA_KEY.public_key(), algorithms=["RS256"], audience=audience)
    assert (claims["iss"], claims["sub"]) == ("client", "me@example.com")


@pytest.mark.parametrize("setting", ["domain", "instance_url"])
@pytest.mark.parametrize(
    "url",
    [
        "http://example.my.salesforce.com",
        "http://10.0.0.5:8080",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://example.com",
        "https://",
        "https://example.com:port",
        "https://[::1",
        "https://me:sec-ret@example.com",
    ],
)
def test_a_url_that_would_be_unsafe_or_senseless_is_refused(
    tmp_path: Path, setting: str, url: str
) -> None:
    ran = run({**REFRESH, setting: url}, tmp_path)
    assert_one_sentence(ran)
    assert setting in ran.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_accepted_on_loopback(host: str) -> None:
    settings = read_settings({"access_token": "t", "instance_url": f"http://{host}:1"})
    assert read_credentials(settings).name == "access_token"


def test_a_host_that_nobody_answers_at_is_told_soon(tmp_path: Path) -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        url = f"http://127.0.0.1:{place.getsockname()[1]}"
        ran = run({**REFRESH, "domain": url}, tmp_path)
    assert_one_sentence(ran)
    assert url in ran.message


def test_an_untrusted_certificate_is_told(
    server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    ran = run({**REFRESH, "domain": server.tls_url}, tmp_path)
    assert_one_sentence(ran)
    assert "certificate" in ran.message


@pytest.mark.parametrize(
    "key",
    ["sec-ret", KEY.replace("\n", "\\n"), KEY[:400], PUBLIC.decode(), "schlüssel",
     pem(ec.generate_private_key(ec.SECP256R1()))],
    ids=["no key", "line breaks as text", "cut", "public", "not ascii", "other kind"],
)  # fmt: skip
def test_a_key_that_can_not_sign_is_told(server: EmulatorServer, tmp_path: Path, key: str) -> None:
    ran = run({**JWT, "jwt_private_key": key, "domain": server.url}, tmp_path)
    assert_one_sentence(ran)
    assert "jwt_private_key" in ran.message


def test_a_key_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "key.der"
    binary.write_bytes(b"\xff\xfe")
    paths = [tmp_path / "none.pem", tmp_path, binary, "~nobody-of-this-name/key.pem"]
    for number, path in enumerate(paths):
        config = {**JWT, "jwt_private_key": None, "jwt_private_key_path": str(path)}
        ran = run(config, tmp_path / f"out{number}")
        assert_one_sentence(ran)
        assert str(path) in ran.message


@pytest.mark.parametrize("config", [*RENEWABLE.values(), {"access_token": "sec-ret"}])
def test_no_repr_shows_a_secret(server: EmulatorServer, config: dict[str, str]) -> None:
    settings = read_settings({**config, "instance_url": server.url})
    credentials = read_credentials(settings)
    assert_no_secret(repr(credentials))
    with LoginSession(NO_WAITS) as session:
        grant = credentials.login(session)
    assert grant.access_token not in repr(grant)


def test_a_session_that_ended_is_renewed_once_for_all_threads(server: EmulatorServer) -> None:
    org = connect(read_settings({**REFRESH, "domain": server.url}))
    logins = server.stats()["api_calls"].get("login", 0)
    org.rest.count(COUNT)
    server.set_faults({"sessions": {"expire": True}})
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: org.rest.count(COUNT), range(32)))
    assert set(counts) == {server.org.counts()["Zuora__ZInvoice__c"]}
    assert server.stats()["api_calls"]["login"] == logins + 1


@pytest.mark.slow
@pytest.mark.quotes_may_change
def test_a_cleanup_outlives_its_sessions(own_server: EmulatorServer, tmp_path: Path) -> None:
    own_server.set_faults({"sessions": {"every": 40}})
    ran = run({"mode": "cleanup", **REFRESH, "domain": own_server.url, **ALLOWED,
               "keep_quoted_products": False}, tmp_path)  # fmt: skip
    assert own_server.stats()["api_calls"]["login"] > 1
    assert ran.status == 0, ran.summary
    assert zuora_rows(own_server.org) == {}


def test_a_bare_token_that_ends_before_the_deletion_deletes_nothing(
    server: EmulatorServer, tmp_path: Path
) -> None:
    server.set_faults({"requests": [
        {"path": "*/describe", "status": 401, "code": "INVALID_SESSION_ID"},
        {"path": "*/composite*", "status": 401, "code": "INVALID_SESSION_ID"},
    ]})  # fmt: skip
    before = server.org.counts()
    ran = run({"mode": "cleanup", **login(server), **ALLOWED}, tmp_path)
    assert_one_sentence(ran)
    assert "access_token" in ran.message
    assert server.org.counts() == before


EXPIRED = {"requests": [
    {"method": "DELETE", "path": "*/composite/*", "status": 401, "code": "INVALID_SESSION_ID"},
    {"method": "POST", "path": "*/jobs/ingest*", "status": 401, "code": "INVALID_SESSION_ID"},
]}  # fmt: skip


def test_a_bare_token_that_ends_during_the_deletion_leaves_the_state_reset(
    own_server: EmulatorServer, tmp_path: Path
) -> None:
    own_server.set_faults(EXPIRED)
    ran = run({"mode": "cleanup", **login(own_server), **ALLOWED}, tmp_path)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert len(ran.states) == 2
    assert "access_token" in ran.summary


def test_a_login_that_is_refused_during_the_deletion_leaves_the_state_reset(
    own_server: EmulatorServer, tmp_path: Path
) -> None:
    login_fault = {"error": "inactive_user", "description": "user is inactive"}
    config = {"mode": "cleanup", **REFRESH, "domain": own_server.url, **ALLOWED}
    sent = own_server.service.sessions.issue

    def once() -> str:
        own_server.set_faults({**EXPIRED, "login": login_fault})
        return sent()

    own_server.service.sessions.issue = once  # type: ignore[method-assign]
    ran = run(config, tmp_path)
    assert (ran.status, ran.report["status"]) == (4, "partial")
    assert len(ran.states) == 2
    assert "user is inactive" in ran.summary


@pytest.mark.parametrize("config", [REFRESH, CLIENT])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_login_is_repeated_while_salesforce_is_busy(
    own_server: EmulatorServer,
    config: dict[str, str],
    status: int,
) -> None:
    busy = {"path": "/services/oauth2/token", "status": status, "times": 2}
    own_server.set_faults({"requests": [busy]})
    settings = read_settings({**config, "domain": own_server.url})
    assert connect(settings, waits=NO_WAITS).rest.count(COUNT) >= 0


def test_a_login_server_that_stays_busy_is_told_in_a_sentence(
    own_server: EmulatorServer,
) -> None:
    own_server.set_faults({"requests": [{"path": "/services/oauth2/token", "status": 503}]})
    with pytest.raises(InputError, match="the server stays busy"):
        connect(read_settings({**REFRESH, "domain": own_server.url}), waits=NO_WAITS)


TOKENS = "https://acme.my.salesforce.com/services/oauth2/token"
GRANTED = {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
ORG_VERSIONS = "https://acme.my.salesforce.com/services/data/v64.0"


@pytest.mark.parametrize("config", [REFRESH, PASSWORD])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_login_is_not_sent_on_to_another_address(
    requests_mock: Any, config: dict[str, str], status: int
) -> None:
    there = "https://evil.example.com/services/oauth2/token?code=sec-ret"
    requests_mock.post(ANY, status_code=status, headers={"Location": there})
    with pytest.raises(InputError, match=r"https://evil\.example\.com.*My Domain") as caught:
        connect(read_settings({**config, "domain": "acme.my"}), waits=NO_WAITS)
    assert_no_secret(str(caught.value))
    assert requests_mock.call_count == 1


SOAP = (
    "<?xml version='1.0'?><e><result><serverUrl>{url}/services/Soap/u/64.0/00D</serverUrl>"
    "<sessionId>sec-ret-9</sessionId></result></e>"
)


@pytest.mark.parametrize(
    ("login_at", "org", "why"),
    [
        ("https://acme.my.salesforce.com", "http://acme.my.salesforce.com", "https"),
        ("https://acme.my.salesforce.com", "http://127.0.0.1:80", "https"),
        ("https://acme.my.salesforce.com", "acme.my.salesforce.com", "https"),
        ("https://localhost:8443", "https://evil.example.com", "another machine"),
        ("http://127.0.0.1:8360", "http://evil.example.com", "another machine"),
        ("http://127.0.0.1:8360", "https://evil.example.com", "another machine"),
    ],
)
@pytest.mark.parametrize("config", [REFRESH, PASSWORD])
def test_a_login_may_not_lead_out_of_https_or_off_this_machine(
    requests_mock: Any, config: dict[str, str], login_at: str, org: str, why: str
) -> None:
    answer: dict[str, Any] = {"json": {"access_token": "sec-ret-9", "instance_url": org}}
    requests_mock.post(ANY, **(answer if config is REFRESH else {"text": SOAP.format(url=org)}))
    with pytest.raises(InputError, match=why) as caught:
        connect(read_settings({**config, "domain": login_at}), waits=NO_WAITS)
    assert_no_secret(str(caught.value))
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("config", [REFRESH, PASSWORD])
@pytest.mark.parametrize("org", ["http://127.0.0.1:9", "https://localhost:8443"])
def test_a_login_at_this_machine_may_lead_to_another_port(
    requests_mock: Any, config: dict[str, str], org: str
) -> None:
    answer: dict[str, Any] = {"json": {"access_token": "sec-ret-9", "instance_url": org}}
    requests_mock.post(ANY, **(answer if config is REFRESH else {"text": SOAP.format(url=org)}))
    settings = read_settings({**config, "domain": "http://127.0.0.1:8360"})
    assert connect(settings, waits=NO_WAITS).url == org


def sent_tokens(requests_mock: Any) -> list[str]:
    sent = [each for each in requests_mock.request_history if each.url == TOKENS]
    return [dict(part.split("=", 1) for part in each.text.split("&"))["refresh_token"]
            for each in sent]  # fmt: skip


def test_a_new_refresh_token_is_used_from_then_on_and_kept(requests_mock: Any) -> None:
    answers = [{"json": {**GRANTED, "refresh_token": f"new-{number}"}} for number in (1, 2, 2)]
    requests_mock.post(TOKENS, [*answers, {"json": GRANTED}])
    ended = {"json": [{"errorCode": "INVALID_SESSION_ID"}], "status_code": 401}
    good = {"json": {"done": True, "totalSize": 7, "records": []}}
    requests_mock.get(f"{ORG_VERSIONS}/query/", [ended, good] * 3)
    kept: list[str] = []
    settings = read_settings({**REFRESH, "domain": "acme.my"})
    org = connect(settings, waits=NO_WAITS, keep=kept.append)
    assert [org.rest.count(COUNT) for _ in range(3)] == [7, 7, 7]
    assert sent_tokens(requests_mock) == ["sec-ret-2", "new-1", "new-2", "new-2"]
    assert kept == ["new-1", "new-2"]


def test_a_new_refresh_token_is_kept_although_the_rest_of_the_answer_is_missing(
    requests_mock: Any,
) -> None:
    requests_mock.post(TOKENS, [{"json": {"refresh_token": "new"}}, {"json": GRANTED}])
    kept: list[str] = []
    connect(read_settings({**REFRESH, "domain": "acme.my"}), waits=NO_WAITS, keep=kept.append)
    assert kept == ["new"]
    assert sent_tokens(requests_mock) == ["sec-ret-2", "new"]


def test_the_same_refresh_token_is_no_new_one(requests_mock: Any) -> None:
    requests_mock.post(TOKENS, json={**GRANTED, "refresh_token": REFRESH["refresh_token"]})
    kept: list[str] = []
    connect(read_settings({**REFRESH, "domain": "acme.my"}), waits=NO_WAITS, keep=kept.append)
    assert kept == []


def test_a_refused_login_keeps_salesforces_words_in_any_language(requests_mock: Any) -> None:
    answer = {"error": "invalid_grant", "error_description": "期限切れのアクセス/更新トークン"}
    requests_mock.post(TOKENS, json=answer, status_code=400)
    with pytest.raises(InputError, match="期限切れのアクセス/更新トークン"):
        connect(read_settings({**REFRESH, "domain": "acme.my"}), waits=NO_WAITS)
