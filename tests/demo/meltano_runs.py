"""Runs the demo's pipeline with Meltano, as a user does: the mode is a variable of one run."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXTRACTOR, LOADER = "tap-zuora", "target-zuora360-cleanup"
RELINK, VERIFY = "zuora360:relink", "zuora360:verify"
MODE_VARIABLE = "TARGET_ZUORA360_CLEANUP_MODE"
URL_VARIABLE = "TARGET_ZUORA360_CLEANUP_INSTANCE_URL"
"""Meltano's variable for the loader's setting; both emulators are where it points."""
_URLS = ("ZUORA_URL", URL_VARIABLE, "ZUORA360_INSTANCE_URL")
_SQLITE = "sqlite:///"
_SECONDS = 900
"""The first run installs the plugins, over whatever network there is."""
_LAST_LINES = 60


class DemoError(Exception):
    """A step failed; the message says what to do."""


@dataclass(frozen=True)
class Ran:
    """What one run did.

    Attributes:
        report: The target's own `report.json`.
        bookmarks: The bookmarks that Meltano has stored after it, by stream.
    """

    report: Mapping[str, Any]
    bookmarks: Mapping[str, Any]

    @property
    def sent(self) -> dict[str, int]:
        """Records that the tap has sent, by stream."""
        return dict(self.report["records_read"])

    def total(self, count: str) -> int:
        """One of the report's counts over all object types."""
        return sum(each.get(count, 0) for each in self.report["objects"])


@dataclass(frozen=True)
class Pipeline:
    """The pair of tap and target in this Meltano project; it has one state, whatever the mode.

    Attributes:
        url: Where the emulator is.
    """

    url: str

    @property
    def state_id(self) -> str:
        """Meltano's name for this pipeline's state."""
        return f"{os.environ['MELTANO_ENVIRONMENT']}:{EXTRACTOR}-to-{LOADER}"

    def run(self, mode: str) -> Ran:
        """One `meltano run` in a mode.

        Raises:
            DemoError: It failed.
        """
        report = self._reported("run", EXTRACTOR, LOADER, **{MODE_VARIABLE: mode})
        return Ran(report, self._bookmarks())

    def utility(self, command: str) -> dict[str, Any]:
        """One `meltano run` of a command of the utility; its report.

        Raises:
            DemoError: It failed.
        """
        return self._reported("run", command)

    def _reported(self, *arguments: str, **variables: str) -> dict[str, Any]:
        earlier = _reports()
        self._meltano(*arguments, **variables)
        (made,) = _reports() - earlier
        report: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
        return report

    def forget(self) -> None:
        """Remove the state that an earlier demo left."""
        self._meltano("state", "clear", "--force", self.state_id)

    def _bookmarks(self) -> dict[str, Any]:
        stored = _state_in_database(self.state_id)
        if stored is None:
            stored = json.loads(self._meltano("state", "get", self.state_id).stdout)
        bookmarks: dict[str, Any] = stored.get("singer_state", {}).get("bookmarks", {})
        return bookmarks

    def _meltano(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = f"meltano {' '.join(arguments)}"
        try:
            done = self._call(arguments, variables)
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"{command} took longer than {error.timeout:g} seconds.") from None
        if done.returncode:
            end = "\n".join(done.stderr.splitlines()[-_LAST_LINES:])
            raise DemoError(f"{command} failed:\n{end}")
        return done

    def _call(
        self, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("meltano")), *arguments],
            env={**os.environ, **dict.fromkeys(_URLS, self.url), **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip


def _state_in_database(state_id: str) -> dict[str, Any] | None:
    """The state in the project's own database, which takes a start of Meltano less.

    None where that is not where Meltano has it, or not all of it.
    """
    database = os.environ.get("MELTANO_DATABASE_URI", "")
    if os.environ.get("MELTANO_STATE_BACKEND_URI") != "systemdb" or not database.startswith(
        _SQLITE
    ):
        return None
    file = database.removeprefix(_SQLITE).partition("?")[0]
    with closing(sqlite3.connect(file)) as connection:
        line = connection.execute(
            "SELECT completed_state, partial_state FROM state WHERE state_id = ?", (state_id,)
        ).fetchone()
    completed: dict[str, Any]
    completed, partial = (json.loads(each or "{}") for each in line or ("", ""))
    return None if partial else completed


def _reports() -> set[Path]:
    folder = os.environ.get("TARGET_ZUORA360_CLEANUP_OUTPUT_DIR") or "output/zuora360-cleanup"
    return set(Path(folder).glob("*/report.json"))
