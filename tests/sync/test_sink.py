"""What a record is checked against is the tap's SCHEMA, whichever way is faster."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import fastjsonschema
from hypothesis import given, reject
from hypothesis import strategies as st
from singer_sdk.exceptions import InvalidRecord

from target_zuora360_cleanup.sync.sink import CompiledValidator

KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", "object", "array"])
FIELDS = st.fixed_dictionaries(
    {}, optional={
        "type": KINDS | st.lists(KINDS, min_size=1, unique=True),
        "format": st.just("date-time"),
        "maxLength": st.just(1),
        "minimum": st.just(1),
    },
)  # fmt: skip
SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("abc"), FIELDS)},
    optional={
        "required": st.lists(st.sampled_from("ab"), unique=True),
        "additionalProperties": st.booleans(),
        "minProperties": st.just(2),
    },
)
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "xy", True, 0, 7, Decimal(2), Decimal("2.5"), {}, {"a": 1}, []]
)


@given(SCHEMAS, st.dictionaries(st.sampled_from("abcd"), VALUES))
def test_a_record_is_fine_where_its_schema_says_so(
    schema: dict[str, Any], record: dict[str, Any]
) -> None:
    try:
        fastjsonschema.validate(schema, record, use_formats=False)
        is_fine = True
    except fastjsonschema.JsonSchemaValueException:
        is_fine = False
    except fastjsonschema.JsonSchemaDefinitionException:
        reject()  # (it asks for a field that it does not allow)
    try:
        CompiledValidator(schema).validate(record)
        was_taken = True
    except InvalidRecord:
        was_taken = False
    assert was_taken == is_fine
