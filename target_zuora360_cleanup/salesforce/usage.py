"""How many of its daily API calls an org has used, and whether that is enough."""

from __future__ import annotations

from typing import NamedTuple


class Usage(NamedTuple):
    """API calls of an org in 24 hours, by anybody.

    Attributes:
        used: Calls made.
        allowed: Calls that may be made.
    """

    used: int
    allowed: int

    @classmethod
    def of(cls, header: str | None) -> Usage | None:
        """Read a `Sforce-Limit-Info` header, `api-usage=18/5000`; None where it says nothing."""
        for part in (header or "").split(";"):
            name, _, value = part.strip().partition("=")
            used, _, allowed = value.partition("/")
            if name == "api-usage" and used.isdigit() and allowed.isdigit():
                return cls(int(used), int(allowed))
        return None

    def is_used_up(self, percent: int) -> bool:
        """Whether the share that may be used is used (the setting `quota_percent_total`)."""
        return self.used * 100 >= self.allowed * percent
