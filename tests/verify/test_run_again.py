"""A cleanup that was run again is compared as one with that which it has gone on with."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import verifying
from tests.support.emulated import Emulated
from tests.support.full_sync import Zuora
from tests.support.relinking import FORECAST, LINK, QUOTE_LINKS, SUBSCRIPTION, relink
from tests.support.runs import Ran, login
from tests.support.undoing import SUBSCRIPTIONS, Scene, clean
from tests.verify.test_verify import SMALL, entry, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HALF_REFUSED: dict[str, Any] = {
    "rows": [{"operation": "delete", "every": 2, "code": "DELETE_FAILED", "message": "no"}]
}
pytestmark = [pytest.mark.relinks(LINK, *QUOTE_LINKS), pytest.mark.quotes_may_change]


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[tuple[Scene, Ran, Zuora]]:
    """A cleanup that could delete half, the next one, and what Zuora has."""
    with Emulated(SMALL) as server:
        zuora = Zuora.of(server.org)
        server.set_faults(HALF_REFUSED)
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        assert scene.cleanup.status == 4
        server.set_faults({})
        again = clean(server, scene.output, scene.state, include_objects=SUBSCRIPTIONS)
        assert again.status == 0, again.message
        yield scene, again, zuora


def verify(scene: Scene, folder: Path | None = None) -> Ran:
    return verifying.verify(login(scene.server), scene.output, folder)


def total(scene: Scene) -> int:
    return sum(len(scene.before[name]) for name in SUBSCRIPTIONS)


def test_all_that_both_have_deleted_is_compared(twice: tuple[Scene, Ran, Zuora]) -> None:
    scene, again, zuora = twice
    zuora.sync(scene.server.org)
    relink(login(scene.server), scene.output)
    ran = verify(scene)
    assert numbers(ran)["in_backup"] == numbers(ran)["back"] == total(scene)
    assert ran.status == 0, ran.summary
    folders = [str(again.folder), str(scene.cleanup.folder)]
    assert ran.report["backups"] == folders
    assert all(each in ran.summary for each in folders)
    links = [each for each in ran.report["links"] if each["object"] == FORECAST]
    forecasts = scene.before[FORECAST].values()
    assert sum(each["restored"] for each in links if each["field"] == "Subscription__c") == sum(
        row["Subscription__c"] is not None for row in forecasts
    )
    assert ran.report["notes"] == []


def test_what_the_first_has_deleted_and_nobody_brought_is_told(
    twice: tuple[Scene, Ran, Zuora],
) -> None:
    scene, again, _ = twice
    ran = verify(scene)
    assert (ran.status, numbers(ran)["not_back"]) == (4, total(scene))
    alone = verify(scene, again.folder)
    assert numbers(alone)["not_back"] < total(scene)
    assert alone.report["backups"] == [str(again.folder)]


def test_a_sync_in_between_parts_two_cleanups(twice: tuple[Scene, Ran, Zuora]) -> None:
    scene, again, _ = twice
    record = json.loads((again.folder / "undo.json").read_text())
    for each in record["states"]:
        each["before"] = {"bookmarks": {"Subscription": {"UpdatedDate": "2030-01-01T00:00:00Z"}}}
    (again.folder / "undo.json").write_text(json.dumps(record))
    assert verify(scene).report["backups"] == [str(again.folder)]


def test_what_another_cleanup_was_is_not_known_where_its_record_is_damaged(
    twice: tuple[Scene, Ran, Zuora],
) -> None:
    scene, again, _ = twice
    (scene.cleanup.folder / "undo.json").write_text("{")
    ran = verify(scene)
    assert ran.report["backups"] == [str(again.folder)]
    assert "has gone on with" in " ".join(ran.report["notes"])


def test_a_backup_that_is_gone_is_no_success(twice: tuple[Scene, Ran, Zuora]) -> None:
    scene, _, zuora = twice
    zuora.sync(scene.server.org)
    relink(login(scene.server), scene.output)
    shutil.rmtree(scene.cleanup.folder / "backup")
    ran = verify(scene)
    assert (ran.status, entry(ran, SUBSCRIPTION)["not_backed_up"] > 0) == (4, True)


def test_what_only_one_of_two_backups_has_is_told(twice: tuple[Scene, Ran, Zuora]) -> None:
    scene, again, zuora = twice
    zuora.sync(scene.server.org)
    relink(login(scene.server), scene.output)
    path = again.folder / "backup" / f"{SUBSCRIPTION}.csv.gz"
    rows = list(csv.reader(gzip.decompress(path.read_bytes()).decode().splitlines()))
    text = io.StringIO(newline="")
    notes = ["Zuora__Notes__c", *[""] * (len(rows) - 1)]
    csv.writer(text).writerows([*row, note] for row, note in zip(rows, notes, strict=True))
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    ran = verify(scene)
    assert numbers(ran)["in_backup"] == numbers(ran)["back"] == total(scene)
    (note,) = ran.report["notes"]
    assert note.startswith(f"Of {SUBSCRIPTION} the backups of several cleanups have not the same")


def test_a_file_without_a_word_has_no_rows(twice: tuple[Scene, Ran, Zuora]) -> None:
    scene, again, zuora = twice
    zuora.sync(scene.server.org)
    relink(login(scene.server), scene.output)
    (again.folder / "backup" / f"{SUBSCRIPTION}.csv.gz").write_bytes(gzip.compress(b""))
    ran = verify(scene)
    # (the first had written all of them down, also those that it could not delete)
    assert entry(ran, SUBSCRIPTION)["back"] == len(scene.before[SUBSCRIPTION])
    assert ran.status == 0
