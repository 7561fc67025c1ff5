"""The plugins of a project that are this package: the loader has settings, the utility too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.meltano.command import MeltanoFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.meltano.conversation import Conversation
    from target_zuora360_cleanup.meltano.pipeline import OwnPlugin

PROGRAMS: Final = ("target-zuora360-cleanup", "zuora360")
"""What a plugin of this package runs, whatever its own name."""
_VARIABLE: Final = re.compile(r"(?<!\\)\$(?:\{\w+\}|[A-Z][A-Z0-9_]*)")
"""How meltano.yml names a variable; Meltano puts nothing in place of one that is not there."""


@dataclass(frozen=True)
class Elsewhere:
    """What the project's other plugins of this package are set to.

    Attributes:
        environment: Of Meltano, in which the settings are so; blank outside of any.
        is_told: Whether Meltano runs this process, or was named an environment; else it is the one
            that Meltano takes by itself (`MELTANO_ENVIRONMENT`, in `.env` too, else
            `default_environment`).
        plugins: The settings by name, by the plugin's name; None where a default counts.
    """

    environment: str
    is_told: bool
    plugins: Mapping[str, Mapping[str, Any]]


def settings_elsewhere(conversation: Conversation, names: Iterable[str]) -> Elsewhere:
    """Some settings of each plugin of this package, in the environment of the run.

    Raises:
        MeltanoFailed: Meltano does not tell, or takes none of its environments without being told.
    """
    told: dict[str, Any] = conversation.ask("settings", programs=PROGRAMS, names=list(names))
    if told["environment"] is None:
        raise MeltanoFailed(
            "which of Meltano's environments counts is not named. Set MELTANO_ENVIRONMENT."
        )
    plugins: dict[str, dict[str, Any]] = told["plugins"]
    values = {
        plugin: {name: value for name, (value, _) in found.items()}
        for plugin, found in plugins.items()
    }
    return Elsewhere(told["environment"], told["is_told"], values)


def unfilled(conversation: Conversation, own: OwnPlugin, names: Iterable[str]) -> dict[str, str]:
    """Settings of this plugin in which a variable is not there or blank, as they are written.

    Raises:
        MeltanoFailed: It does not tell.
    """
    told: dict[str, tuple[Any, Any]] = conversation.ask(
        "own_settings", plugin=own.name, kind=own.kind, names=list(names)
    )
    return {
        name: str(written)
        for name, (value, written) in told.items()
        if written is not None and not _is_filled(value, written)
    }


def _is_filled(value: Any, written: Any) -> bool:  # noqa: ANN401 - of any setting
    """Whether a value has something in the place of each variable."""
    if isinstance(value, list) and isinstance(written, list):
        return len(value) == len(written) and all(map(_is_filled, value, written))
    if not (isinstance(value, str) and isinstance(written, str)):
        return value is not None
    literal = (re.escape(each.replace(r"\$", "$")) for each in _VARIABLE.split(written))
    return bool(re.fullmatch("(.+)".join(literal), value, re.DOTALL))
