"""The plugins of a project that are this package: the loader has settings, the utility too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_zuora360_cleanup.meltano.conversation import Conversation

PROGRAMS: Final = ("target-zuora360-cleanup", "zuora360")
"""What a plugin of this package runs, whatever its own name."""


def settings_elsewhere(
    conversation: Conversation, names: Iterable[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Some settings of each plugin of this package, in the environment of the run, by its name.

    Raises:
        MeltanoFailed: Meltano does not tell.
    """
    told: dict[str, dict[str, Any]] = conversation.ask(
        "settings", programs=PROGRAMS, names=list(names)
    )
    return told
