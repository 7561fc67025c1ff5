"""Comparisons of an org with a cleanup's backup, in this process."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.lifecycle.context import Context
from target_zuora360_cleanup.lifecycle.ending import show_words
from target_zuora360_cleanup.lifecycle.signals import heeded
from target_zuora360_cleanup.salesforce.waits import NO_WAITS
from target_zuora360_cleanup.settings.reading import read_settings
from target_zuora360_cleanup.verify.run import Verify, backups
from tests.support.runs import Ran

if TYPE_CHECKING:
    from pathlib import Path

    from target_zuora360_cleanup.lifecycle.result import Result


def carry_out(config: dict[str, Any], folder: Path | None, err: io.StringIO) -> Result:
    """Compare as the command does, signals included."""
    settings = read_settings(config)
    context = Context.begin(settings, "verify", waits=NO_WAITS)
    known, show = backups(settings, folder), partial(show_words, err)
    verify = Verify(context, known, show, is_named=folder is not None)
    with heeded(context.stop, lambda: verify.status_if_killed):
        return verify.carry_out()


def verify(config: dict[str, Any], output: Path, folder: Path | None = None) -> Ran:
    """Compare with the newest cleanup of a folder, or with the one that is named."""
    err = io.StringIO()
    given = {"output_dir": str(output), **config}
    return Ran.of(lambda: carry_out(given, folder, err), output, io.StringIO(), err)
