"""Which sink a record goes to: each stream has its own, whatever name it comes under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import Sink, Target
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence


class StreamTarget(Target):
    """A target with a sink for each stream of the tap's and each name that it comes under.

    The SDK has one for each name, under which several may come; but each stream has fields and a
    bookmark of its own. Whoever handles a message says first of which stream it is, in `_stream`.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        self._stream = ""
        self._own_sinks: dict[tuple[str, str], Sink] = {}
        super().__init__(**kwargs)

    @override
    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """The sink of the stream at hand under a name; a new one where its SCHEMA is another."""
        key = self._stream, stream_name
        if schema is None:
            return self._own_sinks[key]
        sink = self._own_sinks.get(key)
        if sink is None or (sink.original_schema, sink.key_properties) != (schema, key_properties):
            if stream_name in self._sinks_active:
                self._sinks_to_clear.append(self._sinks_active.pop(stream_name))
            sink = self._own_sinks[key] = self.add_sink(stream_name, schema, key_properties)
        return sink

    @override
    def sink_exists(self, stream_name: str) -> bool:
        """Whether the stream at hand has a sink under a name."""
        return (self._stream, stream_name) in self._own_sinks
