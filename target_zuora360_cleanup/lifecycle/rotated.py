"""Keeps a new refresh token, which Salesforce may give in place of the old one, beyond the run."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.meltano.command import find_meltano
from target_zuora360_cleanup.meltano.setting import store_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.meltano.pipeline import Pipeline
    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

SETTING: Final = "refresh_token"
FILE: Final = "refresh_token.txt"
_NEW: Final = "Salesforce has given a new refresh token; the old one may be good no more."


def keeper(settings: Settings, folder: OutputFolder, pipeline: Pipeline) -> Callable[[str], None]:
    """What keeps a new refresh token and tells where; it raises nothing.

    Args:
        settings: What the user set.
        folder: Where it is written if Meltano can't store it.
        pipeline: The Meltano run around this process.
    """
    return partial(_keep, settings, folder, pipeline)


def _keep(settings: Settings, folder: OutputFolder, pipeline: Pipeline, token: str) -> None:
    if pipeline.loader and _stored(settings, pipeline.loader, token):
        return
    command = f"meltano config set {pipeline.loader or '<loader>'} {SETTING}"
    try:
        path = folder.write_private(FILE, token)
    except OSError as exc:
        logger.error(  # noqa: TRY400 - a full disk needs no traceback
            "%s It could not be written to %s (%s): get another one before the next run.",
            _NEW, folder.path, exc.strerror or exc,
        )  # fmt: skip
        return
    logger.warning(
        "%s It is in %s, which only you can read. Before the next run, store it as the setting %s "
        "(with Meltano: `%s --from-file %s`), and delete that file.",
        _NEW, path, SETTING, command, path,
    )  # fmt: skip


def _stored(settings: Settings, loader: str, token: str) -> bool:
    try:
        meltano = find_meltano(settings.meltano_executable, os.environ)
        store_secret(meltano, loader, SETTING, token)
    except CleanupError as exc:
        logger.warning("Meltano could not store the new refresh token: %s", exc)
        return False
    logger.warning(
        "%s It is stored in the project's .env by `meltano config set %s %s`. Where a variable of "
        "the environment or another store sets %s, set it there too.",
        _NEW, loader, SETTING, SETTING,
    )  # fmt: skip
    return True
