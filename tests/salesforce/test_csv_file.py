"""Ids on their way to a delete job: on the disk, and sent as often as needed."""

from __future__ import annotations

import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.salesforce.bulk import Bulk, Ingest
from target_zuora360_cleanup.salesforce.credentials import ClientCredentials
from target_zuora360_cleanup.salesforce.csv_file import MOST_BYTES, IdFile, fitting
from target_zuora360_cleanup.salesforce.session import OrgSession
from target_zuora360_cleanup.settings.schema import json_schema
from tests.support.emulated import Emulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

OBJECT = "Zuora__InvoiceItem__c"


def some_ids(count: int) -> Iterator[list[bytes]]:
    """Blocks of ids that no row has."""
    for start in range(0, count, 1000):
        yield [b"a0x%015d" % number for number in range(start, min(count, start + 1000))]


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with Emulated(OrgOptions(records=0)) as made:
        yield made


def opened(server: EmulatorServer) -> OrgSession:
    session = OrgSession(ClientCredentials(server.url, "client", "secret"))
    session.connect()
    return session


def test_the_csv_is_a_header_and_an_id_a_line() -> None:
    with closing(IdFile(iter([[b"a", b"b"], [], [b"c"]]))) as ids:
        assert b"".join(ids) == b"Id\na\nb\nc\n"
        assert (ids.rows, len(ids), ids.ids()) == (3, 9, ["a", "b", "c"])


def test_no_ids_are_a_header_alone() -> None:
    with closing(IdFile(iter([[]]))) as ids:
        assert (b"".join(ids), ids.rows, ids.ids()) == (b"Id\n", 0, [])


@pytest.mark.parametrize("expired", [False, True])
def test_all_ids_arrive_although_the_session_ends_at_the_upload(
    server: EmulatorServer, *, expired: bool
) -> None:
    session = opened(server)
    own = Bulk(session, f"{server.url}/services/data/v64.0")
    job_id = own.create_ingest(Ingest(OBJECT, "delete"))
    server.set_faults({"sessions": {"expire": expired}} if expired else {})
    with closing(IdFile(some_ids(20_000))) as ids:
        own.upload(job_id, ids)
    assert session.calls["PUT"] == 1 + expired
    own.close(job_id)
    assert own.wait("ingest", job_id).processed == 20_000


@pytest.mark.slow
def test_a_file_of_many_ids_is_never_in_memory() -> None:
    tracemalloc.start()
    with closing(IdFile(some_ids(400_000))) as ids:
        assert sum(map(len, ids)) == len(ids) == 3 + 19 * 400_000
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Other threads of the tests are traced too, so the bound is far from both.
    assert taken < len(ids) / 5


def test_a_broken_source_leaves_no_file_open() -> None:
    def broken() -> Iterator[list[bytes]]:
        yield [b"a"]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        IdFile(broken())


def test_ids_of_the_largest_job_fit_into_one_upload() -> None:
    largest = json_schema()["properties"]["job_size"]["maximum"]
    assert len("Id\n") + largest * len("a0G5g00000000000AA\n") <= MOST_BYTES


@given(
    sizes=st.lists(st.integers(1, 50), max_size=40),
    most_items=st.integers(1, 10),
    most_bytes=st.integers(20, 90),
)
def test_parts_fit_by_rows_and_by_bytes_and_lose_nothing(
    sizes: list[int], most_items: int, most_bytes: int
) -> None:
    parts = list(fitting(sizes, lambda each: each, most_items, most_bytes))
    assert [each for part in parts for each in part] == sizes
    for part in parts:
        assert 0 < len(part) <= most_items
        assert sum(part) <= most_bytes or len(part) == 1
