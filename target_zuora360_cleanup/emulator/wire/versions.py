"""Which API versions the org speaks, and since which version a resource or a rule exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

__all__ = [
    "ALL_VERSIONS",
    "BULK_INGEST",
    "BULK_QUERY",
    "FAILED_RESULTS_CARRY_IDS",
    "RESULT_PAGES",
    "SOAP_LOGIN_GONE",
    "SOBJECT_COLLECTIONS",
    "ApiVersion",
]

_OLDEST, _NEWEST = 40, 67
_SEASONS = ("Spring", "Summer", "Winter")

# The first major version in which something exists (Salesforce's developer documentation).
BULK_INGEST = 41
SOBJECT_COLLECTIONS = 42
BULK_QUERY = 47
FAILED_RESULTS_CARRY_IDS = 53
RESULT_PAGES = 58
SOAP_LOGIN_GONE = 65


@dataclass(frozen=True, order=True)
class ApiVersion:
    """One API version, such as 59.0."""

    major: int

    @classmethod
    def parse(cls, text: str) -> ApiVersion:
        """Read ``v59.0`` or ``59.0``.

        Raises:
            SalesforceError: NOT_FOUND for a version that the org doesn't speak.
        """
        match = re.fullmatch(r"[vV]?(\d{2})\.0", text)
        if match is None or not _OLDEST <= int(match[1]) <= _NEWEST:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)
        return cls(int(match[1]))

    def require(self, since: int) -> None:
        """Raise NOT_FOUND when this version is older than ``since``."""
        if self.major < since:
            raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)

    @property
    def number(self) -> str:
        """The version as text, without the letter: ``59.0``."""
        return f"{self.major}.0"

    @property
    def url(self) -> str:
        """Where this version's resources live."""
        return f"/services/data/v{self.number}"

    @property
    def label(self) -> str:
        """The release's name: three releases a year, and v39.0 was Spring '17."""
        year, season = divmod(self.major - 39, 3)
        return f"{_SEASONS[season]} '{17 + year + (season == 2)}"  # noqa: PLR2004 - Winter is the next year's


ALL_VERSIONS = tuple(ApiVersion(major) for major in range(_OLDEST, _NEWEST + 1))
