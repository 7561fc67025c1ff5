"""A client of the emulated Zuora for the tests: exports as the tap asks for them, and its files."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from tests.support.http_client import Client

DEADLINE = 30.0
KEYS = {"apiAccessKeyId": "user", "apiSecretAccessKey": "secret"}
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Zuora:
    """Plain requests with an access key."""

    url: str

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, headers=KEYS, timeout=DEADLINE, **options)

    def submit(self, query: str, **more: Any) -> dict[str, Any]:
        """Submit one AQuA query; `deleted=True` asks for deleted records."""
        asked: dict[str, Any] = {"name": "q", "query": query, "type": "zoqlexport"}
        if more.pop("deleted", False):
            asked["deleted"] = {"column": "Deleted", "format": "Boolean"}
        body = {
            "name": "q", "partner": "salesforce", "project": query, "format": "csv",
            "dateTimeUtc": "true", "queries": [asked], **more,
        }  # fmt: skip
        answer: dict[str, Any] = self("POST", "/v1/batch-query/", json=body).json()
        return answer

    def batch(self, job: dict[str, Any]) -> dict[str, Any]:
        """What the job's answer says of its query."""
        answer = self("GET", f"/v1/batch-query/jobs/{job['id']}").json()
        assert answer["status"] == "completed"
        batch: dict[str, Any] = answer["batches"][0]
        return batch

    def lines(self, job: dict[str, Any]) -> Rows:
        """The job's file."""
        return rows_of(self("GET", f"/v1/file/{self.batch(job)['fileId']}"))

    def aqua(self, query: str, **more: Any) -> Rows:
        return self.lines(self.submit(query, **more))

    def rest(self, query: str) -> Rows:
        job = self("POST", "/v1/object/export", json={"Format": "csv", "Query": query}).json()
        export = self("GET", f"/v1/object/export/{job['Id']}").json()
        assert export["Status"] == "Completed"
        return rows_of(self("GET", f"/v1/files/{export['FileId']}"))

    def stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = self("GET", "/__emulator__/stats").json()
        return answer

    def change(self, records: int, seed: int = 1) -> dict[str, dict[str, int]]:
        body = {"records": records, "seed": seed}
        answer: dict[str, dict[str, int]] = self(
            "POST", "/__emulator__/zuora/changes", json=body
        ).json()
        return answer


def zuora_of(client: Client) -> Zuora:
    return Zuora(client.server.url)


def rows_of(answer: requests.Response) -> Rows:
    assert answer.ok, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))
