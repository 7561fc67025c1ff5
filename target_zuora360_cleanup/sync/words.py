"""What is told where a sync ends early; whatever was not loaded is sent again."""

from __future__ import annotations

from typing import Final

from target_zuora360_cleanup.errors import InputError, Interrupted, Partial
from target_zuora360_cleanup.lifecycle.words import Words

_NEXT: Final = "The stored state stays before it, so the next run sends the same records again."

WHILE_LOADING: Final = Words(
    session=lambda exc: InputError(f"Salesforce refused the session: {exc.message}."),
    refused=lambda why: Partial(f"Salesforce did not load a batch: {why}. {_NEXT}"),
    job=lambda why: Partial(f"Salesforce did not load a batch: {why}. {_NEXT}"),
    unreachable=lambda why: Partial(f"{why} {_NEXT}"),
    file=lambda exc: Partial(
        f"The run stopped: can't write {getattr(exc, 'filename', None) or 'a temporary file'}: "
        f"{getattr(exc, 'strerror', None) or exc}. {_NEXT}"
    ),
    quota=lambda why: Partial(f"{why}. {_NEXT}"),
    stopped=lambda _: Interrupted(f"The run was stopped. {_NEXT}"),
)
