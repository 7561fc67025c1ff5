"""Which lookups the settings let be blanked before a deletion that would take their rows along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.reach import Detaching

if TYPE_CHECKING:
    from target_zuora360_cleanup.settings.declared import Settings


def detaching_of(settings: Settings) -> Detaching:
    """What is detached: where a snapshot tells where it led, and none that may go."""
    return Detaching(settings.lookup_links == "snapshot", frozenset(settings.allow_cascade_to))
