"""First sync full, later ones incremental, the one after a cleanup full again: on real Meltano.

Most tests begin after the first sync, which is made and looked at once: with a copy of its project
and of its org.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.emulator.server.server import EmulatorServer
from tests.demo.not_restored import not_restored
from tests.support.emulated import Emulated, copy_org, shape
from tests.support.full_sync import lookups, parent_keys, read, zuora_objects
from tests.support.life_cycle import LifeCycle, assert_same, at_bookmarks, changed
from tests.support.meltano_project import NOT_CLEANED, STATE_ID, Project, with_real_tap
from tests.support.relinking import LINK, QUOTE_LINKS
from tests.support.runs import fingerprints
from tests.support.shared import made_once
from tests.support.state_backends import BACKENDS, Backend
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_zuora360_cleanup.emulator.org.org import Org

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

OPTIONS = OrgOptions(
    records=600, synced=False, sandbox=True, customer_rows=frozenset({"Renewal_Forecast__c"})
)
CHANGES = 40
MIXED = ["Product2"]
"""An object with rows of both Zuora and customers."""
OWN_PRODUCTS = "SELECT Id, Name, ProductCode, IsActive FROM Product2 WHERE zqu__ZuoraId__c = null"
CATALOG = (
    "Product", "ProductRatePlan", "ProductRatePlanCharge", "ProductRatePlanChargeTier",
    "Feature", "ProductFeature", "UnitOfMeasure",
)  # fmt: skip
BOTH = {"UnitOfMeasure", "Product"}
"""Streams of the product catalogue; of them those that also feed rows of the other group."""


TOLD_NOT = "SubscriptionProductFeature"
"""One of those that are deleted in the emulated Zuora."""
START_DATE = "2024-01-01T00:00:00Z"
"""Before any of the emulated records was changed; REST exports go from then on month by month."""


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with Emulated(OPTIONS) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, real_tap: Path) -> Path:
    """A project with the real tap, which sends every stream over AQuA."""
    return with_real_tap(tmp_path, real_tap, ["*.*"])


@pytest.fixture(scope="session")
def first_sync(real_tap: Path) -> Path:
    """The folder of a project after its first sync, and of its org."""

    def make(folder: Path) -> None:
        project, db = folder / "project", folder / "org.sqlite"
        project.mkdir(parents=True)
        copy_org(OPTIONS, db)
        with EmulatorServer(OPTIONS, db=db) as server:
            with_real_tap(project, real_tap, ["*.*"])
            full_sync(LifeCycle(Project(project, server), server))

    return made_once("first-sync", make)


@pytest.fixture
def synced(first_sync: Path, tmp_path: Path) -> Iterator[LifeCycle]:
    """What goes on after the first sync, in a copy of it."""
    shutil.copytree(first_sync / "project", tmp_path / "project", symlinks=True)
    with Emulated(OPTIONS, base=first_sync / "org.sqlite") as server:
        yield LifeCycle(Project(tmp_path / "project", server), server)


def full_sync(life: LifeCycle) -> dict[str, Any]:
    """The first sync: Zuora's records all come, what is the customers' stays as it was."""
    others, own = fingerprints(life.server.org, MIXED), own_products(life)
    assert life.rows == {}
    report = life.run("sync")
    assert life.sent(report) == life.live
    assert life.rows == life.expected_rows
    assert fingerprints(life.server.org, MIXED) == others
    assert own_products(life) == own
    assert bookmarks(life).keys() == set(life.streams)
    return report


def incremental_sync(life: LifeCycle) -> dict[str, Any]:
    """A sync after changes: it sends them, and of each stream the record at its bookmark."""
    before = life.moments()
    counts = life.server.zuora.change(CHANGES, 1)
    after = life.moments()
    changes = changed(before, after)
    assert {name: len(each) for name, each in changes.items() if each} == {
        name: sum(each.values()) for name, each in counts.items()
    }
    assert all(sum(each[kind] for each in counts.values()) for kind in ("added", "deleted"))
    report = life.run("sync")
    again = {name: each - changes[name] for name, each in at_bookmarks(before).items()}
    assert all(len(each) <= 1 for each in again.values())
    assert life.sent(report) == {
        name: len(changes[name]) + len(again[name]) for name in life.streams
    }
    assert sum(life.sent(report).values()) < sum(life.live.values()) / 4
    assert life.rows == life.expected_rows
    return report


def sent_again(life: LifeCycle) -> dict[str, int]:
    """What an incremental sync sends when nothing has changed."""
    return {name: len(each) for name, each in at_bookmarks(life.moments()).items()}


def own_products(life: LifeCycle) -> list[tuple[Any, ...]]:
    found = life.server.org.query(f"{OWN_PRODUCTS} ORDER BY Id")
    assert found.total
    return list(found.rows(0, found.total))


def bookmarks(life: LifeCycle) -> dict[str, Any]:
    """Those that Meltano has stored, without what is blank in them."""
    stored: dict[str, dict[str, Any]] = life.project.state["bookmarks"]
    return {
        name: {key: value for key, value in entry.items() if value is not None}
        for name, entry in stored.items()
    }


def object_names(*reports: dict[str, Any]) -> set[str]:
    return {each["api_name"] for report in reports for each in report["objects"]}


def moved(life: LifeCycle, backend: Backend) -> LifeCycle:
    """The same with the state in another place."""
    # (there what waits needs a place that lasts with it)
    (kept,) = life.project.path.glob(".meltano/zuora360-kept/*.sqlite")
    variables = {**backend.variables, "TARGET_ZUORA360_CLEANUP_KEPT_FILE": str(kept)}
    project = replace(life.project, variables=variables)
    project.set_state(STATE_ID, life.project.state)
    return replace(life, project=project)


@pytest.mark.parametrize(("where", "is_changed"), [("s3", True), ("postgresql", False)])
def test_whatever_holds_the_state_all_is_back_after_a_cleanup_and_a_full_sync(
    synced: LifeCycle, tmp_path: Path, where: str, *, is_changed: bool
) -> None:
    with BACKENDS[where](tmp_path) as backend:
        life = moved(synced, backend)
        names = object_names(incremental_sync(life) if is_changed else life.project.report)
        all_is_back(life, backend, names)


def all_is_back(life: LifeCycle, backend: Backend, names: set[str]) -> None:
    server = life.server
    assert '"Account"' in backend.read()
    before, others, own = life.image(names), fingerprints(server.org, MIXED), own_products(life)
    stored, rows = life.project.state["bookmarks"], sum(life.rows.values())

    cleaned = life.run("cleanup")
    assert life.sent(cleaned) == sent_again(life)
    assert sum(each["deleted"] for each in cleaned["objects"]) == rows
    assert life.rows == {}
    assert fingerprints(server.org, MIXED) == others
    assert own_products(life) == own
    assert life.project.state == {"bookmarks": {name: stored[name] for name in NOT_CLEANED}}
    assert '"Account"' not in backend.read()

    again = life.run("sync")
    once_more = {name: sent_again(life)[name] for name in NOT_CLEANED}
    assert life.sent(again) == life.live | once_more
    assert life.rows == life.expected_rows
    assert_same(before, life.image(names))
    assert fingerprints(server.org, MIXED) == others
    assert bookmarks(life).keys() == set(life.streams)


@pytest.mark.parametrize("group", ["accounts", "product_catalog"])
def test_after_the_cleanup_of_one_group_the_other_groups_streams_stay_incremental(
    synced: LifeCycle, group: str
) -> None:
    life = synced
    accounts = tuple(each for each in life.streams if each not in (*CATALOG, *NOT_CLEANED))
    names = object_names(life.project.report)
    before, rows, everything = life.image(names), life.rows, life.everything
    stored = life.project.state["bookmarks"]

    cleaned = life.run("cleanup", object_groups=f'["{group}"]')
    assert life.sent(cleaned) == sent_again(life)
    deleted = {each["api_name"]: each["deleted"] for each in cleaned["objects"]}
    wanted = deleted.keys()
    assert deleted == {name: rows.get(name, 0) for name in wanted}
    streams = {*accounts, *BOTH} if group == "accounts" else set(CATALOG)
    kept = {name: entry for name, entry in stored.items() if name not in streams}
    assert life.project.state == {"bookmarks": kept}
    assert life.rows == {name: count for name, count in rows.items() if name not in wanted}
    for name in life.rows:
        assert name.startswith("zqu__" if group == "accounts" else "Zuora__") or name == "Product2"
        if name != "Product2":
            assert life.server.org.fingerprint(name) == everything[name]

    again = life.run("sync")
    incremental = {name: count for name, count in sent_again(life).items() if name not in streams}
    assert life.sent(again) == life.live | incremental
    assert life.rows == life.expected_rows
    assert_same(before, life.image(names))


def test_with_the_tap_in_rest_mode_which_tells_no_deletions(
    tmp_path: Path, server: EmulatorServer, real_tap: Path
) -> None:
    streams = ("Account", "Subscription", TOLD_NOT, "Product")
    with_real_tap(
        tmp_path, real_tap, [f"{name}.*" for name in streams], api_type="REST",
        start_date=START_DATE,
    )  # fmt: skip
    life = LifeCycle(Project(tmp_path, server), server, streams)
    full_sync(life)

    before = life.moments()
    server.zuora.change(60, 1)
    after = life.moments()
    _wait_until_past(after)
    changes, live = changed(before, after), life.moments(deleted=False)
    gone = {name: each.keys() - live[name].keys() for name, each in after.items()}
    assert gone[TOLD_NOT]
    report = life.run("sync")
    # Its bookmark is when the last run began, so it sends nothing again; nor what is deleted.
    assert life.sent(report) == {name: len(changes[name] - gone[name]) for name in streams}
    assert all(life.sent(report).values())
    stale = life.expected_rows
    stale["Zuora__SubscriptionProductFeature__c"] += len(gone[TOLD_NOT])
    assert life.rows == stale
    names = object_names(report)
    image = life.image(names)

    life.run("cleanup")
    assert life.rows == {}
    assert life.project.state == {"bookmarks": {}}
    assert life.sent(life.run("sync")) == life.live
    assert life.rows == life.expected_rows
    for key in gone[TOLD_NOT]:
        del image["Zuora__SubscriptionProductFeature__c"][key]
    assert_same(image, life.image(names))


def _wait_until_past(moments: dict[str, dict[str, str]]) -> None:
    """REST exports end with the moment at which the tap asks."""
    last = max(moment for each in moments.values() for moment in each.values())
    seconds = datetime.fromisoformat(last).timestamp()
    wait_until(lambda: time.time() > seconds + 1)


def links(org: Org) -> dict[tuple[str, str, str], str]:
    """Lookups to Zuora's records, by their Zuora id; not those to products of the customers'."""
    own = {str(row["Id"]) for row in read(org, "Product2", ["Id"])}
    return {where: key for where, key in lookups(org).items() if key not in own}


BREAKING = """\
#!/bin/bash
set -o pipefail
if [ -n "$TAP_LINES" ] && [ "${{*#--discover}}" = "$*" ]; then
    "{tap}" "$@" | head -n "$TAP_LINES"
else
    exec "{tap}" "$@"
fi
"""
"""A tap that ends with an error after so many lines."""


def breaking(folder: Path, real_tap: Path) -> Path:
    program = folder / "breaking_tap.sh"
    program.write_text(BREAKING.format(tap=real_tap), encoding="utf-8")
    program.chmod(0o755)
    (folder / ".meltano").mkdir()
    (folder / ".meltano/extractors").symlink_to(real_tap.parent / ".meltano/extractors")
    return program


def test_a_tap_that_breaks_off_while_zuora_changes_leaves_nothing_out(
    tmp_path: Path, server: EmulatorServer, real_tap: Path
) -> None:
    (tmp_path / "tap").mkdir()
    (tmp_path / "project").mkdir()
    with_real_tap(tmp_path / "project", breaking(tmp_path / "tap", real_tap), ["*.*"])
    life = LifeCycle(Project(tmp_path / "project", server), server)
    total = sum(life.live.values())
    for at, share in enumerate((0.5, 0.6, 1.1, 0.05)):
        broke = life.project.run(
            mode="sync", ZUORA_URL=server.url, TAP_LINES=str(int(total * share))
        )
        assert broke.returncode != 0
        assert life.project.report["status"] == "done"
        assert "The tap ended while it was working on" in broke.stderr
        server.zuora.change(CHANGES, at + 1)
    names = object_names(life.run("sync"), life.run("sync"))
    assert life.rows == life.expected_rows
    loaded = life.image(names)
    # All of it once more finds nothing to mend.
    life.project.set_state(STATE_ID, {"bookmarks": {}})
    life.run("sync")
    assert life.rows == life.expected_rows
    assert_same(loaded, life.image(names))


def keys(org: Org) -> set[str]:
    """What Zuora knows its records in the org by."""
    return {
        key
        for parent in zuora_objects(org)
        for key in parent_keys(org, parent, all_rows=False).values()
    }


@pytest.mark.relinks(LINK, *QUOTE_LINKS)
def test_what_zuoras_own_360_had_filled_is_back_field_by_field_and_every_lookup_leads_there(
    folder: Path,
) -> None:
    with Emulated(
        replace(OPTIONS, synced=True, own_sync=True, shape=shape("newer-packages"))
    ) as server:
        life = LifeCycle(Project(folder, server), server)
        assert life.rows == life.expected_rows
        image, before = life.image(life.rows), links(server.org)
        assert {name for name, _, _ in before} >= {"Renewal_Forecast__c", "zqu__QuoteRatePlan__c"}

        life.run("cleanup", keep_quoted_products="false", allow_cascade_to='["PricebookEntry"]')
        assert life.rows == {}
        assert links(server.org) == {}
        life.run("sync")
        assert life.rows == life.expected_rows
        assert not_restored(image, life.image(life.rows)) == (set(), set())
        assert links(server.org) == {}

        at_first = keys(server.org)
        incremental_sync(life)
        now = keys(server.org)
        assert at_first - now
        assert now - at_first
        still_there = {where: key for where, key in before.items() if key in now}
        assert len(still_there) > len(before) / 2

        done = life.project.meltano("run", "zuora360:relink")
        assert done.returncode == 0, done.stderr[-4000:]
        assert links(server.org) == still_there
