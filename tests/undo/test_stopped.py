"""A signal ends an undo between two calls; what is back stays, and the next one goes on."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from target_zuora360_cleanup.lifecycle.context import Context
from target_zuora360_cleanup.lifecycle.ending import show_words
from target_zuora360_cleanup.rows.stop import Stop
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.undo.run import Undo, cleanups
from tests.support.emulated import Emulated
from tests.support.runs import login
from tests.support.undoing import STATE, SUBSCRIPTIONS, Scene

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.emulator.wire.errors import RowError


def test_what_is_back_stays_and_the_state_waits_for_the_rest(tmp_path: Path) -> None:
    with Emulated(OrgOptions(records=900, quotes=False, sandbox=True)) as server:
        scene = Scene.make(server, tmp_path, include_objects=SUBSCRIPTIONS)
        reset, stop, seen = scene.stored, Stop(), 0

        def hook(operation: str, *_: str) -> RowError | None:
            nonlocal seen
            seen += operation == "undelete"
            if seen == 60:
                stop.request("SIGTERM")
            return None

        server.org.row_hook = hook
        settings = read_settings({"output_dir": str(scene.output), **login(server)})
        context = Context.begin(settings, "undo", waits=NO_WAITS, stop=stop)
        given, known = cleanups(settings, None)
        run = Undo(context, given, known, partial(show_words, io.StringIO()), dry_run=False)

        result = run.carry_out()

        assert (result.exit_status, run.status_if_killed) == (4, 4)
        assert "Stopped by a signal" in str(result.error)
        assert scene.stored == reset
        report = json.loads((context.folder.path / "report.json").read_text())
        back = sum(each["back"] for each in report["returned"])
        live = sum(len(scene.now().get(name, ())) for name in SUBSCRIPTIONS)
        assert 0 < back == live
        server.org.row_hook = None

        assert scene.undo().status == 0
        assert (scene.now(), scene.stored) == (scene.before, STATE)
