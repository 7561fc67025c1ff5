"""What may be in a shape, as a JSON schema."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["FORM"]

Form = dict[str, Any]


def _object(needed: tuple[str, ...] = (), /, **properties: Form) -> Form:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": properties,
    }


def _list(items: Form) -> Form:
    return {"type": "array", "items": items}


_TEXT: Final[Form] = {"type": "string", "minLength": 1}
_NUMBER: Final[Form] = {"type": "integer", "minimum": 1}
_FLAG: Final[Form] = {"type": "boolean"}
_NAME: Final[Form] = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_]*$"}
_VALUE: Final[Form] = {
    "type": ["string", "number", "boolean", "null", "object"],
    "additionalProperties": False,
    "properties": {
        "object": _NAME,
        "row": _TEXT,
        "at": _NUMBER,
        "each": _NAME,
        "every": _NUMBER,
        "previous": {"const": True},
    },
}
_VALUES: Final[Form] = {"type": "object", "additionalProperties": _VALUE}
_FIELD: Final[Form] = _object(
    ("name", "type"),
    name=_NAME,
    label=_TEXT,
    type={
        "enum": [
            "string", "textarea", "picklist", "boolean", "int", "double", "currency", "percent",
            "date", "datetime", "email", "phone", "url", "encryptedstring", "reference",
        ]
    },
    length=_NUMBER,
    to={"type": "array", "items": _NAME, "minItems": 1},
    on_delete={"enum": ["cascade", "restrict", "set_null", "master"]},
    relationship_name=_NAME,
    child_relationship={"type": ["string", "null"]},
    required=_FLAG,
    external_id=_FLAG,
    unique=_FLAG,
    restricted=_FLAG,
    values=_list(_TEXT),
)  # fmt: skip
_ROWS: Final[Form] = _object(
    ("object",),
    object=_NAME,
    name=_TEXT,
    count=_NUMBER,
    values={"type": ["object", "array"], "additionalProperties": _VALUE, "items": _VALUES},
)
_CHOSEN: Final[Form] = _object(object=_NAME, every=_NUMBER, at=_NUMBER, row=_TEXT)
FORM: Final[Form] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Shape of an emulated Salesforce org",
    **_object(
        objects=_list(
            _object(
                ("name",),
                name={"type": "string", "pattern": r"^[A-Za-z]\w*__c$"},
                label=_TEXT,
                plural=_TEXT,
                key_prefix={"type": "string", "pattern": "^[A-Za-z0-9]{3}$"},
                name_field=_TEXT,
                flags=_list({
                    "enum": [
                        "not_deletable", "not_queryable", "not_createable", "no_activities",
                        "setting",
                    ]
                }),
                fields=_list(_FIELD),
                companions=_list({"enum": ["Share", "History", "Feed", "Tag", "ChangeEvent"]}),
            )
        ),
        fields=_list(
            {
                **_FIELD,
                "required": ["object", "name", "type"],
                "properties": {"object": _NAME, **_FIELD["properties"]},
            }
        ),
        record_types=_list(
            _object(("object", "name"), object=_NAME, name=_TEXT, default=_FLAG, inactive=_FLAG)
        ),
        rows=_list(_ROWS),
        changes=_list(
            _object(("object", "values"), object=_NAME, every=_NUMBER, at=_NUMBER, values=_VALUES)
        ),
        hidden=_object(
            objects=_list(_NAME),
            fields=_list({"type": "string", "pattern": r"^\w+\.\w+$"}),
            rows=_list(_CHOSEN),
        ),
        permissions=_object(
            view_all_data={"type": ["boolean", "null"]},
            modify_all_data={"type": ["boolean", "null"]},
            query_all_files=_FLAG,
            objects={
                "type": "object",
                "additionalProperties": _object(
                    view_all=_FLAG, modify_all=_FLAG, lapsed={"enum": ["expired", "session"]}
                ),
            },
        ),
        vetoes=_list(
            _object(
                ("object", "message"),
                object=_NAME,
                every=_NUMBER,
                rows=_list(_TEXT),
                message=_TEXT,
                code=_TEXT,
            )
        ),
        later=_list(_object(("object", "rows"), object=_NAME, gone=_NUMBER, rows=_list(_ROWS))),
    ),
}  # fmt: skip
