"""Every resource that the server answers: one line here for each module that has `ROUTES`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.resources import control, oauth, soap
from target_zuora360_cleanup.emulator.resources.bulk import ingest as bulk_ingest
from target_zuora360_cleanup.emulator.resources.bulk import query as bulk_query
from target_zuora360_cleanup.emulator.resources.rest import (
    collections,
    composite,
    entry,
    identity,
    limits,
    queries,
    sobjects,
)
from target_zuora360_cleanup.emulator.resources.service import Service
from target_zuora360_cleanup.emulator.resources.zuora import aqua as zuora_aqua
from target_zuora360_cleanup.emulator.resources.zuora import login as zuora
from target_zuora360_cleanup.emulator.resources.zuora import rest as zuora_rest

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.resources.service import Service
    from target_zuora360_cleanup.emulator.wire.routing import Route

__all__ = ["ROUTES"]

_RESOURCES: Final = (
    control,
    oauth,
    identity,
    soap,
    entry,
    queries,
    sobjects,
    collections,
    composite,
    limits,
    bulk_ingest,
    bulk_query,
    zuora,
    zuora_aqua,
    zuora_rest,
)
ROUTES: Final[tuple[Route[Service], ...]] = tuple(
    chain.from_iterable(module.ROUTES for module in _RESOURCES)
)
