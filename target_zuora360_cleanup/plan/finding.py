"""One thing to weigh before a cleanup, and the codes under which such things are told."""

from __future__ import annotations

from collections.abc import Iterable  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from target_zuora360_cleanup.reach import Path

Severity = Literal["blocks", "warns", "tells"]
_SEVERITIES: Final = get_args(Severity)


@dataclass(frozen=True)
class After:
    """How a finding is told once its plan was carried out, wholly or in part.

    Attributes:
        message: What happened, with `{}` where the count stands; blank where other parts tell it.
        remedy: What to do about it then.
        rows: What is counted: what one of them is called, and several.
        ways: Rows of these ways are: those that went along, were detached, or lost their lookup;
            with how many it concerned when it was planned.
        types: API names of object types, of which the deleted records are told by name; where none
            of them was deleted nothing is told.
        is_most: Whether the planned numbers are the most that there could be.
    """

    message: str
    remedy: str
    rows: tuple[str, str] = ("row", "rows")
    ways: tuple[tuple[Path, int], ...] = ()
    types: tuple[str, ...] = ()
    is_most: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing to weigh; `Code.found` makes it.

    Attributes:
        code: Stable name for programs.
        severity: `blocks` refuses a cleanup.
        message: What was found, in words.
        remedy: What to do about it.
        objects: API names concerned, with the number of rows; None where it is not known.
        after: How it is told after a cleanup, where it says what a cleanup does; None where it says
            what was there before.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    objects: tuple[tuple[str, int | None], ...] = ()
    after: After | None = None

    @property
    def words(self) -> str:
        """What was found and what to do, in one line."""
        return f"{self.message} {self.remedy}"


@dataclass(frozen=True)
class Code:
    """What a finding may be about: declared once, for the checks, the pages and the tests.

    Attributes:
        name: Stable name for programs.
        severity: What it does, unless a setting has it otherwise.
        meaning: What it says, in words that stand for every case of it.
        remedy: What to do about it, in the same way.
        setting: The setting that has the severity otherwise, blank where none does.
        otherwise: The severities that this setting may give it.
    """

    name: str
    severity: Severity
    meaning: str
    remedy: str
    setting: str = ""
    otherwise: tuple[Severity, ...] = ()

    @property
    def effect(self) -> str:
        """What it does to a cleanup, in words."""
        by = f"; {' or '.join(self.otherwise)} by `{self.setting}`" if self.otherwise else ""
        return f"{self.severity}{by}"

    @property
    def severities(self) -> tuple[Severity, ...]:
        """All that it may have, the usual one first."""
        return (self.severity, *self.otherwise)

    def found(
        self,
        message: str,
        remedy: str,
        objects: tuple[tuple[str, int], ...] = (),
        severity: Severity | None = None,
        after: After | None = None,
    ) -> Finding:
        """A finding of this code.

        Raises:
            ValueError: It is declared with other severities.
        """
        severity = severity or self.severity
        if severity not in self.severities:
            raise ValueError(f"{self.name} is not declared as one that {severity}")
        return Finding(self.name, severity, message, remedy, objects, after)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same, those that block first."""
    return tuple(sorted(findings, key=lambda each: rank(each.severity)))


def rank(severity: Severity) -> int:
    """Its place among the others: what blocks comes first."""
    return _SEVERITIES.index(severity)
