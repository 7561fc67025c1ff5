"""A result counts once it is whole: rows that came are held against what Salesforce says."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.facts.counting import count_by_job
from target_zuora360_cleanup.salesforce.client import Salesforce
from target_zuora360_cleanup.salesforce.credentials import AccessToken
from target_zuora360_cleanup.salesforce.errors import ApiError, is_passing
from target_zuora360_cleanup.salesforce.rest import Rest
from target_zuora360_cleanup.salesforce.rows import Selection, read_pages
from target_zuora360_cleanup.salesforce.session import OrgSession
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.salesforce.whole import Page, ShortResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.salesforce.bulk import Bulk

URL = "https://acme.my.salesforce.com"
DATA = f"{URL}/services/data/v64.0"
RESULTS = f"{DATA}/jobs/query/750/results"
WHOLE = '"Id"\n"a"\n"b"\n'


@pytest.fixture
def salesforce() -> Salesforce:
    session = OrgSession(AccessToken("token", URL))
    session.connect()
    return Salesforce.of(Rest(session, URL, "64.0"), lambda _: None, NO_WAITS)


def page(text: str, rows: int | None, following: str = "null") -> dict[str, Any]:
    told = {} if rows is None else {"Sforce-NumberOfRecords": str(rows)}
    return {"text": text, "headers": {"Sforce-Locator": following, **told}}


def read(bulk: Bulk, told: int | None = None) -> list[str]:
    return [b"".join(each).decode() for each in bulk.pages("750", 2, told)]


SHORT = {
    "a row is missing": page('"Id"\n"a"\n', 2),
    "all rows are missing": page('"Id"\n', 2),
    "not even a header came": page("", 2),
    "a value is cut": page('"Id"\n"a"\n"b', 2),
    "a value is cut, and nobody says how many rows there are": page('"Id"\n"a"\n"b', None),
    "a row is cut, and nobody says how many rows there are": page("Id\na\nb", None),
}


@pytest.mark.parametrize("short", SHORT.values(), ids=SHORT)
def test_a_page_that_is_short_is_read_again_before_anybody_has_it(
    salesforce: Salesforce, requests_mock: Any, short: dict[str, Any]
) -> None:
    requests_mock.get(RESULTS, [short, page(WHOLE, 2)])
    assert read(salesforce.bulk) == [WHOLE]


@pytest.mark.parametrize("short", SHORT.values(), ids=SHORT)
def test_a_page_that_stays_short_is_never_handed_on(
    salesforce: Salesforce, requests_mock: Any, short: dict[str, Any]
) -> None:
    requests_mock.get(RESULTS, **short)
    with pytest.raises(ShortResult) as caught:
        read(salesforce.bulk)
    assert is_passing(caught.value)
    assert requests_mock.call_count == 1 + len(NO_WAITS.rounds)


def test_a_later_page_that_is_short_is_read_again_at_its_own_place(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    first, second = page(WHOLE, 2, "MTAw"), page('"Id"\n"c"\n"d"\n', 2)
    requests_mock.get(RESULTS, [first, page('"Id"\n"c"\n', 2), second])
    assert read(salesforce.bulk) == [WHOLE, '"Id"\n"c"\n"d"\n']
    asked = [request.qs.get("locator") for request in requests_mock.request_history]
    assert asked == [None, ["mtaw"], ["mtaw"]]


def test_pages_that_end_too_early_are_no_whole_result(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    requests_mock.get(RESULTS, **page(WHOLE, 2))
    with pytest.raises(ShortResult, match="2 of the 5 records"):
        read(salesforce.bulk, told=5)


def test_a_job_says_how_many_rows_there_are(salesforce: Salesforce, requests_mock: Any) -> None:
    made = {"id": "750", "state": "UploadComplete"}
    requests_mock.post(f"{DATA}/jobs/query", json=made)
    done = {"id": "750", "state": "JobComplete", "numberRecordsProcessed": 2_360}
    requests_mock.get(f"{DATA}/jobs/query/750", json=done)
    requests_mock.get(RESULTS, **page(WHOLE, None))
    with pytest.raises(ShortResult, match="2 of the 2,360 records"):
        list(map(list, read_pages(salesforce, Selection("A__c", ("Id",), "", 5_000), 5_000)))


def test_a_first_page_of_which_nobody_says_that_it_is_the_last_is_no_whole_result(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    requests_mock.post(f"{DATA}/jobs/query", json={"id": "750", "state": "UploadComplete"})
    requests_mock.get(f"{DATA}/jobs/query/750", json={"id": "750", "state": "JobComplete"})
    requests_mock.get(RESULTS, text=WHOLE)
    with pytest.raises(ShortResult, match="nor whether there is more"):
        list(map(list, read_pages(salesforce, Selection("A__c", ("Id",), "", 5_000), 5_000)))


def test_more_rows_than_a_job_said_are_no_loss(salesforce: Salesforce, requests_mock: Any) -> None:
    requests_mock.get(RESULTS, **page(WHOLE, 1))
    assert read(salesforce.bulk, told=1) == [WHOLE]


RECORD = {"attributes": {}, "Id": "a"}


def test_an_answer_over_rest_that_is_short_is_asked_for_again(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    short = {"totalSize": 2, "done": True, "records": [RECORD]}
    whole = {"totalSize": 1, "done": True, "records": [RECORD]}
    requests_mock.get(f"{DATA}/query/", [{"json": short}, {"json": whole}])
    (only,) = read_pages(salesforce, Selection("A__c", ("Id",), "", 2), 2)
    assert b"".join(only) == b'"Id"\n"a"\n'
    assert requests_mock.call_count == 2


def test_an_answer_over_rest_that_stays_short_is_none(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    short = {"totalSize": 2, "done": True, "records": [RECORD]}
    requests_mock.get(f"{DATA}/query/", json=short)
    with pytest.raises(ShortResult, match="1 of the 2 records"):
        list(map(list, read_pages(salesforce, Selection("A__c", ("Id",), "", 2), 2)))


def test_a_short_part_of_a_composite_answer_is_no_answer(
    salesforce: Salesforce, requests_mock: Any
) -> None:
    body = {"totalSize": 2, "done": True, "records": [RECORD]}
    parts = {"compositeResponse": [{"httpStatusCode": 200, "body": body}]}
    requests_mock.post(f"{DATA}/composite", json=parts)
    (answer,) = salesforce.rest.query_each(["SELECT Id FROM A__c"])
    assert isinstance(answer, ShortResult)


ROWS = st.lists(st.tuples(st.text("ab", min_size=1), st.text('a",\n\r')), max_size=12)


@given(rows=ROWS, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_rows_are_counted_whatever_their_values_hold(
    rows: list[tuple[str, str]], sizes: list[int]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("Id", "Note__c"), *rows])
    data = text.getvalue().encode()
    with closing(Page(cut(data, sizes))) as made:
        assert made.rows == len(rows)
        assert b"".join(made) == data
    # (a last row that has no line end is one, unless it is cut within a value)
    with closing(Page(cut(data.rstrip(b"\n"), sizes))) as made:
        assert made.rows == len(rows)
    if rows:
        with closing(Page(cut(data[:-2], sizes))) as made:
            assert made.rows == len(rows) - 1


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The data in pieces of these sizes over and over."""
    start, number = 0, 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        yield data[start : start + size]
        start, number = start + size, number + 1


@pytest.mark.parametrize("told", [{}, {"numberRecordsProcessed": None}])
def test_a_job_that_does_not_say_how_many_rows_it_has_found_has_not_found_none(
    salesforce: Salesforce, requests_mock: Any, told: dict[str, Any]
) -> None:
    made = {"id": "750", "state": "UploadComplete"}
    requests_mock.post(f"{DATA}/jobs/query", json=made)
    requests_mock.get(f"{DATA}/jobs/query/750", json={"id": "750", "state": "JobComplete", **told})
    with pytest.raises(ApiError, match="NOT_COUNTED"):
        count_by_job(salesforce, "SELECT Id FROM A__c")
