"""The SDK's sinks of mode `sync`: they hand records on, and hold none themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import fastjsonschema
from singer_sdk import Sink, Target
from singer_sdk.exceptions import InvalidJSONSchema, InvalidRecord
from singer_sdk.helpers._batch import StorageTarget
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.sinks.core import BaseJSONSchemaValidator
from typing_extensions import override

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.sync.halves import whole

_MOST_SHAPES: Final = 2_000
"""Records are alike: so many sets of names and types are remembered as fine."""
_REQUIRED: Final = "required"
"""What a stream breaks as a whole whose records lack a field that they must have."""
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,), "integer": (int,), "number": (int, float, Decimal), "boolean": (bool,),
    "null": (type(None),),
}  # fmt: skip
"""Whatever the value is; a list, or a whole number with a point, is looked into."""
_METADATA: Final = (
    "_sdc_extracted_at", "_sdc_received_at", "_sdc_batched_at", "_sdc_deleted_at", "_sdc_sequence",
    "_sdc_table_version", "_sdc_sync_started_at",
)  # fmt: skip
"""Fields of the SDK's own, which a record may have whatever its SCHEMA says of others."""
_OF_RECORDS: Final = frozenset({"type", "properties", _REQUIRED, "additionalProperties"})
_OF_VALUES: Final = frozenset({"type", "format", "title", "description"})
"""Keywords of a SCHEMA, and of a field in it, that ask for no more than a type."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from singer_sdk.helpers._batch import BaseBatchFileEncoding
    from singer_sdk.mapper import StreamMap

    from target_zuora360_cleanup.sync.block import Taker


class OddValue(InvalidRecord):
    """A record of which one value is not of the type that its SCHEMA says."""


class CompiledValidator(BaseJSONSchemaValidator):
    """Checks records against the tap's SCHEMA, some twenty times as fast as the SDK's default."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        try:
            self._check = fastjsonschema.compile(schema, use_formats=False, use_default=False)
            self._required = frozenset[str](schema.get(_REQUIRED, ()))
            self._fine = frozenset(_fine(schema))
        except Exception as exc:  # noqa: BLE001 - of many kinds, for what is no SCHEMA at all
            is_told = isinstance(exc, fastjsonschema.JsonSchemaDefinitionException)
            why = str(exc) if is_told else type(exc).__name__
            raise InvalidJSONSchema(f"the SCHEMA of a stream is wrong: {why}") from None
        self._shapes: set[tuple[object, ...]] = set()

    @override
    def validate(self, record: dict[str, Any]) -> None:
        shape = (*record, *map(type, record.values()))
        if shape in self._shapes:
            return
        types = zip(record, map(type, record.values()), strict=True)
        if self._fine and self._required <= record.keys() and self._fine.issuperset(types):
            if len(self._shapes) < _MOST_SHAPES:
                self._shapes.add(shape)
            return
        try:
            self._check(record)
        except fastjsonschema.JsonSchemaValueException as exc:
            message = f"a record does not fit its SCHEMA: {exc.rule} of {exc.name}"
            if exc.rule == _REQUIRED:
                raise InvalidRecord(message, record) from None
            raise OddValue(message, record) from None


def _fine(schema: dict[str, Any]) -> Iterator[tuple[str, type]]:
    """The fields of a SCHEMA with the types of which each takes any value."""
    if not schema.keys() <= _OF_RECORDS:
        return
    for name, field in schema["properties"].items():
        if isinstance(field, dict) and field.keys() <= _OF_VALUES:
            said = field.get("type", ())
            for kind in [said] if isinstance(said, str) else said:
                yield from ((name, each) for each in _TYPES.get(kind, ()))


class RecordTaker(Protocol):
    """A target in mode `sync`, as far as its sinks call it."""

    def begin_stream(self, name: str, fields: Sequence[str]) -> tuple[Taker, ...]:
        """What takes the records of a stream; see `Story.stream`."""

    def take_record(self, takers: Sequence[Taker], record: dict[str, Any]) -> None:
        """Take in a record; what has come together is loaded once it is enough."""


class SyncSink(Sink):
    """Takes one stream's records; a stream that no object type takes goes nowhere."""

    def __init__(
        self,
        target: Target,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._odd, self._keys = "", frozenset(self.key_properties)
        self._of_file: list[dict[str, Any]] = []
        self._target = cast("RecordTaker", target)
        self._takers: tuple[Taker, ...] = self._target.begin_stream(
            stream_name, list(self.schema["properties"])
        )

    @override
    def _remove_sdc_metadata_from_schema(self) -> None:
        """Leave it: `_sdc_deleted_at` says what became of a record, and no map takes the others."""

    @override
    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Leave it; see above."""

    @override
    def get_validator(self) -> BaseJSONSchemaValidator | None:
        if not self.validate_schema:
            return None
        allowed = {**{name: {} for name in _METADATA}, **self.schema["properties"]}
        return CompiledValidator({**self.schema, "properties": allowed})

    @property
    @override
    def is_full(self) -> bool:
        return False

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        """Check a record; times stay text, since the field's type decides how they are written."""
        if self._validator is not None:
            try:
                self._validator.validate(record)
            except OddValue as exc:
                self._odd = exc.error_message
        return record

    def take(self, record: dict[str, Any]) -> None:
        """Take in a record of the tap's, as the SDK does step by step with one that is mapped.

        Raises:
            InvalidRecord: It lacks a field that it must have.
            MissingKeyPropertiesError: It lacks its key.
        """
        self._check(record)
        self.tally_record_read()
        self.process_record(record, {})
        self.record_counter_metric.increment()

    def _check(self, record: dict[str, Any]) -> None:
        self._validate_and_parse(record)
        if not self._keys <= record.keys():
            self._singer_validate_message(record)

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        odd, self._odd = self._odd, ""
        if odd:
            for each in self._takers:
                each.refuse(record, odd)
        elif self._takers:
            self._target.take_record(self._takers, record)

    @override
    def process_batch_files(self, encoding: BaseBatchFileEncoding, files: Sequence[str]) -> None:
        """Take the records of BATCH files, each file's once it is read.

        Raises:
            InputError: One can't be read.
            InvalidRecord, MissingKeyPropertiesError: As `take` says of a record.
        """
        for file in files:
            for record in self._records_of(encoding, file):
                self._check(record)
                self.process_record(record, {})

    def _records_of(self, encoding: BaseBatchFileEncoding, file: str) -> Iterator[dict[str, Any]]:
        self._of_file = []
        try:
            super().process_batch_files(encoding, [file])
            _check_file(encoding, file, self._of_file)
        except Exception as exc:  # noqa: BLE001 - each kind of storage has errors of its own
            raise _unread(file, exc) from None
        records, self._of_file = self._of_file, []
        return map(whole, records)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Gather the records of a BATCH file; others have been taken one by one."""
        self._of_file += context.get("records", ())

    @override
    def activate_version(self, new_version: int) -> None:
        """Accept it: a version of a stream says nothing about Salesforce's rows."""


def _check_file(encoding: BaseBatchFileEncoding, file: str, records: Sequence[object]) -> None:
    """Raise what shows that a BATCH file holds no records, though it could be read."""
    if not all(isinstance(each, dict) for each in records):
        raise TypeError
    if not records and encoding.compression == "gzip":
        head, tail = StorageTarget.split_url(file)
        with StorageTarget.from_url(head).open(tail) as opened:
            if not opened.read(1):
                raise EOFError  # (gzip has a header whatever it holds)


def _unread(file: str, exc: Exception) -> InputError:
    # (what stands behind the mark may be a signature, which is a secret)
    name = file.partition("?")[0]
    lacks = f": {exc}" if isinstance(exc, ImportError) else ""
    return InputError(
        f"A file of a BATCH message of the tap can't be read ({type(exc).__name__}{lacks}): "
        f"'{name}'. Check where the tap writes it, and as what."
    )


def plain_sink(maps: Sequence[StreamMap], sink_of: Callable[[str], Sink]) -> SyncSink | None:
    """The sink of a stream whose records go there as they are; None where they are mapped.

    Args:
        maps: What is made of the stream's records.
        sink_of: The sink of a stream as it is named then.
    """
    is_plain = len(maps) == 1 and type(maps[0]) is SameRecordTransform
    sink = sink_of(maps[0].stream_alias) if is_plain else None
    is_ours = isinstance(sink, SyncSink) and not sink.include_sdc_metadata_properties
    return cast("SyncSink", sink) if is_ours else None
