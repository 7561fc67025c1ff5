"""What a user can mend, and the exit status that goes with it.

::

    CleanupError        1  anything else
    ├── Interrupted     1  a signal ended it
    ├── InputError      2  settings or the tap's stream are wrong
    ├── Refused         3  a safety check said no: nothing deleted, no state written
    └── Partial         4  some records are left: the state is reset, running it again goes on

Every message is one or two sentences for a person: what happened, where, and what to do about it.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["CleanupError", "InputError", "Interrupted", "Partial", "Refused"]


class CleanupError(Exception):
    """The run can't go on; the message says what, where and the remedy."""

    exit_status: ClassVar[int] = 1


class Interrupted(CleanupError):
    """The run was asked to stop, and did."""


class InputError(CleanupError):
    """The settings, or what came on stdin, can't be used."""

    exit_status: ClassVar[int] = 2


class Refused(CleanupError):
    """A safety check stopped the run before the first delete."""

    exit_status: ClassVar[int] = 3


class Partial(CleanupError):
    """The run ended before everything was deleted."""

    exit_status: ClassVar[int] = 4
