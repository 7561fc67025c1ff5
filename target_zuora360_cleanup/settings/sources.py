"""Settings for the command line, from files or from the environment."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.settings.environment import from_environment
from target_zuora360_cleanup.settings.reading import read_settings, unknown_settings
from target_zuora360_cleanup.settings.violations import violations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.settings.declared import Settings

ENVIRONMENT: Final = "ENV"
"""In place of a file: read the environment."""


def read_cli_settings(sources: Iterable[str], environ: Mapping[str, str], mode: str) -> Settings:
    """The settings of some sources together, a later one before an earlier one.

    Args:
        sources: Paths of JSON files, or `ENV`.
        environ: The environment.
        mode: The mode; what the sources say of it counts for the target only.

    Raises:
        InputError: A source can't be read, or a setting is wrong.
    """
    config: dict[str, Any] = {}
    for source in sources:
        config |= from_environment(environ) if source == ENVIRONMENT else _from_file(source)
    _check(config)
    return dataclasses.replace(read_settings(config | {"mode": None}), mode=mode)


def _from_file(path: str) -> dict[str, Any]:
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"--config: can't read '{path}': {exc.strerror or exc}.") from None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise InputError(f"--config: '{path}' holds no JSON object.")
    return config


def _check(config: Mapping[str, Any]) -> None:
    if wrong := [*unknown_settings(config), *violations(config)]:
        raise InputError(" ".join(wrong))
