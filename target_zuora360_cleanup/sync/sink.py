"""The SDK's sinks of mode `sync`: they hand records on, and hold none themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Sink
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_zuora360_cleanup.sync.records import Intake
    from target_zuora360_cleanup.target import TargetZuora360Cleanup


class SyncSink(Sink):
    """Takes one stream's records; a stream that no object type takes goes nowhere."""

    def __init__(
        self,
        target: TargetZuora360Cleanup,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target
        self._intakes: tuple[Intake, ...] = target.begin_stream(
            stream_name, list(self.schema["properties"])
        )

    @property
    @override
    def is_full(self) -> bool:
        return False

    @override
    def _parse_timestamps_in_record(self, record: dict[str, Any], *_: Any, **__: Any) -> None:
        """Leave them as text: the field's type in Salesforce decides how they are written."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        for each in self._intakes:
            each.take(record)
        self._target.load_full_batch()

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Take the records of a BATCH file; others have been taken one by one."""
        for record in context.get("records", ()):
            self.process_record(record, context)

    @override
    def activate_version(self, new_version: int) -> None:
        """Accept it: a version of a stream says nothing about Salesforce's rows."""
