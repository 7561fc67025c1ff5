"""What the org answers when it refuses: errors of a whole request and errors of one row."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RowError", "RowResult", "SalesforceError"]


class SalesforceError(Exception):
    """A request that the API answers with an error body.

    Attributes:
        code: Salesforce's error code, such as `MALFORMED_QUERY`.
        message: Salesforce's own wording.
        status: The HTTP status that goes with it.
        fields: The fields that the error is about.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, fields: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


@dataclass(frozen=True)
class RowError:
    """Why one row of a batch was not done."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowResult:
    """What became of one row: the record's 18 character id, or an error, or both."""

    id: str | None
    created: bool = False
    error: RowError | None = None

    @property
    def success(self) -> bool:
        """Whether the row was done."""
        return self.error is None
