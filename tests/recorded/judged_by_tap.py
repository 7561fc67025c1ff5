"""What tap-zuora 1.6.1 itself makes of states: rows by stream, or that it fails.

Runs in the tap's own Python. Reads a list of states from stdin and writes a list of
`{"rows": {...}, "fails": bool}` to stdout. The tap's own code runs (`validate_state`, `do_sync` and
all that they call); only Zuora is not there: each stream has four records, of which an export holds
those from the bookmark on, and an old file the last two.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import singer
import tap_zuora
import tap_zuora.sync
from tap_zuora import apis

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = tuple(sys.argv[1:]) or ("Account", "Product", "Subscription")
DATES = [f"202{year}-01-01T00:00:00.000000Z" for year in range(1, 5)]
CONFIG = {"start_date": "2020-01-01T00:00:00Z"}
KEY = "UpdatedDate"


class Client:
    """Zuora's, of which nothing is asked."""

    is_rest = False
    partner_id = "any"


def catalog() -> Any:
    properties = {name: {"type": ["null", "string"], "selected": True} for name in ("Id", KEY)}
    return singer.Catalog.from_dict({
        "streams": [
            {
                "tap_stream_id": name, "stream": name, "key_properties": ["Id"],
                "replication_key": KEY, "replication_method": "INCREMENTAL",
                "schema": {"type": "object", "selected": True, "properties": properties},
                "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
            }
            for name in STREAMS
        ]
    })  # fmt: skip


def create_job(_: Client, state: dict[str, Any], stream: dict[str, Any]) -> str:
    apis.Aqua.get_payload(state, stream, "any")
    name = stream["tap_stream_id"]
    return f"{name} {state['bookmarks'][name][KEY]}"


def stream_file(_: Client, file_id: str) -> Iterator[bytes]:
    name, start = ([*file_id.split(" ", 1), ""])[:2]
    yield f"{name}.Id,{name}.{KEY}".encode()
    for date in DATES:
        if date >= (start or DATES[2]):
            yield f"{date},{date}".encode()


def judged(state: Any) -> dict[str, Any]:
    rows: Counter[str] = Counter(dict.fromkeys(STREAMS, 0))

    def count(stream: str, *_: Any, **__: Any) -> None:
        rows[stream] += 1

    singer.write_record = count
    singer.write_state = singer.write_schema = lambda *_: None
    try:
        made = catalog()
        tap_zuora.do_sync(Client(), made, tap_zuora.validate_state(CONFIG, made, state))
    except Exception:  # noqa: BLE001 - that it fails is what is asked
        return {"rows": rows, "fails": True}
    return {"rows": rows, "fails": False}


def main() -> None:
    apis.Aqua.create_job = create_job
    apis.Aqua.stream_file = stream_file
    tap_zuora.sync.poll_job_until_done = lambda job, *_: [job]
    json.dump([judged(state) for state in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
