"""Access tokens: issued at login, checked at every request, expired by a fault or on demand."""

from __future__ import annotations

import hashlib
import threading
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Sessions"]


class Sessions:
    """The tokens that are valid now. Safe from several threads.

    The first token depends on the org and the seed only, so it stays the same from start to
    start and can be written into a configuration.
    """

    def __init__(self, org_id: str, seed: int) -> None:
        self._org_id, self._seed = org_id, seed
        self._numbers = count()
        self._lock = threading.Lock()
        self._valid: set[str] = set()
        self._uses = 0
        self.first = self.issue()

    def issue(self) -> str:
        """A new token of Salesforce's form: ``00D…!…``."""
        with self._lock:
            text = f"{self._org_id}:{self._seed}:{next(self._numbers)}"
            secret = hashlib.sha256(text.encode()).hexdigest()
            token = f"{self._org_id[:15]}!AQ.{secret}"
            self._valid.add(token)
        return token

    def is_valid(self, token: str, expires: Callable[[int], bool] | None = None) -> bool:
        """Whether ``token`` opens the org.

        Args:
            token: What the client shows.
            expires: Asked, under the lock, when it does: with the number of uses of valid tokens,
                this one included. True expires all tokens, this one included.
        """
        with self._lock:
            if token not in self._valid:
                return False
            self._uses += 1
            if expires is not None and expires(self._uses):
                self._valid.clear()
                return False
            return True

    def expire(self) -> None:
        """Make every token invalid; logging in again gives new ones."""
        with self._lock:
            self._valid.clear()

    def revoke(self, token: str) -> None:
        """Make one token invalid."""
        with self._lock:
            self._valid.discard(token)
