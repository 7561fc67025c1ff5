"""A mock of the Zuora endpoints that tap-zuora 1.6.1 calls: describe, AQuA and REST exports.

Rows come from `zuora_tenant.Tenant` as they were at one given moment. Jobs are complete at once
and file ids count up, so that two runs against it are the same. Everything else of Zuora is
left out; an unknown path answers 404.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from tests.recorded.zuora_tenant import FIRST_ROW, OBJECT_TYPES, ObjectType, Row, Tenant, zuora_id

_QUERY = re.compile(
    r"select (?P<fields>.+?) from (?P<type>\w+)"
    r"(?: where \w+ >= '(?P<start>.+?)' and \w+ < '(?P<end>.+?)')?"
    r"(?: order by \w+ asc)?(?: limit (?P<limit>\d+))?"
)
_NO_DELETED = (
    "Objects included in the queries do not support the querying of deleted "
    "records. Remove Deleted section in the JSON request and retry the request"
)


class Query(NamedTuple):
    """The parts of an export query, as the tap writes it."""

    fields: list[str]
    type: ObjectType
    start: datetime | None
    end: datetime | None


@dataclass
class Zuora:
    """Jobs and files of one tenant, as it was at `as_of`."""

    tenant: Tenant
    as_of: datetime
    files: dict[str, str] = field(default_factory=dict)

    def describe(self) -> str:
        """The answer of ``GET v1/describe``."""
        names = "".join(f"<object><name>{name}</name></object>" for name in OBJECT_TYPES)
        return f"<objects>{names}</objects>"

    def describe_object(self, name: str) -> str:
        """The answer of ``GET v1/describe/{name}``."""
        one = OBJECT_TYPES[name]
        fields = "".join(
            f"<field><name>{n}</name><type>{escape(t)}</type>"
            f"<required>{_json(n == 'Id')}</required>"
            "<contexts><context>soap</context><context>export</context></contexts></field>"
            for n, t in one.fields.items()
        )
        related = "".join(f"<object><name>{n}</name></object>" for n in one.related)
        return (
            f"<object><name>{name}</name><fields>{fields}</fields>"
            f"<related-objects>{related}</related-objects></object>"
        )

    def submit_aqua(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of ``POST v1/batch-query/``: a job that is finished already."""
        wanted = body["queries"][0]
        query = parse_query(wanted["query"])
        if "deleted" in wanted and not query.type.has_deleted:
            return {"id": self._keep(""), "message": _NO_DELETED}
        since = _pacific(body["incrementalTime"]) if "incrementalTime" in body else FIRST_ROW
        rows = [
            row
            for row in self.tenant.visible(query.type.name, self.as_of)
            if row.updated >= since and not (row.deleted and since <= FIRST_ROW)
        ]
        file = self._keep(_csv(query, rows, "%Y-%m-%dT%H:%M:%SZ", deleted="deleted" in wanted))
        return {"id": file, "batches": [{"full": since <= FIRST_ROW}]}

    def submit_rest(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of ``POST v1/object/export``; REST knows no deleted rows."""
        query = parse_query(body["Query"])
        rows = [
            row
            for row in self.tenant.visible(query.type.name, self.as_of)
            if not row.deleted
            and (query.start is None or row.updated >= query.start)
            and (query.end is None or row.updated < query.end)
        ]
        file = self._keep(_csv(query, rows, "%Y-%m-%dT%H:%M:%S-0800", deleted=False))
        return {"Success": True, "Id": file}

    def _keep(self, content: str) -> str:
        file = zuora_id("file", self.as_of, len(self.files))
        self.files[file] = content
        return file


def parse_query(text: str) -> Query:
    """Take an export query apart.

    Raises:
        ValueError: `text` isn't a query that tap-zuora writes.
    """
    match = _QUERY.fullmatch(text)
    if match is None:
        raise ValueError(f"No query of tap-zuora: {text}")
    one = OBJECT_TYPES[match["type"]]
    fields = list(one.fields) if match["fields"] == "*" else match["fields"].split(", ")
    return Query(fields, one, _utc(match["start"]), _utc(match["end"]))


def _csv(query: Query, rows: list[Row], time_format: str, *, deleted: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = [name if "." in name else f"{query.type.name}.{name}" for name in query.fields]
    writer.writerow(header + ["Deleted"] * deleted)
    for row in rows:
        cells = [_cell(query.type, name, row.values.get(name, ""), time_format)
                 for name in query.fields]  # fmt: skip
        writer.writerow(cells + [_json(row.deleted)] * deleted)
    return out.getvalue()


def _cell(one: ObjectType, name: str, value: str, time_format: str) -> str:
    """A value as exported: times in the format of the API that was asked."""
    if one.fields.get(name) != "datetime" or not value.endswith("Z"):
        return value
    moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if time_format.endswith("-0800"):
        moment -= timedelta(hours=8)
    return moment.strftime(time_format)


def _json(value: bool) -> str:  # noqa: FBT001 - it is the only argument
    return json.dumps(value)


def _utc(text: str | None) -> datetime | None:
    if text is None:
        return None
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _pacific(text: str) -> datetime:
    """AQuA takes ``incrementalTime`` as wall-clock time in California."""
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone comes next
    return moment.replace(tzinfo=ZoneInfo("America/Los_Angeles"))


class Handler(BaseHTTPRequestHandler):
    """Routes requests to a `Zuora`, which `serve` sets on a subclass."""

    zuora: ClassVar[Zuora]

    def do_GET(self) -> None:
        """Describe, job status and files."""
        path = self.path.lstrip("/")
        job = path.rpartition("/")[2]
        if path == "v1/describe":
            self._answer(self.zuora.describe())
        elif path.startswith("v1/describe/") and job in OBJECT_TYPES:
            self._answer(self.zuora.describe_object(job))
        elif path.startswith("v1/batch-query/jobs/"):
            self._answer({"status": "completed", "batches": [{"fileId": job}]})
        elif path.startswith("v1/object/export/"):
            self._answer({"Status": "Completed", "FileId": job})
        elif path.startswith(("v1/file/", "v1/files/")) and job in self.zuora.files:
            self._answer(self.zuora.files[job])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Submit an export."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/batch-query/":
            self._answer(self.zuora.submit_aqua(body))
        elif self.path == "/v1/object/export":
            self._answer(self.zuora.submit_rest(body))
        else:
            self.send_error(404)

    def do_DELETE(self) -> None:
        """Cancel a job, which was finished anyway."""
        self._answer({"status": "cancelled"})

    def log_message(  # type: ignore[explicit-override] # typing_extensions isn't in the tap's venv
        self,
        format: str,  # noqa: A002 - inherited name
        *args: object,
    ) -> None:
        """Stay silent."""

    def _answer(self, body: str | dict[str, Any]) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(zuora: Zuora) -> ThreadingHTTPServer:
    """A server on a free loopback port; the caller runs it and closes it."""
    handler = type("BoundHandler", (Handler,), {"zuora": zuora})
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)
