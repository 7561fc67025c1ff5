"""Keeps a new refresh token, which Salesforce may give in place of the old one, beyond the run."""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.meltano.command import find_meltano
from target_zuora360_cleanup.meltano.pipeline import own_plugin
from target_zuora360_cleanup.meltano.setting import store_secret
from target_zuora360_cleanup.output.private import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_zuora360_cleanup.meltano.pipeline import OwnPlugin
    from target_zuora360_cleanup.output.folder import OutputFolder
    from target_zuora360_cleanup.settings.declared import Settings

logger = logging.getLogger(__name__)

SETTING: Final = "refresh_token"
FILE: Final = "refresh_token.txt"
_NEW: Final = "Salesforce has given a new refresh token; the old one may be good no more."


def keeper(settings: Settings, folder: OutputFolder) -> Callable[[str], None]:
    """What keeps a new refresh token and tells where; it raises nothing.

    Args:
        settings: What the user set.
        folder: Where it is written if Meltano can't store it.
    """
    return partial(_keep, settings, folder)


def _keep(settings: Settings, folder: OutputFolder, token: str) -> None:
    plugin = own_plugin(os.environ)
    if plugin and _stored(settings, plugin, token):
        return
    name = plugin.name if plugin else "target-zuora360-cleanup"
    try:
        if not folder.path.is_dir():
            make_folder(folder.path)
        path = folder.write_text(FILE, token)
    except OSError as exc:
        logger.error(  # noqa: TRY400 - a full disk needs no traceback
            "%s It could not be written to %s (%s): get another one before the next run.",
            _NEW, folder.path, exc.strerror or exc,
        )  # fmt: skip
        return
    logger.warning(
        "%s It is in %s, which only you can read. Before the next run, store it as the setting %s "
        "(with Meltano: `meltano config set %s --from-file %s %s`), and delete that file.",
        _NEW, path, SETTING, name, path, SETTING,
    )  # fmt: skip


def _stored(settings: Settings, plugin: OwnPlugin, token: str) -> bool:
    try:
        meltano = find_meltano(settings.meltano_executable, os.environ)
        store_secret(meltano, plugin, SETTING, token)
    except CleanupError as exc:
        logger.warning("Meltano could not store the new refresh token: %s", exc)
        return False
    logger.warning(
        "%s It is stored in the project's .env by `meltano config set %s %s`. Where a variable of "
        "the environment sets %s, or another plugin has the same one, set it there too.",
        _NEW, plugin.name, SETTING, SETTING,
    )  # fmt: skip
    return True
