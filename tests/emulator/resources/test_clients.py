"""Clients nobody here wrote: simple-salesforce over https, and what the Salesforce CLI sends."""

from __future__ import annotations

import csv
import io
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin
from typing_extensions import override

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.options import ServerOptions
from tests.support.emulated import Emulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest, Response

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

ITEM = "Zuora__InvoiceItem__c"


@pytest.fixture(scope="module")
def secure() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=3_000), ServerOptions(tls=True)) as server:
        yield server


@pytest.fixture
def session(secure: EmulatorServer) -> Iterator[requests.Session]:
    """Trusts the emulator's certificate authority only."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(secure.ca_file)
        yield session


@pytest.fixture
def salesforce(secure: EmulatorServer, session: requests.Session) -> Salesforce:
    return Salesforce(
        session_id=secure.access_token, instance_url=secure.tls_url, session=session, version="59.0"
    )


class Redirected(HTTPAdapter):
    """Takes what is meant for salesforce.com to the emulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    @override
    def send(self, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        path = str(request.url).split("/", 3)[3]
        request.url = f"{self._url}/{path}"
        return super().send(request, *args, **more)


def redirect(session: requests.Session, server: EmulatorServer) -> None:
    session.mount("https://login.salesforce.com", Redirected(str(server.tls_url)))
    session.mount("https://my-org.my.salesforce.com", Redirected(str(server.tls_url)))


def test_the_certificate_holds_for_all_loopback_names(secure: EmulatorServer) -> None:
    context = ssl.create_default_context(cafile=secure.ca_file)
    port = str(secure.tls_url).rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        url = f"https://{host}:{port}/services/data"
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            assert answer.status == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.tls_url}/services/data", timeout=10)


def test_http_and_https_serve_the_same_org(
    secure: EmulatorServer, session: requests.Session
) -> None:
    headers = {"Authorization": f"Bearer {secure.access_token}"}
    answers = [
        session.get(f"{url}/services/oauth2/userinfo", headers=headers, timeout=10).json()
        for url in (secure.url, secure.tls_url)
    ]
    assert answers[0]["organization_id"] == answers[1]["organization_id"]
    assert answers[1]["sub"].startswith(str(secure.tls_url))


def test_simple_salesforce_queries(secure: EmulatorServer, salesforce: Salesforce) -> None:
    total = secure.org.counts()[ITEM]
    assert salesforce.query(f"SELECT COUNT() FROM {ITEM}")["totalSize"] == total
    records = salesforce.query_all(f"SELECT Id FROM {ITEM}")["records"]
    assert len({record["Id"] for record in records}) == total
    assert salesforce.api_usage["api-usage"].used > 0


def test_simple_salesforce_follows_pages(salesforce: Salesforce) -> None:
    headers = {"Sforce-Query-Options": "batchSize=200"}
    records = salesforce.query_all_iter(f"SELECT Id FROM {ITEM}", headers=headers)
    assert sum(1 for _ in records) > 400


def test_simple_salesforce_describes(salesforce: Salesforce) -> None:
    described: Any = salesforce.describe()
    names = {entry["name"] for entry in described["sobjects"]}
    assert ITEM in names
    fields = getattr(salesforce, ITEM).describe()["fields"]
    assert "Id" in {field["name"] for field in fields}


def test_simple_salesforce_creates_reads_changes_and_deletes(salesforce: Salesforce) -> None:
    account: Any = salesforce.Account
    made = account.create({"Name": "Simple"})
    assert made["success"] is True
    assert account.update(made["id"], {"Name": "Salesforce"}) == 204
    assert account.get(made["id"])["Name"] == "Salesforce"
    assert account.delete(made["id"]) == 204


def test_simple_salesforce_bulk2_queries_and_deletes(
    secure: EmulatorServer, salesforce: Salesforce
) -> None:
    bulk = getattr(salesforce.bulk2, ITEM)
    pages = list(bulk.query(f"SELECT Id FROM {ITEM}", max_records=400, wait=0.05))
    ids = [row["Id"] for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert len(pages) > 1
    assert len(ids) == secure.org.counts()[ITEM]
    [done] = bulk.delete(records=[{"Id": each} for each in ids[:300]], wait=0.05)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (300, 0)
    assert len(ids) - secure.org.counts()[ITEM] == 300
    results = bulk.get_all_ingest_records(done["job_id"])
    assert len(results["successfulRecords"]) == 300
    assert results["unprocessedRecords"] == []


def test_simple_salesforce_logs_in_over_soap(
    secure: EmulatorServer, session: requests.Session
) -> None:
    session_id, instance = SalesforceLogin(
        username="me", password="pw", security_token="t", scratch_url=secure.tls_url,
        sf_version="59.0", session=session,
    )  # fmt: skip
    assert f"https://{instance}" == secure.tls_url
    logged_in = Salesforce(session_id=session_id, instance_url=secure.tls_url, session=session)
    assert logged_in.query("SELECT COUNT() FROM Account")["totalSize"] > 0


def test_simple_salesforce_cannot_log_in_over_soap_from_65_on(
    secure: EmulatorServer, session: requests.Session
) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="UNSUPPORTED_API_VERSION"):
        SalesforceLogin(
            username="me", password="pw", security_token="t", scratch_url=secure.tls_url,
            sf_version="65.0", session=session,
        )  # fmt: skip


def test_simple_salesforce_logs_in_with_client_credentials(
    secure: EmulatorServer, session: requests.Session
) -> None:
    redirect(session, secure)
    logged_in = Salesforce(
        consumer_key="key", consumer_secret="secret", domain="my-org.my", session=session
    )
    assert logged_in.query("SELECT COUNT() FROM Account")["totalSize"] > 0


def test_simple_salesforce_logs_in_with_a_jwt(
    secure: EmulatorServer, session: requests.Session
) -> None:
    redirect(session, secure)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    logged_in = Salesforce(
        username="me@example.com", consumer_key="key", privatekey=key.decode(), session=session
    )
    assert logged_in.query("SELECT COUNT() FROM Account")["totalSize"] > 0


def test_a_session_expires_and_simple_salesforce_logs_in_again(
    secure: EmulatorServer, session: requests.Session
) -> None:
    redirect(session, secure)
    logged_in = Salesforce(
        consumer_key="key", consumer_secret="secret", domain="my-org.my", session=session
    )
    secure.service.sessions.revoke(logged_in.session_id)
    assert logged_in.query("SELECT COUNT() FROM Account")["totalSize"] > 0


class Cli:
    """Sends what the Salesforce CLI sends."""

    def __init__(self, server: EmulatorServer) -> None:
        self.server = server
        self._headers = {"Authorization": f"Bearer {server.access_token}"}

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {**self._headers, **more.pop("headers", {})}
        url = f"{self.server.url}{path}"
        answer = requests.request(method, url, headers=headers, timeout=10, **more)
        assert answer.ok, answer.text
        return answer

    def wait(self, job: str) -> dict[str, Any]:
        """Poll a job until its end."""
        end = time.monotonic() + 30
        while (info := self("GET", job).json())["state"] not in {"JobComplete", "Failed"}:
            assert time.monotonic() < end, info
            time.sleep(0.01)
        found: dict[str, Any] = info
        return found


@pytest.fixture
def cli(secure: EmulatorServer) -> Cli:
    return Cli(secure)


def test_the_cli_can_log_in(cli: Cli) -> None:
    info = cli("GET", "/services/oauth2/userinfo").json()
    user = cli("GET", f"/services/data/v51.0/sobjects/User/{info['user_id']}").json()
    assert user["Username"] == info["preferred_username"]
    # An org without Dev Hub has no such object, which is how the CLI tells.
    soql = {"q": "SELECT CreatedDate,Edition,ExpirationDate FROM ScratchOrgInfo"}
    scratch = requests.get(
        f"{cli.server.url}/services/data/v51.0/query",
        params=soql, headers={"Authorization": f"Bearer {cli.server.access_token}"}, timeout=10,
    )  # fmt: skip
    assert (scratch.status_code, scratch.json()[0]["errorCode"]) == (400, "INVALID_TYPE")
    assert cli("GET", "/services/data").json()[-1]["version"] == "67.0"
    details = (
        "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, "
        "OrganizationType FROM Organization"
    )
    org = cli("GET", "/services/data/v67.0/query", params={"q": details}).json()
    assert org["totalSize"] == 1
    assert org["records"][0]["IsSandbox"] is False


def test_the_cli_can_query_with_columns_and_display_the_org(cli: Cli) -> None:
    soql = {"q": "SELECT Id, Name FROM Account LIMIT 2"}
    assert cli("GET", "/services/data/v67.0/query", params=soql).json()["totalSize"] == 2
    asked = {**soql, "columns": "true"}
    columns = cli("GET", "/services/data/v67.0/query", params=asked).json()["columnMetadata"]
    assert [column["columnName"] for column in columns] == ["Id", "Name"]
    identity = cli("GET", "/services/data/v67.0").json()["identity"]
    assert cli("GET", identity.removeprefix(cli.server.url)).json()["user_id"]
    assert cli("GET", "/services/data/v67.0/limits/").json()
    assert cli("GET", "/services/data/v67.0/limits/recordCount").json()["sObjects"]


def test_the_cli_can_delete_in_bulk(cli: Cli) -> None:
    soql = {"q": f"SELECT Id FROM {ITEM} LIMIT 3"}
    found = cli("GET", "/services/data/v67.0/query", params=soql).json()["records"]
    ids = [record["Id"] for record in found]
    base = "/services/data/v67.0/jobs/ingest"
    asked = {"object": ITEM, "operation": "delete", "lineEnding": "LF", "columnDelimiter": "COMMA"}
    job = f"{base}/{cli('POST', base, json=asked).json()['id']}"
    parts = iter([b"Id\n", *(f"{each}\n".encode() for each in ids)])
    put = cli("PUT", f"{job}/batches/", data=parts, headers={"Content-Type": "text/csv"})
    assert put.status_code == 201
    cli("PATCH", job, json={"state": "UploadComplete"})
    assert cli.wait(job)["state"] == "JobComplete"
    results = {
        name: list(csv.DictReader(io.StringIO(cli("GET", f"{job}/{name}").text)))
        for name in ("successfulResults/", "failedResults", "unprocessedrecords")
    }
    assert sorted(row["Id"] for row in results["successfulResults/"]) == sorted(ids)
    assert results["failedResults"] == results["unprocessedrecords"] == []


def test_quoted_ids_and_slashes_at_the_end_are_taken_as_sfdmu_sends_them(
    cli: Cli, secure: EmulatorServer
) -> None:
    base = "/services/data/v47.0"
    count = cli("GET", f"{base}/query", params={"q": "SELECT COUNT(Id) CNT FROM Account"}).json()
    assert count["records"][0]["CNT"] == secure.org.counts()["Account"]
    job = cli("POST", f"{base}/jobs/ingest/", json={"object": ITEM, "operation": "delete"}).json()
    path = f"{base}/jobs/ingest/{job['id']}/"
    data = b'"Id"\n"a0Z5g0000000001AAA"\n'
    cli("PUT", f"{path}batches/", data=data, headers={"Content-Type": "text/csv"})
    cli("PATCH", path, json={"state": "UploadComplete"})
    assert cli.wait(path)["numberRecordsFailed"] == 1
    for name in ("successfulResults/", "FailedResults/", "unprocessedRecords/"):
        assert cli("GET", f"{path}{name}").text
