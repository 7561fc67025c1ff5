"""In no set-up are rows gone while the next sync stays incremental: the table in docs/concepts.md.

Each set-up runs the target's core against an emulated org, with Meltano's own code around it; what
the next sync sends is asked of the real tap-zuora.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pytest

from target_zuora360_cleanup.cleanup.run import Run
from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.meltano.inside.answers import Answers
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.singer.stream import SingerStream
from target_zuora360_cleanup.state import from_settings
from tests.support.emulated import Emulated
from tests.support.meltano_project import LOADER, TAP, project_file
from tests.support.paths import ROOT, TESTS
from tests.support.runs import begin, login
from tests.support.setups import (
    OWN,
    SET,
    SetUp,
    Within,
    project_of,
    running,
    stored_after,
)

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

pytestmark = [pytest.mark.slow, pytest.mark.quotes_may_change]

PAIR = (TAP, LOADER)
UNIT = "zqu__ZUnitOfMeasure__c"
GLOB = "e2e[1]"
PIPE = Pipeline()
COLUMNS = (
    "Set-up", "Exit status", "Refused by", "Rows", "Bookmarks before", "after",
    "tap-zuora sends next, of 4 records",
)  # fmt: skip
PREFIXED = {"bookmarks": {"zuora_unit_of_measure": SET, "Amendment": SET}}
UNKNOWN = {"bookmarks": {"uom_v2x": SET, "Amendment": SET}}

SETUPS = (
    SetUp("`meltano run`"),
    SetUp("`--merge_state`", ("run", "--merge_state", *PAIR), is_merged=True),
    SetUp("`--state_strategy merge`", ("run", "--state_strategy", "merge", *PAIR), is_merged=True),
    SetUp("`--full_refresh`", ("run", "--full_refresh", *PAIR), given=None, is_merged=True),
    SetUp("`--no_state_update`", ("run", "--no_state_update", *PAIR), given=None, is_kept=False),
    SetUp('`MELTANO_RUN_NO_STATE_UPDATE="1 "`', given=None, is_kept=False,
          variables={"MELTANO_RUN_NO_STATE_UPDATE": "1 "}),
    SetUp("environment with `state_id_suffix: eu`", ("--environment=eu", "run", *PAIR),
          f"eu:{TAP}-to-{LOADER}:eu", pipeline=Pipeline(TAP, LOADER, "eu")),
    SetUp("`--state_id_suffix=us`", ("run", "--state_id_suffix=us", *PAIR), f"{OWN}:us"),
    SetUp("a job", ("run", "nightly")),
    SetUp("environment with glob characters", ("--environment", GLOB, "run", *PAIR),
          f"{GLOB}:{TAP}-to-{LOADER}", pipeline=Pipeline(TAP, LOADER, GLOB)),
    SetUp("`meltano el --state-id mine`", ("el", *PAIR, "--state_id", "mine"), "mine"),
    SetUp("`MELTANO_STATE_ID=mine meltano el`", ("el", *PAIR), "mine",
          variables={"MELTANO_STATE_ID": "mine"}),
    SetUp("`meltano el` without an id", ("el", *PAIR), "2026-05-04T080000--tap--target"),
    SetUp("a schedule (`meltano elt`)", ("elt", *PAIR, "--transform=skip", "--state-id=nightly"),
          "nightly"),
    SetUp("the tap is given a file by `_state`", variables={"TAP_ZUORA__STATE": "x.json"}),
    SetUp("`--force` beside a running sync", ("run", "--force", *PAIR), others=(OWN,)),
    SetUp("a backend that can't be written", is_writable=False),
    SetUp("Meltano's process is not to be seen", ()),
    SetUp("the same, and two runs fit", (), others=(f"{OWN}:us",)),
    SetUp("the same, and `meltano el` is at work", (), others=("mine",)),
    SetUp("`meltano invoke` with the variables of a running sync", ("invoke", LOADER)),
    SetUp("the tap was given another state", given={"bookmarks": {"Amendment": SET}}),
    SetUp("the tap sends no STATE", settings={"is_silent": True}),
    SetUp("prefixed bookmarks", stored=PREFIXED),
    SetUp("bookmarks that nobody knows", stored=UNKNOWN),
    SetUp("`meltano invoke`", (), "", pipeline=Pipeline(loader=LOADER, environment="e2e")),
    SetUp("a pipe", (), "", pipeline=PIPE),
    SetUp("a pipe with `state_is_stored`", (), "", pipeline=PIPE,
          settings={"state_is_stored": True}),
)  # fmt: skip


@dataclass(frozen=True)
class Came:
    """What came of a set-up."""

    setup: SetUp
    status: int
    deleted: bool
    after: Any
    message: str
    refused_by: tuple[str, ...]

    @property
    def before(self) -> Any:
        return self.setup.stored


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import yaml
    from meltano.core.db import project_engine
    from meltano.core.migration_service import MigrationService
    from meltano.core.project import Project

    path = tmp_path_factory.mktemp("setups")
    content = project_file()
    more = [{"name": "eu", "state_id_suffix": "eu"}, {"name": GLOB}]
    content["environments"] = [*content["environments"], *more]
    content["jobs"] = [{"name": "nightly", "tasks": [" ".join(PAIR)]}]
    (path / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with project_of(path, {}):
        MigrationService(project_engine(Project.find(), default=True)[0]).upgrade(silent=True)
    return path


def come_of(
    setup: SetUp, folder: Path, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> Came:
    out, err = StringIO(), StringIO()
    more = {name: value for name, value in setup.settings.items() if name != "is_silent"}
    settings = {"mode": "cleanup", **login(server), "state_is_stored": False, **more}
    with project_of(folder, setup.variables), running(setup) as (job, session):
        asked = {
            "words": list(setup.words),
            "environment": setup.pipeline.environment,
            "is_within": bool(setup.words or setup.pipeline.loader),
        }
        within = lambda *_: Within(Answers(asked), setup, folder)  # noqa: E731
        monkeypatch.setattr(from_settings, "_begun", within)
        given = {"include_objects": [UNIT], "backup": "none", **settings}
        context = begin(given, folder / "output", pipeline=setup.pipeline)
        result = Run.beside_a_tap(context, out, err).follow(SingerStream(BytesIO(setup.stream())))
        after = stored_after(setup, out, job, session)
    if not setup.state_id:  # (whoever reads the pipe stores the last line)
        lines = out.getvalue().splitlines()
        after = json.loads(lines[-1]) if lines else setup.stored
    report = json.loads((context.folder.path / "report.json").read_text(encoding="utf-8"))
    codes = [each["code"] for each in report["findings"] if each["severity"] == "blocks"]
    is_gone = server.org.counts()[UNIT] == 0
    message = str(result.error or "")
    return Came(setup, result.exit_status, is_gone, after, message, tuple(codes))


def test_in_no_set_up_are_rows_gone_while_the_next_sync_stays_incremental(
    folder: Path, real_tap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = []
    filling = OrgOptions(records=300, sandbox=True, quotes=False)
    for setup in SETUPS:
        with Emulated(filling) as server:
            came.append(come_of(setup, folder, server, monkeypatch))
    sent = rows_sent_next([each.after for each in came], real_tap)
    for each, rows in zip(came, sent, strict=True):
        assert not (each.deleted and rows < 4), (each.setup.name, each.after)
        assert each.deleted == (each.status == 0), (each.setup.name, each.message)
        assert each.deleted or each.after == each.before, each.setup.name
    assert sum(each.deleted for each in came) >= 15, [(e.setup.name, e.message) for e in came]
    assert_written(table(came, sent))


def rows_sent_next(states: list[Any], real_tap: Path) -> list[int]:
    """Of four records, as the real tap sends them when it is started with each of these states."""
    python = real_tap.parent / ".meltano/extractors/tap-zuora/venv/bin/python"
    # (the tap knows no stream of another name: its own bookmark stands for the prefixed one)
    known = json.dumps(states).replace("zuora_unit_of_measure", "UnitOfMeasure")
    done = subprocess.run(
        [python, TESTS / "recorded/judged_by_tap.py", "UnitOfMeasure"],
        input=known.replace("uom_v2x", "UnitOfMeasure"),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return [each["rows"]["UnitOfMeasure"] for each in json.loads(done.stdout)]


def table(came: list[Came], sent: list[int]) -> str:
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "|---|---|---|---|---|---|---|",
    ]
    for each, rows in zip(came, sent, strict=True):
        fate = "deleted" if each.deleted else "kept"
        before, after = (", ".join(state["bookmarks"]) for state in (each.before, each.after))
        why = ", ".join(f"`{code}`" for code in each.refused_by)
        why = why or ("the backend" if each.status else "")
        row = (each.setup.name, each.status, why, fate, before, after or "none", rows)
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def assert_written(made: str) -> None:
    """The page holds the table; where it did not, it is written, to be looked at and kept."""
    page = ROOT / "docs/concepts.md"
    text = page.read_text(encoding="utf-8")
    begin_mark, end_mark = "<!-- made by a test: set-ups -->\n", "\n<!-- end of set-ups -->"
    head, _, rest = text.partition(begin_mark)
    written, _, tail = rest.partition(end_mark)
    if written != made:
        page.write_text(f"{head}{begin_mark}{made}{end_mark}{tail}", encoding="utf-8")
    assert written == made, "docs/concepts.md has been written anew: look at it and keep it"
