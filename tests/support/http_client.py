"""A client of plain requests for the tests over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

DEADLINE = 30.0
ENDED = {"JobComplete", "Failed", "Aborted"}


@dataclass(frozen=True)
class Client:
    """Plain requests, with the token and an API version."""

    server: EmulatorServer
    session: requests.Session

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; a path without a slash in front is below v59.0."""
        url = path if path.startswith("/") else f"/services/data/v59.0/{path}"
        return self.session.request(method, self.server.url + url, timeout=DEADLINE, **options)

    def query(self, soql: str) -> dict[str, Any]:
        answer: dict[str, Any] = self("GET", "query", params={"q": soql}).json()
        return answer

    def ids(self, object_name: str, limit: int) -> list[str]:
        found = self.query(f"SELECT Id FROM {object_name} LIMIT {limit}")
        return [record["Id"] for record in found["records"]]

    def create_job(self, version: str = "v59.0", **job: Any) -> dict[str, Any]:
        kind = "query" if "query" in job else "ingest"
        answer = self("POST", f"/services/data/{version}/jobs/{kind}", json=job)
        assert answer.ok, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def upload(self, job: dict[str, Any], data: bytes) -> requests.Response:
        return self("PUT", f"jobs/ingest/{job['id']}/batches", data=data,
                    headers={"Content-Type": "text/csv"})  # fmt: skip

    def close(self, job: dict[str, Any], state: str = "UploadComplete") -> requests.Response:
        return self("PATCH", f"jobs/{_kind(job)}/{job['id']}", json={"state": state})

    def info(self, job: dict[str, Any]) -> dict[str, Any]:
        info: dict[str, Any] = self("GET", f"jobs/{_kind(job)}/{job['id']}").json()
        return info

    def wait(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait for the job's end."""
        return self.wait_until(job, lambda info: info["state"] in ENDED)

    def wait_until(
        self, job: dict[str, Any], condition: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        end = time.monotonic() + DEADLINE
        while not condition(info := self.info(job)):
            assert time.monotonic() < end, info
            time.sleep(0.01)
        return info

    def run(self, data: bytes, **job: Any) -> dict[str, Any]:
        """A whole ingest job; returns what became of it."""
        created = self.create_job(**job)
        assert self.upload(created, data).status_code == 201
        assert self.close(created).ok
        return self.wait(created)

    def results(self, job: dict[str, Any], name: str) -> str:
        answer = self("GET", f"jobs/ingest/{job['id']}/{name}")
        assert answer.ok, answer.text
        return answer.text


def _kind(job: dict[str, Any]) -> str:
    return "query" if job["jobType"] == "V2Query" else "ingest"


def client_of(server: EmulatorServer) -> Client:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {server.access_token}"
    return Client(server, session)


def csv_of(ids: list[str]) -> bytes:
    """An id file for a delete job."""
    return "\n".join(["Id", *ids, ""]).encode()
