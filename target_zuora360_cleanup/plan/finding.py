"""One thing to weigh before a cleanup, and the codes under which such things are told."""

from __future__ import annotations

from collections.abc import Iterable  # noqa: TC003 - part of the public shape
from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocks", "warns", "tells"]


@dataclass(frozen=True)
class Finding:
    """One thing to weigh; `Code.found` makes it.

    Attributes:
        code: Stable name for programs.
        severity: `blocks` refuses a cleanup.
        message: What was found, in words.
        remedy: What to do about it.
        objects: API names concerned, with the number of rows.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    objects: tuple[tuple[str, int], ...] = ()

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
    ) -> Finding:
        """A finding of this code.

        Raises:
            ValueError: It is declared with other severities.
        """
        severity = severity or self.severity
        if severity not in self.severities:
            raise ValueError(f"{self.name} is not declared as one that {severity}")
        return Finding(self.name, severity, message, remedy, objects)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same, those that block first."""
    rank = {"blocks": 0, "warns": 1, "tells": 2}
    return tuple(sorted(findings, key=lambda each: rank[each.severity]))
