"""Stores a plugin's setting by `meltano config set`, and reads it back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_zuora360_cleanup.meltano.command import MeltanoFailed

if TYPE_CHECKING:
    from target_zuora360_cleanup.meltano.command import Meltano
    from target_zuora360_cleanup.meltano.pipeline import OwnPlugin


def store_secret(meltano: Meltano, plugin: OwnPlugin, name: str, value: str) -> None:
    """Store a secret setting of a plugin in the project's `.env`, never in `meltano.yml`.

    The value goes to the command's standard input, since command lines can be seen by everybody.

    Args:
        meltano: The Meltano of the project.
        plugin: Which plugin there.
        name: The setting's.
        value: What to store.

    Raises:
        MeltanoFailed: It could not be stored, or does not read back; without the value.
    """
    # What Meltano has handed to this process would pass for what the user has set.
    variable = f"_{name.upper()}"
    environ = {key: each for key, each in meltano.environ.items() if not key.endswith(variable)}
    clean = replace(meltano, environ=environ)
    kind = ("--plugin-type", plugin.kind)
    try:
        stored = ("--store", "dotenv", "--from-file", "-", plugin.name, name)
        clean.run("config", "set", *kind, *stored, given=value)
        answer = clean.run("config", "--unsafe", "print", *kind, plugin.name)
    except MeltanoFailed as exc:
        raise MeltanoFailed(str(exc).replace(value, "…")) from None
    if _read(answer).get(name) != value:
        raise MeltanoFailed(f"Meltano does not give {name} back as it was stored.")


def _read(answer: str) -> dict[str, Any]:
    try:
        config = json.loads(answer[answer.find("{") :])
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}
