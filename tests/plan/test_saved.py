"""A saved plan: what it holds, and when a cleanup is held to it."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.output.folder import OutputFolder
from target_zuora360_cleanup.plan.check import Approval
from target_zuora360_cleanup.plan.checks import find_all
from target_zuora360_cleanup.plan.saved import PLANNED_SETTINGS, SavedPlan
from target_zuora360_cleanup.settings.declared import Settings
from tests.plan.cases import SAVED, weighed
from tests.support.emulated import Emulated
from tests.support.runs import ALLOWED, Ran, login, run, zuora_rows

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 10**7))
LINKS = st.dictionaries(st.sampled_from("abcde"), st.none() | st.integers(0, 10**7))
PLAN = replace(SAVED, to_delete={"a": 1}, to_keep={}, links={})


def codes(saved: SavedPlan, now: SavedPlan) -> list[str]:
    found = find_all(weighed(approval=Approval(saved, now)))
    assert all(each.severity == "blocks" for each in found)
    return [each.code for each in found]


@given(counts=COUNTS, kept=COUNTS, links=LINKS)
def test_a_plan_comes_back_from_its_file_as_it_was(
    counts: dict[str, int], kept: dict[str, int], links: dict[str, int | None]
) -> None:
    plan = replace(PLAN, to_delete=counts, to_keep=kept, links=links)
    back = SavedPlan.from_json(json.loads(json.dumps(plan.as_json())))
    assert back == plan
    assert back.fingerprint == plan.fingerprint
    assert codes(back, plan) == []


CHANGES: dict[str, Any] = {
    "org_id": "00D2", "org_name": "Other", "settings": {"backup": "none"}, "to_delete": {"a": 2},
    "to_keep": {"a": 1}, "instance": "https://other.example", "user": "bob@acme.example",
    "tool_version": "2.0", "permissions": {"View All Data": None}, "links": {"a": None},
    "accounts": {"chosen": 1, "digest": "beef"},
}  # fmt: skip


def test_a_fingerprint_is_short_and_is_of_all_but_the_time() -> None:
    assert re.fullmatch("[0-9a-f]{12}", PLAN.fingerprint)
    assert replace(PLAN, made_at="2027-01-01T00:00:00+00:00").fingerprint == PLAN.fingerprint
    assert set(CHANGES) == {each.name for each in fields(SavedPlan)} - {"made_at"}
    changed = [replace(PLAN, **{name: value}).fingerprint for name, value in CHANGES.items()]
    assert len({PLAN.fingerprint, *changed}) == len(CHANGES) + 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_plan_that_was_changed_by_hand_is_an_input_error(name: str) -> None:
    with pytest.raises(ValueError, match="its fingerprint is not that of what it holds"):
        SavedPlan.from_json({**PLAN.as_json(), name: CHANGES[name]})


@given(before=LINKS, after=LINKS)
def test_not_one_row_of_people_more_is_covered_by_an_approval(
    before: dict[str, int | None], after: dict[str, int | None]
) -> None:
    found = codes(replace(PLAN, links=before), replace(PLAN, links=after))
    pairs = [(before.get(name, 0), rows) for name, rows in after.items()]
    is_covered = all(
        old == new or (old is not None and new is not None and new <= old) for old, new in pairs
    )
    assert found == ["plan-links-grown"] * (not is_covered)


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (100, 110, False), (100, 111, True), (100, 90, False), (100, 89, True),
        (10**6, 10**6 + 1000, False), (10**6, 10**6 + 1001, True), (0, 1, True), (5, 0, True),
        (0, 0, False),
    ],
)  # fmt: skip
def test_counts_may_differ_by_a_tenth_and_by_a_thousand(old: int, new: int, refused: bool) -> None:  # noqa: FBT001 - a table
    before, after = (replace(PLAN, to_delete={"a": rows}) for rows in (old, new))
    assert codes(before, after) == ["plan-counts-changed"] * refused
    before, after = (replace(PLAN, to_keep={"a": rows}) for rows in (old, new))
    assert codes(before, after) == ["plan-counts-changed"] * refused


@given(st.integers(1, 10**7))
def test_an_object_type_that_has_come_or_gone_is_a_change(rows: int) -> None:
    more = replace(PLAN, to_delete={"a": 1, "new": rows})
    assert codes(PLAN, more) == codes(more, PLAN) == ["plan-counts-changed"]


def test_every_setting_is_either_planned_or_about_the_way_there() -> None:
    way = {
        "mode", "confirm_org_id", "allow_failures", "job_size", "max_parallel_jobs",
        "quota_percent_total", "plan_file", "output_dir", "client_id", "client_secret",
        "refresh_token", "username", "password", "security_token", "jwt_client_id", "jwt_username",
        "jwt_private_key", "jwt_private_key_path", "access_token", "instance_url", "domain",
        "is_sandbox", "api_version", "create_missing_states", "meltano_executable",
        "state_is_stored",
        # Mode `sync` alone.
        "field_maps", "unmapped_streams", "batch_size_rows", "stream_maps", "stream_map_config",
        "add_record_metadata", "validate_records", "kept_file",
    }  # fmt: skip
    names = set(Settings.__dataclass_fields__)
    assert names == way | set(PLANNED_SETTINGS)
    assert not way & set(PLANNED_SETTINGS)


ORG = OrgOptions(records=1000, sandbox=True)
CHARGE = "Zuora__SubscriptionProductCharge__c"


def settings(server: EmulatorServer, **more: Any) -> dict[str, Any]:
    return {"mode": "plan", **login(server), **ALLOWED, **more}


def planned(server: EmulatorServer, tmp_path: Path, **more: Any) -> tuple[Ran, str]:
    ran = run(settings(server, **more), tmp_path / "plans")
    return ran, str(ran.folder / "plan.json")


def test_a_cleanup_carries_out_the_plan_that_was_saved(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        plan, path = planned(server, tmp_path)
        ran = run(settings(server, mode="cleanup", plan_file=path), tmp_path / "out")
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    assert (plan.status, ran.status) == (0, 0)
    done = {each["api_name"]: each["deleted"] for each in ran.report["objects"]}
    assert document["to_delete"] == done
    assert document["org_id"] == ran.report["org"]["id"]
    assert not (ran.folder / "plan.json").exists()


def test_a_plan_is_known_by_its_fingerprint_from_summary_to_page_and_cleanup(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with Emulated(ORG) as server:
        plan, path = planned(server, tmp_path)
        ran = run(settings(server, mode="cleanup", plan_file=path), tmp_path / "out")
        alone = run(settings(server), tmp_path / "alone")
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    mark = document["fingerprint"]
    assert (plan.report["plan_fingerprint"], ran.report["plan_fingerprint"]) == (mark, mark)
    assert f"Plan {mark}, saved in plan.json." in plan.summary
    assert f"Held to the plan {mark} of {document['made_at']}." in ran.summary
    assert f"Held to the plan {mark} of {document['made_at']}." in caplog.messages
    for each in (plan, ran):
        assert mark in (each.folder / "report.html").read_text(encoding="utf-8")
    assert alone.report["plan_fingerprint"] != mark


def test_a_cleanup_that_is_held_to_no_plan_has_no_fingerprint(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=0, sandbox=True)) as server:
        ran = run(settings(server, mode="cleanup"), tmp_path)
    assert ran.report["plan_fingerprint"] is None
    assert "Held to" not in ran.summary


def test_no_secret_and_no_login_is_saved(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        _, path = planned(server, tmp_path)
        text = Path(path).read_text(encoding="utf-8")
        secrets = (server.access_token, "access_token", "instance_url")
        assert not [each for each in secrets if each in text]


def test_a_plan_is_not_carried_out_after_the_org_has_changed(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        _, path = planned(server, tmp_path)
        ids = server.org.query("SELECT Id FROM Zuora__ZInvoice__c")
        rows = [{"Id": row[0]} for row in ids.rows(0, ids.total // 2)]
        server.org.dml("delete", "Zuora__ZInvoice__c", rows)
        before = zuora_rows(server.org)
        ran = run(settings(server, mode="cleanup", plan_file=path), tmp_path / "out")
        assert zuora_rows(server.org) == before
    assert (ran.status, ran.states) == (3, [])
    assert "plan-counts-changed" in ran.codes
    assert f"Zuora__ZInvoice__c {ids.total:,}, now {ids.total - len(rows):,}" in ran.message


def test_a_plan_is_not_carried_out_with_other_settings(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        _, path = planned(server, tmp_path)
        more = {"plan_file": path, "backup": "none"}
        ran = run(settings(server, mode="cleanup", **more), tmp_path / "out")
    assert (ran.status, ran.codes[0]) == (3, "plan-settings-changed")
    assert 'backup was "ids" and is "none"' in ran.message


def rewritten(path: str, **values: Any) -> None:
    """Make of a saved plan another one, as if it had been saved so."""
    saved = SavedPlan.from_text(Path(path).read_text(encoding="utf-8"))
    Path(path).write_text(json.dumps(replace(saved, **values).as_json()), encoding="utf-8")


def test_a_plan_of_another_org_is_not_carried_out(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        _, path = planned(server, tmp_path)
        rewritten(path, org_id="00D000000000001AAA")
        ran = run(settings(server, mode="cleanup", plan_file=path), tmp_path / "out")
    assert (ran.status, ran.codes[0]) == (3, "plan-of-other-org")


def test_a_plan_of_another_user_with_other_rights_is_not_carried_out(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        _, path = planned(server, tmp_path)
        rights = {"Bulk API Hard Delete": False, "Modify All Data": True, "View All Data": False}
        rewritten(path, user="bob@acme.example", permissions=rights)
        ran = run(settings(server, mode="cleanup", plan_file=path), tmp_path / "out")
    assert (ran.status, ran.codes[0]) == (3, "plan-circumstances-changed")
    assert 'user was "bob@acme.example" and is "' in ran.message
    assert "instance" not in ran.message


NOTED = OrgOptions(records=1000, sandbox=True, customer_rows=frozenset({"Usage_Note__c"}))


def test_a_plan_is_not_carried_out_once_one_more_row_of_people_would_go(tmp_path: Path) -> None:
    allowed = {"allow_cascade_to": [*ALLOWED["allow_cascade_to"], "Usage_Note__c"]}
    with Emulated(NOTED) as server:
        _, path = planned(server, tmp_path, **allowed)
        before = server.org.counts()
        charge = server.org.query("SELECT Id FROM Zuora__SubscriptionProductCharge__c LIMIT 1")
        (row,) = charge.rows(0, 1)
        server.org.dml("insert", "Usage_Note__c", [{"Charge__c": row[0]}])
        more = {**allowed, "plan_file": path}
        ran = run(settings(server, mode="cleanup", **more), tmp_path / "out")
        assert server.org.counts() == before | {"Usage_Note__c": before["Usage_Note__c"] + 1}
    rows = before["Usage_Note__c"]
    assert (ran.status, ran.codes[0], ran.states) == (3, "plan-links-grown", [])
    assert f"Usage_Note__c.Charge__c into {CHARGE}: {rows:,}, now {rows + 1:,}" in ran.message


def test_a_saved_plan_names_all_that_is_concerned_and_who_looked(tmp_path: Path) -> None:
    with Emulated(NOTED) as server:
        ran, path = planned(server, tmp_path)
        notes = server.org.counts()["Usage_Note__c"]
        saved = SavedPlan.from_text(Path(path).read_text(encoding="utf-8"))
        assert saved.instance == server.url
    assert ran.status == 3
    assert saved.links[f"cascade Usage_Note__c.Charge__c into {CHARGE}"] == notes
    assert saved.permissions["View All Data"] is True
    assert "@" in saved.user
    assert saved.tool_version


def test_a_plan_that_would_be_refused_is_saved_too(tmp_path: Path) -> None:
    with Emulated(ORG) as server:
        ran, path = planned(server, tmp_path, max_records=1)
    assert ran.status == 3
    assert json.loads(Path(path).read_text(encoding="utf-8"))["settings"]["max_records"] == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"{", "Expecting property name"),
        (b"\xff", "can't decode"),
        (b"[]", "no plan of version 3"),
        (b'{"schema_version": 3}', "no plan of version 3"),
        (b'{"plan_version": 3}', "'made_at' is missing"),
        (b'{"plan_version": 1}', "no plan of version 3"),
    ],
)
def test_a_file_that_is_no_plan_is_an_input_error(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_bytes(content)
    config = {"access_token": "x", "instance_url": "http://127.0.0.1:9", "plan_file": str(path)}
    ran = run({"mode": "cleanup", **config}, tmp_path / "out")
    assert ran.status == 2
    assert str(path) in ran.message
    assert why in ran.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("to_delete", {"a": "1"}), ("to_keep", {"a": True}), ("settings", []),
        ("links", {"a": "1"}), ("links", {"a": True}), ("links", None), ("permissions", None),
        ("user", None),
        ("instance", 1), ("tool_version", None),
    ],
)  # fmt: skip
def test_a_damaged_plan_is_an_input_error(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is missing or damaged"):
        SavedPlan.from_json({**PLAN.as_json(), name: value})


def test_a_plan_that_can_not_be_written_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OutputFolder.write_json

    def full(self: OutputFolder, name: str, document: dict[str, Any]) -> Path:
        if name == "plan.json":
            raise OSError(28, "No space left on device")
        return real(self, name, document)

    monkeypatch.setattr(OutputFolder, "write_json", full)
    with Emulated(ORG) as server:
        ran = run(settings(server), tmp_path)
    assert (ran.status, ran.message) == (3, "The plan can't be written: No space left on device.")
