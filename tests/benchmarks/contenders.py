"""Programs that can delete the same records: how each is installed and run.

Each gets the object types in the plugin's order with their conditions. What isn't part of this
project's development environment is installed into a cache folder at the first run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.catalog.objects import OBJECTS
from tests.benchmarks.serving import BIN, Usage, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.benchmarks.serving import Emulator

JOB_SIZE = 100_000
PEER_WAIT = 0.1
"""Seconds before simple-salesforce's first poll, so that the wait doesn't decide."""
STREAM = b"".join(
    json.dumps(message).encode() + b"\n"
    for message in (
        {"type": "STATE", "value": {"bookmarks": {"Account": {"version": 1}}}},
        {"type": "SCHEMA", "stream": "Account", "schema": {"properties": {}}, "key_properties": []},
        {"type": "RECORD", "stream": "Account", "record": {"Id": "1"}},
        {"type": "STATE", "value": {"bookmarks": {"Account": {"version": 1}}}},
    )
)


class Missing(Exception):
    """A contender can't be had here; the message says why."""


@dataclass(frozen=True)
class Job:
    """What is to be deleted where.

    Attributes:
        folder: For files of this run; the plugin's report is in its `output`.
        tools: Where contenders are installed.
    """

    org: Emulator
    folder: Path
    tools: Path

    @property
    def objects(self) -> dict[str, str]:
        """The object types that the plugin has cleaned, in its order, with their conditions."""
        path = next(self.folder.glob("output/*/report.json"))
        report = json.loads(path.read_text(encoding="utf-8"))
        conditions = {kind.api_name: kind.where for kind in OBJECTS}
        names = [each["api_name"] for each in report["objects"] if each["found"]]
        return {name: conditions[name] for name in names}


@dataclass(frozen=True)
class Contender:
    """A program.

    Attributes:
        install: Makes it ready in a folder; its name and version for the table.
        run: Deletes, and tells what that took.
    """

    name: str
    install: Callable[[Path], str]
    run: Callable[[Job], Usage]


def _plugin(job: Job) -> Usage:
    config = job.folder / "config.json"
    settings = {
        "mode": "cleanup",
        "access_token": job.org.access_token,
        "instance_url": job.org.url,
        "allow_cascade_to": ["PricebookEntry"],
        "state_is_stored": True,
        "keep_quoted_products": False,
        "max_records": 1_000_000_000,
        "job_size": JOB_SIZE,
        "backup": "ids",
        "output_dir": str(job.folder / "output"),
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    with tempfile.TemporaryFile() as stdin:
        stdin.write(STREAM)
        return measured([str(BIN / "target-zuora360-cleanup"), f"--config={config}"], stdin)


def _simple_salesforce(job: Job) -> Usage:
    order = {
        "url": job.org.url,
        "access_token": job.org.access_token,
        "api_version": "64.0",
        "objects": job.objects,
        "job_size": JOB_SIZE,
        "wait": PEER_WAIT,
    }
    with tempfile.TemporaryFile() as stdin:
        stdin.write(json.dumps(order).encode())
        script = Path(__file__).with_name("deletion_peer.py")
        return measured([sys.executable, str(script)], stdin)


def _install_cumulusci(tools: Path) -> str:
    venv, project = tools / "cumulusci", tools / "cumulusci-project"
    if not (venv / "bin/cci").exists():
        _have([sys.executable, "-m", "venv", str(venv)])
        _have([str(venv / "bin/pip"), "install", "--quiet", "cumulusci"])
    if not project.exists():
        project.mkdir()
        (project / "cumulusci.yml").write_text(
            "minimum_cumulusci_version: 3.0.0\n"
            'project: {name: bench, package: {name: bench, api_version: "64.0"}}\n'
        )
        _have(["git", "init", "--quiet", str(project)])
        commit = ["commit", "--quiet", "--allow-empty", "--message=Begin"]
        me = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        _have(["git", "-C", str(project), *me, *commit])
    show = "from importlib.metadata import version; print(version('cumulusci'))"
    return f"CumulusCI {_have([str(venv / 'bin/python'), '-c', show])}, delete_data (REST)"


def _cumulusci(job: Job) -> Usage:
    """Its `delete_data` in REST mode, since its Bulk API is 1.0."""
    org = job.org
    login = {
        "instance_url": org.tls_url, "access_token": org.access_token, "username": "bench",
        "id": f"{org.tls_url}/id/{org.org_id}/0055g0000000001AAA",
        "refresh_token": "x", "client_id": "x", "client_secret": "x",
    }  # fmt: skip
    env = {
        "CUMULUSCI_ORG_emu": json.dumps(login), "CUMULUSCI_KEY": "0123456789abcdef",
        "CUMULUSCI_DISABLE_REFRESH": "1", "REQUESTS_CA_BUNDLE": org.ca_file,
        "HOME": str(_cumulusci_home(job.folder / "home")),
    }  # fmt: skip
    command = [str(job.tools / "cumulusci/bin/cci"), "task", "run", "delete_data", "--org=emu",
               "--api=rest", "--inject_namespaces=False", "--no-prompt"]  # fmt: skip
    total = Usage()
    for names, where in _together(job.objects):
        more = [f"--objects={','.join(names)}", *([f"--where={where}"] if where else [])]
        total += measured([*command, *more], env=env, cwd=job.tools / "cumulusci-project")
    return total


def _cumulusci_home(home: Path) -> Path:
    """A home that knows no org yet, and in which no newer version is looked for."""
    (home / ".cumulusci").mkdir(parents=True, exist_ok=True)
    (home / ".cumulusci/cumulus_timestamp").write_text(str(time.time()))
    return home


def _together(objects: dict[str, str]) -> Iterator[tuple[list[str], str]]:
    """Neighbours without a condition; the task takes a condition for one object type only."""
    names: list[str] = []
    for name, where in objects.items():
        if not where:
            names.append(name)
            continue
        if names:
            yield names, ""
        yield [name], where
        names = []
    if names:
        yield names, ""


def _install_sf(tools: Path) -> str:
    folder = tools / "sf"
    if not (folder / "node_modules/.bin/sf").exists():
        folder.mkdir(exist_ok=True)
        # (sf needs a newer Node than many systems have)
        packages = ["@salesforce/cli", "node@22"]
        _have(["npm", "install", "--no-audit", "--no-fund", f"--prefix={folder}", *packages])
    name = _have([str(folder / "node_modules/.bin/sf"), "--version"], _sf_env(tools))
    return f"Salesforce CLI {name.split()[0].rpartition('/')[2]}, data export/delete bulk"


def _sf_env(tools: Path) -> dict[str, str]:
    binaries = tools / "sf/node_modules/node/bin"
    return {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "HOME": str(tools),
        "SF_USE_GENERIC_UNIX_KEYCHAIN": "true", "SF_DISABLE_TELEMETRY": "true",
        "SF_AUTOUPDATE_DISABLE": "true", "SF_SKIP_NEW_VERSION_CHECK": "true",
    }  # fmt: skip


def _sf(job: Job) -> Usage:
    sf = str(job.tools / "sf/node_modules/.bin/sf")
    env = _sf_env(job.tools) | {"SF_ORG_INSTANCE_URL": job.org.url}
    to = ["--wait=600", f"--target-org={job.org.access_token}"]
    total = Usage()
    for name, where in job.objects.items():
        file = job.folder / f"{name}.csv"
        soql = f"SELECT Id FROM {name}" + (f" WHERE {where}" if where else "")
        export = ["data", "export", "bulk", f"--query={soql}", f"--output-file={file}"]
        total += measured([sf, *export, "--result-format=csv", *to], env=env)
        delete = ["data", "delete", "bulk", f"--sobject={name}", f"--file={file}"]
        total += measured([sf, *delete, "--line-ending=LF", *to], env=env)
        file.unlink()
    return total


def _have(command: list[str], env: dict[str, str] | None = None) -> str:
    """What a command prints.

    Raises:
        Missing: It isn't there or fails.
    """
    try:
        done: Any = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, **(env or {})}
        )
    except OSError as exc:
        raise Missing(f"{command[0]}: {exc.strerror}") from None
    except subprocess.CalledProcessError as exc:
        last = (exc.stderr or exc.stdout).strip().splitlines()[-1:]
        raise Missing(f"{' '.join(command[:3])}: {' '.join(last)}") from None
    return str(done.stdout).strip()


PLUGIN = Contender("plugin", lambda _: "this plugin", _plugin)
CONTENDERS = (
    PLUGIN,
    Contender(
        "simple-salesforce",
        lambda _: f"simple-salesforce {version('simple-salesforce')}, bulk2",
        _simple_salesforce,
    ),
    Contender("cumulusci", _install_cumulusci, _cumulusci),
    Contender("sf", _install_sf, _sf),
)
