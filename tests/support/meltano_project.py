"""Real Meltano projects for tests, with the state of an earlier sync."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import yaml

from tests.support.meltano_zygote import forking_programs
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

BIN = Path(sys.executable).parent
TAP, LOADER, OTHER_LOADER = "tap-zuora", "target-zuora360-cleanup", "target-salesforce"
UTILITY = "zuora360"
STATE_ID = f"e2e:{TAP}-to-{LOADER}"
OTHER_STATE_ID = f"e2e:{TAP}-to-{OTHER_LOADER}"
NOT_CLEANED = ("Amendment", "PaymentTransactionLog")
"""The recorded tap's streams that no 360 object stands behind."""
COMMAND_SECONDS = 90
_FOR_PEOPLE = {"label", "description", "documentation"}
"""What Meltano makes nothing of in a setting."""
REPLAY = ROOT / "tests/recorded/replay_tap_zuora.py"


def recording(name: str) -> list[dict[str, Any]]:
    """What the real tap-zuora wrote."""
    path = ROOT / "tests/data/tap_zuora" / f"{name}.singer.gz"
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


BEFORE: dict[str, Any] = recording("full")[-1]["value"]
"""The state that the tap left at the end of its first sync."""
RESET = {"bookmarks": {name: BEFORE["bookmarks"][name] for name in NOT_CLEANED}}
"""What a cleanup or a reset leaves of it: the other streams' bookmarks as they were stored."""


def project_file() -> dict[str, Any]:
    """A meltano.yml that installs nothing; the loader's settings are the repository's own.

    Its programs are found on `PATH`.
    """
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (loader,) = own["plugins"]["loaders"]
    (utility,) = (each for each in own["plugins"]["utilities"] if each["name"] == UTILITY)
    (tap,) = own["plugins"]["extractors"]
    kept = ("name", "namespace", "capabilities", "settings", "settings_group_validation")
    # (every command reads the file, which takes longer than all else that some of them do)
    for plugin in (loader, utility, tap):
        plugin["settings"] = [
            {each: setting[each] for each in setting if each not in _FOR_PEOPLE}
            for setting in plugin["settings"]
        ]
    return {
        "requires_meltano": own["requires_meltano"],
        "default_environment": "e2e",
        "project_id": "end-to-end",
        "send_anonymous_usage_stats": False,
        "cli": {"disable_version_check": True},
        "environments": [{"name": "e2e"}],
        "plugins": {
            "extractors": [
                {each: tap[each] for each in kept if each in tap} | {"executable": str(REPLAY)}
            ],
            "loaders": [
                {each: loader[each] for each in kept if each in loader}
                | {
                    "executable": LOADER,
                    "config": {"allow_cascade_to": ["PricebookEntry"]},
                },
                {
                    "name": OTHER_LOADER,
                    "namespace": "target_salesforce",
                    "executable": str(ROOT / "tests/data/other_loader.sh"),
                },
            ],
            "utilities": [
                {each: utility[each] for each in (*kept, "commands") if each in utility}
                | {
                    "executable": UTILITY,
                    "config": {"allow_cascade_to": ["PricebookEntry"]},
                }
            ],
        },
    }


@dataclass(frozen=True)
class Project:
    """A Meltano project whose loader leads to an emulated org.

    Attributes:
        variables: What every command is given besides.
        is_real: Whether all programs are the installed ones, and none is forked from a process that
            has it imported.
    """

    path: Path
    server: EmulatorServer | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    is_real: bool = False

    def meltano(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a Meltano command, with these settings or, in capitals, variables."""
        command, environ = self._started(words, variables)
        return subprocess.run(
            command,
            cwd=self.path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def start(self, log: IO[str], *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a Meltano command that writes to a file; only `terminate` ends a forked one."""
        command, environ = self._started(words, variables)
        return subprocess.Popen(command, cwd=self.path, env=environ, stdout=log, stderr=log)

    def _started(
        self, words: Sequence[str], variables: Mapping[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """How a Meltano command is started: its words and its environment."""
        # (a plugin looks for flags in the words of the program that has started it)
        is_plain = words[0] == "run" and not any(word.startswith("-") for word in words)
        programs, environ = BIN, self.environ(variables)
        if not self.is_real and (is_plain or words[0] == "state"):
            programs = forking_programs()
            environ["PATH"] = f"{programs}{os.pathsep}{environ['PATH']}"
        return [str(programs / "meltano"), *words], environ

    def run(self, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.meltano("run", *flags, TAP, LOADER, **variables)

    def utility(
        self, command: str, *blocks: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the utility, and then other blocks."""
        return self.meltano("run", f"{UTILITY}:{command}", *blocks, **variables)

    def environ(self, variables: Mapping[str, str]) -> dict[str, str]:
        """This process's environment without any Meltano's, with what leads to the org."""
        mine = ("MELTANO_", "TARGET_ZUORA360_", "ZUORA360_")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        if self.server:
            variables = {
                "instance_url": self.server.url,
                "access_token": self.server.access_token,
                **variables,
            }
        if not self.is_real:
            variables = {"meltano_executable": str(forking_programs() / "meltano"), **variables}
        given = {
            name if name.isupper() else f"{prefix}_{name.upper()}": value
            for name, value in {**self.variables, **variables}.items()
            for prefix in ("TARGET_ZUORA360_CLEANUP", "ZUORA360")
        }
        path = os.pathsep.join((str(BIN), plain.get("PATH", os.defpath)))
        return plain | {"NO_COLOR": "1", "PATH": path} | given

    @property
    def state(self) -> dict[str, Any]:
        """What `meltano state get` shows of this pipeline."""
        return self.state_of(STATE_ID)

    def state_of(self, state_id: str) -> dict[str, Any]:
        """What `meltano state get` shows; where that is simple, read as it is stored."""
        stored = self._in_system_database(state_id)
        return stored or self._shown(state_id)

    def _in_system_database(self, state_id: str) -> dict[str, Any]:
        """A state that is in the project's own database, whole; blank where it is not."""
        elsewhere = ("MELTANO_STATE_BACKEND", "MELTANO_DATABASE")
        file = self.path / ".meltano/meltano.db"
        is_here = not any(name.startswith(elsewhere) for name in self.variables)
        if not is_here or "state_backend" in (self.path / "meltano.yml").read_text("utf-8"):
            return {}
        with closing(sqlite3.connect(file)) as database:
            line = database.execute(
                "SELECT completed_state, partial_state FROM state WHERE state_id = ?", (state_id,)
            ).fetchone()
        completed, partial = (json.loads(each or "{}") for each in line or ("", ""))
        stored: dict[str, Any] = {} if partial else completed.get("singer_state", {})
        return stored

    def _shown(self, state_id: str) -> dict[str, Any]:
        done = self.meltano("state", "get", state_id)
        assert done.returncode == 0, done.stderr
        stored: dict[str, Any] = json.loads(done.stdout)["singer_state"]
        return stored

    def set_state(self, state_id: str, state: dict[str, Any]) -> None:
        """Store a state with `meltano state set`."""
        text = json.dumps({"singer_state": state})
        done = self.meltano("state", "set", "--force", state_id, text)
        assert done.returncode == 0, done.stderr

    def configure(self, **changes: Any) -> None:
        """Change top-level entries of meltano.yml."""
        file = self.path / "meltano.yml"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump(content | changes), encoding="utf-8")

    @property
    def report(self) -> dict[str, Any]:
        """The report of the last run."""
        found: dict[str, Any] = json.loads(self.reports[-1].read_text(encoding="utf-8"))
        return found

    @property
    def reports(self) -> list[Path]:
        """The reports of all runs, oldest first."""
        found = self.path.glob("output/zuora360-cleanup/*/report.json")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def install_tap(folder: Path) -> None:
    """The real tap-zuora as Meltano installs it; a program that leads it to ``ZUORA_URL``."""
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    folder.mkdir()
    (folder / "meltano.yml").write_text(
        yaml.safe_dump(
            {
                "requires_meltano": own["requires_meltano"],
                "send_anonymous_usage_stats": False,
                "cli": {"disable_version_check": True},
                "plugins": {"extractors": own["plugins"]["extractors"]},
            }
        ),
        encoding="utf-8",
    )
    done = Project(folder).meltano("install", "extractor", TAP, UV_COMPILE_BYTECODE="1")
    assert done.returncode == 0, done.stderr
    program = folder / "tap-zuora"
    python = folder / ".meltano/extractors" / TAP / "venv/bin/python"
    program.write_text(f"#!/bin/sh\nexec '{python}' '{ROOT}/tests/demo/tap_zuora_here.py' \"$@\"\n")
    program.chmod(0o755)


def with_real_tap(folder: Path, program: Path, select: list[str], **config: str) -> Path:
    """A project in a folder, with the real tap, which is led to an emulated Zuora."""
    content = project_file()
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    # Meltano keeps the catalog of a tap from run to run only where it is one that it can install,
    # and installs it where it isn't yet.
    installed = folder / ".meltano/extractors"
    installed.mkdir(parents=True)
    (installed / TAP).symlink_to(program.parent / ".meltano/extractors" / TAP)
    content["plugins"]["extractors"][0] |= {
        "pip_url": own["plugins"]["extractors"][0]["pip_url"],
        "executable": str(program),
        "select": select,
        "config": {"username": "any", "password": "any", "partner_id": "any", **config},
    }
    (folder / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def make_template(path: Path) -> Path:
    """A project whose state is that of an earlier sync."""
    path.mkdir()
    (path / "meltano.yml").write_text(yaml.safe_dump(project_file()), encoding="utf-8")
    for state_id in (STATE_ID, OTHER_STATE_ID):
        Project(path).set_state(state_id, BEFORE)
    return path


def name_the_process(project: Path) -> Path:
    """Have the loader write its process id into a file, which is returned."""
    pid_file, script = project / "target.pid", project / "target.sh"
    target = BIN / "target-zuora360-cleanup"
    script.write_text(f"#!/bin/sh\necho $$ > '{pid_file}'\nexec '{target}' \"$@\"\n")
    script.chmod(0o755)
    content = project_file()
    content["plugins"]["loaders"][0]["executable"] = str(script)
    (project / "meltano.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return pid_file
