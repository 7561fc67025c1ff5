"""What an answer must look like to be one: the fields that are read from it, and their types. Pure.

What a proxy or a server in maintenance sends may well be JSON, and have status 200.
"""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Shape:
    """What is asked for.

    Attributes:
        name: What a person calls it.
        fits: Whether the JSON of an answer is that.
    """

    name: str
    fits: Callable[[Any], bool]


def has(body: Any, /, **types: type | tuple[type, ...]) -> bool:  # noqa: ANN401 - any JSON
    """Whether JSON is an object with these fields of these types."""
    return isinstance(body, dict) and all(
        isinstance(body.get(name), kind) for name, kind in types.items()
    )


def _each(body: Any, name: str, /, **types: type | tuple[type, ...]) -> bool:  # noqa: ANN401 - any JSON
    return has(body, **{name: list}) and all(has(each, **types) for each in body[name])


def _rows(body: Any) -> bool:  # noqa: ANN401 - any JSON
    follows = isinstance(body, dict) and (body.get("done") or has(body, nextRecordsUrl=str))
    return bool(follows) and has(body, done=bool, totalSize=int) and _each(body, "records")


def _job(body: Any) -> bool:  # noqa: ANN401 - any JSON
    counts = ("numberRecordsProcessed", "numberRecordsFailed")
    return has(body, id=str, state=str) and all(
        isinstance(body.get(name), (int, type(None))) for name in counts
    )


def _jobs(body: Any) -> bool:  # noqa: ANN401 - any JSON
    kinds = dict.fromkeys(("id", "object", "operation", "state", "createdById"), str)
    follows = isinstance(body, dict) and (body.get("done") or has(body, nextRecordsUrl=str))
    return bool(follows) and has(body, done=bool) and _each(body, "records", **kinds)


OBJECT: Final = Shape("a JSON object", has)
ROWS: Final = Shape("the rows of a query", _rows)
COUNT: Final = Shape("a count", lambda body: has(body, totalSize=int))
_CHILD: Final = {"childSObject": str, "cascadeDelete": bool, "restrictedDelete": bool}
DESCRIBE: Final = Shape(
    "the describe of an object",
    lambda body: _each(body, "fields", name=str) and _each(body, "childRelationships", **_CHILD),
)
OBJECTS: Final = Shape("the list of objects", lambda body: _each(body, "sobjects", name=str))
RECORD_COUNTS: Final = Shape(
    "record counts", lambda body: _each(body, "sObjects", name=str, count=int)
)
JOB: Final = Shape("a job", _job)
JOBS: Final = Shape("the list of jobs", _jobs)
USER: Final = Shape("the user's id", lambda body: has(body, user_id=str))
RESOURCES: Final = Shape("the list of resources", lambda body: has(body, identity=str))
VERSIONS: Final = Shape(
    "the list of API versions",
    lambda body: _each({"": body}, "", version=str) and bool(body),
)


def rows_of(soql: str) -> Shape:
    """The rows of a query, each with all that it selects; counts are numbers.

    What has no value is there all the same, and null (REST API Developer Guide, "Query"). A query
    that counts without groups has one row.
    """
    selected, _, source = soql.partition(" FROM ")
    columns = selected.removeprefix("SELECT ").split(", ")
    names = {_name(each) for each in columns if each != "COUNT()"}
    counts = {_name(each) for each in columns if each.startswith("COUNT(") and each != "COUNT()"}
    least = 1 if counts and " GROUP BY " not in source else 0

    def fits(body: Any) -> bool:  # noqa: ANN401 - any JSON
        return (
            _rows(body)
            and len(body["records"]) >= least
            and all(
                names <= row.keys() and all(isinstance(row[each], int) for each in counts)
                for row in body["records"]
            )
        )

    return Shape(ROWS.name, fits)


def _name(column: str) -> str:
    """Under which a row has what is selected: its alias, its own, or that of a relationship."""
    what, _, alias = column.partition(" ")
    return alias or what.partition(".")[0]


def composite(parts: int) -> Shape:
    """The answer to a composite request of so many parts."""

    def fits(body: Any) -> bool:  # noqa: ANN401 - any JSON
        return (
            _each(body, "compositeResponse", httpStatusCode=int)
            and len(body["compositeResponse"]) == parts
        )

    return Shape("the answer to a composite request", fits)


def answers(rows: int) -> Shape:
    """What became of so many rows that were to be written or deleted."""

    def fits(body: Any) -> bool:  # noqa: ANN401 - any JSON
        return _each({"": body}, "", success=bool) and len(body) == rows

    return Shape("what became of the rows", fits)
