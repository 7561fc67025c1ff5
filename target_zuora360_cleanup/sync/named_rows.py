"""Rows that stand for a name and are there already: which external ids they have.

No export has the ids that Zuora's own sync gives payment terms, gateways and units, and no page
shows one that it has made of a charge and a currency. So a row is found by what it stands for, and
keeps the external id that it has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence  # noqa: TC003 - public shape
from dataclasses import replace
from typing import TYPE_CHECKING

from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, read_tables
from target_zuora360_cleanup.sync.columns import joined_key

if TYPE_CHECKING:
    from target_zuora360_cleanup.catalog.field_maps import FieldMap
    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.sync.org_objects import TargetObject


def with_known(
    salesforce: Salesforce, objects: Mapping[str, TargetObject], maps: Collection[FieldMap]
) -> dict[str, TargetObject]:
    """The objects whose rows stand for a name, with the external ids of those that are there.

    Args:
        salesforce: Where.
        objects: The org's, by API name.
        maps: What may be loaded.

    Raises:
        ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
    """
    told_by = {
        each.object: paths
        for each in maps
        if each.by_name and each.object in objects and (paths := _paths(each, objects))
    }
    targets = [objects[name] for name in sorted(told_by)]
    wanted = [_selection(each, told_by[each.name]) for each in targets]
    tables = _tables(salesforce, [*_counted(salesforce, wanted)])
    return {each.name: _knowing(each, rows) for each, rows in zip(targets, tables, strict=True)}


def _paths(made_by: FieldMap, objects: Mapping[str, TargetObject]) -> tuple[str, ...]:
    """Where a row has what it stands for; nothing where the org lacks a part of it."""
    relationships = objects[made_by.object].relationships
    parents = {each.source: each for each in made_by.parents}
    found = []
    for part in made_by.key:
        if above := parents.get(part):
            own, parent = relationships.get(above.field), objects.get(above.parent)
            found.append(f"{own.path}.{parent.external_id}" if own and parent else "")
        else:
            found.append(next(iter(made_by.fields.get(part, ())), ""))
    return tuple(found) if all(found) else ()


def _selection(target: TargetObject, paths: Sequence[str]) -> Selection:
    key = target.external_id
    return Selection(target.name, (key, *paths), f"{key} != null", rows=0)


def _counted(salesforce: Salesforce, wanted: Sequence[Selection]) -> Iterator[Selection]:
    """The same, each with the number of its rows."""
    queries = [f"SELECT COUNT(Id) n FROM {each.object_name} WHERE {each.where}" for each in wanted]
    for each, answer in zip(wanted, salesforce.rest.query_each(queries), strict=True):
        if isinstance(answer, ApiError):
            raise answer
        yield replace(each, rows=int(answer[0]["n"]))


def _tables(salesforce: Salesforce, wanted: Sequence[Selection]) -> Iterator[Iterator[list[str]]]:
    """The rows of each; few in one call with those of others, many one by one."""
    few = [each for each in wanted if each.fits_rest]
    answers = dict(zip(few, read_tables(salesforce, few), strict=True))
    for each in wanted:
        yield iter(answers[each]) if each in answers else read_table(salesforce, each)


def _knowing(target: TargetObject, rows: Iterator[list[str]]) -> TargetObject:
    """An object with the external ids of its rows, where those are others than the names."""
    known = {name: key for key, *parts in rows if all(parts) and (name := joined_key(parts)) != key}
    fields = {**target.fields, target.external_id: replace(target.key, known=known)}
    return replace(target, fields=fields)
