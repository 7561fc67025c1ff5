"""The same deletion with simple-salesforce's `bulk2`, the way its documentation shows it.

Run by `deletion.py`, with an `Order` as JSON on stdin. For each object type the ids are downloaded
to files, which keeps the memory low, and each file is deleted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from typing import TYPE_CHECKING, TypedDict

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping


class Order(TypedDict):
    """What to delete: conditions by object type in the order of deletion, rows a job, seconds."""

    url: str
    access_token: str
    api_version: str
    objects: dict[str, str]
    job_size: int
    wait: float


class _PlainHttp(HTTPAdapter):
    """Sends to http what asks for https, which simple-salesforce always does."""

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        request.url = "http://" + (request.url or "").split("://", 1)[1]
        return super().send(request, stream, timeout, verify, cert, proxies)


def connect(order: Order) -> Salesforce:
    session = requests.Session()
    session.mount(order["url"].replace("http://", "https://"), _PlainHttp())
    return Salesforce(
        session_id=order["access_token"],
        instance_url=order["url"],
        session=session,
        version=order["api_version"],
    )


def delete(sf: Salesforce, name: str, where: str, order: Order) -> None:
    """Delete the rows of one object type.

    The library's annotations say whole seconds for `wait`; it only hands them to `sleep`.
    """
    soql = f"SELECT Id FROM {name}" + (f" WHERE {where}" if where else "")
    bulk, wait = getattr(sf.bulk2, name), order["wait"]
    with tempfile.TemporaryDirectory() as folder:
        for page in bulk.download(soql, folder, max_records=order["job_size"], wait=wait):
            for job in bulk.delete(csv_file=page["file"], wait=wait):
                if job["numberRecordsFailed"]:
                    sys.exit(f"{name}: {job['numberRecordsFailed']} records failed")


def main() -> None:
    order: Order = json.load(sys.stdin)
    sf = connect(order)
    for name, where in order["objects"].items():
        delete(sf, name, where, order)


if __name__ == "__main__":
    main()
