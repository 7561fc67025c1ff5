"""What the user saw when it was planned has to be seen still: a count tells of nothing hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.deletion.sight import Sight
from target_zuora360_cleanup.salesforce.client import connect
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from tests.support.runs import login
from tests.support.shapes import INVOICES, ITEMS, TAXES, shaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer
    from target_zuora360_cleanup.salesforce.client import Salesforce

OBJECTS = {INVOICES: {"view_all": True}, ITEMS: {"view_all": True}}


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with shaped({"permissions": {"view_all_data": False, "objects": OBJECTS}}, 0) as made:
        yield made


def connected(server: EmulatorServer) -> Salesforce:
    return connect(read_settings(login(server)), waits=NO_WAITS)


def sight(server: EmulatorServer, **more: Any) -> Sight:
    """That of a plan of a user with View All on two objects."""
    given = {"saw_all": False, "viewed": frozenset(OBJECTS), "may_be_less": False, **more}
    return Sight(connected(server), **given)


def test_nothing_is_lost_where_the_user_still_sees_every_row_of_these_objects(
    server: EmulatorServer,
) -> None:
    assert not sight(server).lost()


def test_an_object_of_which_rows_may_be_hidden_by_now_is_named(server: EmulatorServer) -> None:
    seen = sight(server, viewed=frozenset({*OBJECTS, TAXES}))
    assert seen.lost() == f"this user may not see every row of {TAXES} any more"


def test_what_the_org_does_not_tell_any_more_is_not_seen(server: EmulatorServer) -> None:
    seen = sight(server)
    rule = {"soql": "*FROM ObjectPermissions*", "code": "INSUFFICIENT_ACCESS"}
    server.set_faults({"queries": [rule]})
    assert INVOICES in seen.lost()


def test_a_right_that_the_org_does_not_tell_any_more_is_none(server: EmulatorServer) -> None:
    rule = {"soql": "*FROM UserPermissionAccess*", "code": "INSUFFICIENT_ACCESS"}
    server.set_faults({"queries": [rule]})
    why = sight(server, saw_all=True, viewed=frozenset()).lost()
    assert why.startswith("whether this user still has View All Data is not known (INSUFFICIENT_")


def test_who_may_go_on_whatever_is_hidden_is_asked_nothing(server: EmulatorServer) -> None:
    seen = sight(server, viewed=frozenset({TAXES}), may_be_less=True)
    server.service.stats.reset()
    assert (seen.queries, seen.lost()) == ((), "")
    assert server.service.stats.calls() == {"total": 0}
