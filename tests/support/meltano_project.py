"""Real Meltano projects for tests, with the state of an earlier sync."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.meltano_zygote import forking_meltano
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.server.server import EmulatorServer

BIN = Path(sys.executable).parent
TAP, LOADER, OTHER_LOADER = "tap-zuora", "target-zuora360-cleanup", "target-salesforce"
UTILITY = "zuora360"
STATE_ID = f"e2e:{TAP}-to-{LOADER}"
OTHER_STATE_ID = f"e2e:{TAP}-to-{OTHER_LOADER}"
NOT_CLEANED = ("Amendment", "PaymentTransactionLog")
"""The recorded tap's streams that no 360 object stands behind."""
COMMAND_SECONDS = 90
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
    """A meltano.yml that installs nothing; the loader's settings are the repository's own."""
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (loader,) = own["plugins"]["loaders"]
    (utility,) = (each for each in own["plugins"]["utilities"] if each["name"] == UTILITY)
    (tap,) = own["plugins"]["extractors"]
    kept = ("name", "namespace", "capabilities", "settings", "settings_group_validation")
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
                    "executable": str(BIN / "target-zuora360-cleanup"),
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
                    "executable": str(BIN / "zuora360"),
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
        is_real: Whether the plugins call the real `meltano` too, and not one that is forked from a
            process that has it imported.
    """

    path: Path
    server: EmulatorServer | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    is_real: bool = False

    def meltano(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a Meltano command, with these settings or, in capitals, variables."""
        # (a plugin looks for flags in the words of the program that has started it)
        is_plain = words[0] == "run" and not any(word.startswith("-") for word in words)
        is_forked = not self.is_real and (is_plain or words[0] == "state")
        return subprocess.run(
            [forking_meltano() if is_forked else BIN / "meltano", *words],
            cwd=self.path,
            env=self.environ(variables),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

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
            variables = {"meltano_executable": str(forking_meltano()), **variables}
        given = {
            name if name.isupper() else f"{prefix}_{name.upper()}": value
            for name, value in {**self.variables, **variables}.items()
            for prefix in ("TARGET_ZUORA360_CLEANUP", "ZUORA360")
        }
        return plain | {"NO_COLOR": "1"} | given

    @property
    def state(self) -> dict[str, Any]:
        """What `meltano state get` shows of this pipeline."""
        return self.state_of(STATE_ID)

    def state_of(self, state_id: str) -> dict[str, Any]:
        """What `meltano state get` shows."""
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


def install_tap(folder: Path) -> Path:
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
    return program


def with_real_tap(program: Path, select: list[str], **config: str) -> dict[str, Any]:
    """A meltano.yml with the real tap, which is led to an emulated Zuora."""
    content = project_file()
    content["plugins"]["extractors"][0] |= {
        "executable": str(program),
        "select": select,
        "config": {"username": "any", "password": "any", "partner_id": "any", **config},
    }
    return content


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
