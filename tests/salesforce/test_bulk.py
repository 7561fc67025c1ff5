"""Bulk API 2.0 and the session at the level of single requests, with answers made by hand."""

from __future__ import annotations

import csv
import io
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override
from urllib3.response import HTTPResponse

from target_zuora360_cleanup.rows.csv_ids import find_ids
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest, Job
from target_zuora360_cleanup.salesforce.credentials import AccessToken
from target_zuora360_cleanup.salesforce.csv_file import IdFile
from target_zuora360_cleanup.salesforce.errors import ApiError, JobFailed, SessionExpired
from target_zuora360_cleanup.salesforce.polling import Polling
from target_zuora360_cleanup.salesforce.repeating import retry_policy
from target_zuora360_cleanup.salesforce.rows import split_header, whole_lines
from target_zuora360_cleanup.salesforce.session import OrgSession
from target_zuora360_cleanup.salesforce.waits import NO_WAITS, Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

URL = "https://acme.my.salesforce.com"
DATA = f"{URL}/services/data/v64.0"
RESULTS = f"{DATA}/jobs/query/750/results"


def opened() -> OrgSession:
    session = OrgSession(AccessToken("token", URL), NO_WAITS)
    session.connect()
    return session


@pytest.fixture
def bulk() -> Bulk:
    return Bulk(opened(), DATA, pause=lambda _: None, waits=NO_WAITS)


def info(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "750", "state": state, **more}


def read(bulk: Bulk, rows: int = 2, told: int = 0) -> list[bytes]:
    return [b"".join(page) for page in bulk.pages("750", rows, told)]


@pytest.mark.parametrize(
    "last", [{"Sforce-Locator": "null"}, {"Sforce-Locator": ""}, {"Sforce-Locator": " "}, {}]
)
def test_paging_follows_locators_to_the_last_page(
    bulk: Bulk, requests_mock: Any, last: dict[str, str]
) -> None:
    pages = [
        {"text": '"Id"\n"a"\n"b"\n', "headers": {"Sforce-Locator": "MTAw"}},
        {"text": '"Id"\n"c"\n', "headers": last},
    ]
    requests_mock.get(RESULTS, pages)
    assert read(bulk) == [b'"Id"\n"a"\n"b"\n', b'"Id"\n"c"\n']
    asked = [request.qs for request in requests_mock.request_history]
    assert asked == [{"maxrecords": ["2"]}, {"maxrecords": ["2"], "locator": ["mtaw"]}]


def test_no_netrc_entry_replaces_the_token(
    bulk: Bulk, requests_mock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {URL.partition('//')[2]} login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    requests_mock.get(f"{DATA}/jobs/ingest/750", json=info("JobComplete"))
    bulk.wait("ingest", "750")
    assert requests_mock.last_request.headers["Authorization"] == "Bearer token"


def test_an_empty_result_is_one_page_of_a_header(bulk: Bulk, requests_mock: Any) -> None:
    requests_mock.get(RESULTS, text='"Id"\n', headers={"Sforce-Locator": "null"})
    assert read(bulk) == [b'"Id"\n']


def ids_of(blocks: Iterator[bytes]) -> list[bytes]:
    header, rest = split_header(whole_lines(blocks))
    return [each for block in rest for each in find_ids(header, block)]


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The data in pieces of these sizes over and over."""
    start, number = 0, 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        yield data[start : start + size]
        start, number = start + size, number + 1


IDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=18,
              max_size=18)  # fmt: skip
ID_LIKE = st.builds(lambda before, like, after: before + like + after,
                    st.sampled_from(["", '"', '\n"', '\n""', "\n", ',\n"', '"\n"']),
                    IDS,
                    st.sampled_from(["", '"', '"\n', '""', ",", '",', "\n"]))  # fmt: skip
# (Python 3.10 writes no NUL to CSV; Salesforce stores none.)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
VALUES = st.one_of(TEXTS, ID_LIKE)


@given(
    rows=st.lists(st.tuples(IDS, VALUES, VALUES), max_size=20),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    ends=st.sampled_from(["\n", "\r\n"]),
)
def test_exactly_the_ids_of_the_first_column_are_found(
    rows: list[tuple[str, str, str]], sizes: list[int], ends: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=ends)
    writer.writerows([("Id", "Name", "Note__c"), *rows])
    data = text.getvalue().encode()
    assert ids_of(cut(data, sizes)) == [row[0].encode() for row in rows]


@given(ids=st.lists(IDS, max_size=20), sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5))
def test_ids_alone_are_found_without_quotes_too(ids: list[str], sizes: list[int]) -> None:
    data = "".join(f"{each}\n" for each in ["Id", *ids]).encode()
    assert ids_of(cut(data, sizes)) == [each.encode() for each in ids]


def test_values_without_quotes_beside_the_id_are_refused() -> None:
    # A line break in such a value could make any text look like an id.
    with pytest.raises(ApiError, match="UNQUOTED"):
        find_ids(b"Id,Name\n", b'a01000000000001AAA,"x\na01000000000002AAA,y"\n')


@given(st.lists(st.binary(max_size=12), max_size=20))
def test_whole_lines_lose_nothing_and_end_in_line_ends(blocks: list[bytes]) -> None:
    out = list(whole_lines(iter(blocks)))
    data = b"".join(blocks)
    assert b"".join(out) == data + (b"\n" if data and not data.endswith(b"\n") else b"")
    assert all(block.endswith(b"\n") for block in out)


FAILED = (
    '"sf__Id","sf__Error","Id"\n'
    '"a01","CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY:Größe: „nein“, bitte\n\n'
    'caused by: \r\nx:--","a01"\n'
    '"","UNABLE_TO_LOCK_ROW:he said ""no"":--","a02"\n'
)


@pytest.mark.parametrize("charset", ["", "; charset=ISO-8859-1", "; charset=UTF-8"])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_failed_rows_keep_salesforces_words(
    bulk: Bulk, requests_mock: Any, monkeypatch: pytest.MonkeyPatch, charset: str, chunk: int
) -> None:
    monkeypatch.setattr("target_zuora360_cleanup.salesforce.results.CHUNK_BYTES", chunk)
    requests_mock.get(
        f"{DATA}/jobs/ingest/750/failedResults",
        content=FAILED.encode(),
        headers={"Content-Type": f"text/csv{charset}"},
    )
    rows = list(bulk.failed_rows("750"))
    assert [row["Id"] for row in rows] == ["a01", "a02"]
    assert "Größe: „nein“, bitte\n\ncaused by: \r\nx" in rows[0]["sf__Error"]
    assert rows[1]["sf__Error"] == 'UNABLE_TO_LOCK_ROW:he said "no":--'


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_did_not_complete_is_an_error_with_its_id(
    bulk: Bulk, requests_mock: Any, state: str
) -> None:
    answer = info(state, errorMessage="InvalidBatch : ids only")
    requests_mock.get(f"{DATA}/jobs/ingest/750", json=answer)
    with pytest.raises(JobFailed, match="InvalidBatch : ids only") as caught:
        bulk.wait("ingest", "750")
    assert (caught.value.job_id, caught.value.state) == ("750", state)


def test_a_job_is_polled_until_it_has_ended_and_tells_on_the_way(
    bulk: Bulk, requests_mock: Any
) -> None:
    states = [info("UploadComplete"), info("InProgress", numberRecordsProcessed=5)]
    last = info("JobComplete", numberRecordsProcessed=9, numberRecordsFailed=1)
    requests_mock.get(f"{DATA}/jobs/ingest/750", [{"json": each} for each in [*states, last]])
    seen: list[int] = []
    job = bulk.wait("ingest", "750", on_poll=lambda each: seen.append(each.processed))
    assert job == Job("750", "JobComplete", 9, 1, "")
    assert seen == [0, 5]


def test_waits_between_polls_grow_and_are_bounded(
    requests_mock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    waits: list[float] = []

    def pause(seconds: float) -> None:
        nonlocal clock
        clock += seconds
        waits.append(seconds)

    monkeypatch.setattr("target_zuora360_cleanup.salesforce.bulk.time.monotonic", lambda: clock)
    many = [{"json": info("InProgress")}] * 400
    requests_mock.get(f"{DATA}/jobs/ingest/750", [*many, {"json": info("JobComplete")}])
    Bulk(opened(), DATA, pause=pause).wait("ingest", "750")
    polling = Polling()
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (polling.shortest, polling.longest)


def test_a_wait_can_be_given_up(requests_mock: Any) -> None:
    waits: list[float] = []

    def give_up(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) > 1:
            raise KeyboardInterrupt

    requests_mock.get(f"{DATA}/jobs/ingest/750", json=info("InProgress"))
    with pytest.raises(KeyboardInterrupt):
        Bulk(opened(), DATA, pause=give_up).wait("ingest", "750")
    assert [request.method for request in requests_mock.request_history] == ["GET"]


def test_polls_without_an_answer_leave_the_job_alone(bulk: Bulk, requests_mock: Any) -> None:
    outage: list[dict[str, Any]] = [{"status_code": 503}, {"exc": requests.ReadTimeout}] * 3
    answers = [*outage, {"json": info("InProgress")}, *outage, {"json": info("JobComplete")}]
    requests_mock.get(f"{DATA}/jobs/ingest/750", answers)
    assert bulk.wait("ingest", "750").ended
    assert [each.method for each in requests_mock.request_history] == ["GET"] * len(answers)


def test_a_poll_that_is_refused_is_an_error_at_once(bulk: Bulk, requests_mock: Any) -> None:
    requests_mock.get(f"{DATA}/jobs/ingest/750", status_code=404)
    with pytest.raises(ApiError):
        bulk.wait("ingest", "750")
    assert requests_mock.call_count == 1


def test_patience_with_a_server_that_says_nothing_has_an_end(
    bulk: Bulk, requests_mock: Any
) -> None:
    requests_mock.get(f"{DATA}/jobs/ingest/750", status_code=503)
    with pytest.raises(ApiError):
        bulk.wait("ingest", "750")


def test_a_lost_answer_to_closing_is_looked_up(bulk: Bulk, requests_mock: Any) -> None:
    requests_mock.patch(f"{DATA}/jobs/ingest/750", exc=requests.ConnectionError)
    requests_mock.get(f"{DATA}/jobs/ingest/750", json=info("UploadComplete"))
    bulk.close("750")
    requests_mock.get(f"{DATA}/jobs/ingest/750", json=info("Open"))
    with pytest.raises(requests.ConnectionError):
        bulk.close("750")


def test_small_jobs_go_in_one_request_of_two_parts(bulk: Bulk, requests_mock: Any) -> None:
    requests_mock.post(f"{DATA}/jobs/ingest", json=info("UploadComplete"))
    with closing(IdFile([[b"a01"]])) as ids:
        assert bulk.create_filled(Ingest("Zuora__ZInvoice__c", "delete"), ids) == "750"
    body = requests_mock.last_request.body
    assert b'name="job"' in body
    assert b'"object": "Zuora__ZInvoice__c"' in body
    assert b'name="content"' in body
    assert b"Id\na01\n" in body


def test_the_session_counts_calls_and_keeps_the_last_usage(requests_mock: Any) -> None:
    headers = [{"Sforce-Limit-Info": "api-usage=18/5000"}, {}]
    requests_mock.get(DATA, [{"headers": each, "json": {}} for each in headers])
    requests_mock.post(DATA, json={})
    session = opened()
    session.get(DATA)
    session.get(DATA)
    session.post(DATA)
    assert session.calls == {"GET": 2, "POST": 1}
    assert session.usage == (18, 5000)


def test_each_request_has_the_token_whatever_its_own_headers_say(requests_mock: Any) -> None:
    requests_mock.get(DATA, json={})
    opened().get(DATA, headers={"Authorization": "Bearer -", "X": "y"})
    sent = requests_mock.last_request
    assert sent.headers["Authorization"] == "Bearer token"
    assert sent.headers["X"] == "y"


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b'[{"errorCode":"NOT_FOUND","message":"no such job"}]', "NOT_FOUND", "no such job"),
        (b'{"errorCode":"X","message":"y"}', "X", "y"),
        (b"<html>", "HTTP_404", "Not here"),
        (b"", "HTTP_404", "Not here"),
        (b"[]", "HTTP_404", "Not here"),
        (b"[null]", "HTTP_404", "Not here"),
    ],
)
def test_an_error_answer_becomes_an_error_with_code_and_words(
    requests_mock: Any, content: bytes, code: str, message: str
) -> None:
    requests_mock.get(DATA, content=content, status_code=404, reason="Not here")
    with pytest.raises(ApiError) as caught:
        opened().get(DATA, stream=True)
    assert (caught.value.status, caught.value.code, caught.value.message) == (404, code, message)


def test_a_token_from_elsewhere_can_not_be_renewed(requests_mock: Any) -> None:
    requests_mock.get(DATA, json=[{"errorCode": "INVALID_SESSION_ID"}], status_code=401)
    with pytest.raises(SessionExpired, match="access_token"):
        opened().get(DATA)
    assert requests_mock.call_count == 1


class Answers:
    """A server on loopback that gives its answers in turn, and counts the requests."""

    def __init__(self, *answers: tuple[int, dict[str, str]]) -> None:
        self._answers = list(answers)
        self.methods: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def _handler(self) -> Any:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                outer.methods.append(self.command)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers = outer._answers.pop(0)
                self.send_response(status)
                for name, value in {"Content-Length": "2", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 - http.server's names

            @override
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    return slept


def at(server: Answers) -> OrgSession:
    session = OrgSession(AccessToken("token", server.url))
    session.connect()
    return session


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_get_is_repeated_when_the_server_is_busy(status: int, no_sleep: list[float]) -> None:
    busy = (status, {"Retry-After": "7"})
    with Answers(busy, busy, (200, {})) as server, at(server) as session:
        assert session.get(server.url).ok
        assert server.methods == ["GET"] * 3
    assert no_sleep == ([7.0, 7.0] if status in (429, 503) else no_sleep)


def test_a_get_is_not_repeated_for_ever(no_sleep: list[float]) -> None:
    busy: list[tuple[int, dict[str, str]]] = [(503, {})] * 20
    with Answers(*busy) as server, at(server) as session:
        with pytest.raises(ApiError, match="503"):
            session.get(server.url)
        assert 3 < len(server.methods) < 10
    assert sum(no_sleep) < 120


@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_what_may_have_been_carried_out_is_not_repeated(method: str, no_sleep: list[float]) -> None:
    with Answers((503, {"Retry-After": "1"}), (200, {})) as server, at(server) as session:
        send: Callable[..., requests.Response] = getattr(session, method)
        with pytest.raises(ApiError, match="503"):
            send(server.url, data=b"x")
        assert server.methods == [method.upper()]
    assert no_sleep == []


@pytest.mark.parametrize(("asked", "wait"), [("5", 5), ("86400", Waits.retry_after)])
def test_a_server_decides_how_long_to_wait_within_bounds(asked: str, wait: float) -> None:
    response = HTTPResponse(headers={"Retry-After": asked})
    assert retry_policy(Waits()).new().get_retry_after(response) == wait
    assert retry_policy(Waits()).get_retry_after(HTTPResponse()) is None
