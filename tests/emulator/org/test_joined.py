"""A record has a follow, a topic and the link of a file once; an attachment's body can be read."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support.shapes import INVOICES, ids, of, rows, shaped

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

SHAPE = {
    "rows": [
        rows("Topic", Name="topic"),
        rows("ContentDocument", Title="file"),
        {"object": "User", "values": {
            "Username": "a@b.example", "Email": "a@b.example", "LastName": "A", "IsActive": False,
        }},
        rows("EntitySubscription", ParentId=of(INVOICES), SubscriberId=of("User")),
    ]
}  # fmt: skip


def insert(server: EmulatorServer, name: str, **values: str) -> str | None:
    """Insert a row; the code of its error."""
    (result,) = server.org.dml("insert", name, [values])
    return result.error.code if result.error else None


@pytest.mark.parametrize(
    ("name", "parent", "other", "object_name"),
    [
        ("EntitySubscription", "ParentId", "SubscriberId", "User"),
        ("TopicAssignment", "EntityId", "TopicId", "Topic"),
        ("ContentDocumentLink", "LinkedEntityId", "ContentDocumentId", "ContentDocument"),
    ],
)
def test_a_second_one_is_refused_until_the_first_is_deleted(
    name: str, parent: str, other: str, object_name: str
) -> None:
    with shaped(SHAPE) as server:
        record, another = sorted(ids(server, INVOICES))[1:3]
        joined = min(ids(server, object_name))
        assert insert(server, name, **{parent: record, other: joined}) is None
        assert insert(server, name, **{parent: record, other: joined}) == "DUPLICATE_VALUE"
        assert insert(server, name, **{parent: another, other: joined}) is None
        first = next(row["Id"] for row in server.org.all_rows(name) if row[parent] == record)
        server.org.dml("delete", name, [{"Id": first}])
        assert insert(server, name, **{parent: record, other: joined}) is None


def test_nobody_who_is_inactive_follows() -> None:
    with shaped(SHAPE) as server:
        record, inactive = min(ids(server, INVOICES)), max(ids(server, "User"))
        follow = {"ParentId": record, "SubscriberId": inactive}
        assert insert(server, "EntitySubscription", **follow) == "INACTIVE_OWNER_OR_USER"


def test_a_body_is_given_as_it_was_with_its_length() -> None:
    content = bytes(range(256)) * 3
    with shaped(SHAPE) as server:
        given = {"ParentId": min(ids(server, INVOICES)), "Name": "a.bin"}
        body = base64.b64encode(content).decode()
        (result,) = server.org.dml("insert", "Attachment", [{**given, "Body": body}])
        assert server.org.get_record("Attachment", str(result.id))["BodyLength"] == len(content)
        about = requests.get(f"{server.url}/__emulator__", timeout=10).json()
        headers = {"Authorization": f"Bearer {about['access_token']}"}
        base = f"{server.url}/services/data/v64.0/sobjects"
        got = requests.get(f"{base}/Attachment/{result.id}/Body", headers=headers, timeout=10)
        none = requests.get(
            f"{base}/{INVOICES}/{given['ParentId']}/Body", headers=headers, timeout=10
        )
    assert (got.status_code, got.content) == (200, content)
    assert (none.status_code, none.json()[0]["errorCode"]) == (404, "NOT_FOUND")
