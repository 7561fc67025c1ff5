"""What the store of links has its database do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.rows.errors import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA: Final = """
CREATE TABLE link (
    lookup INTEGER, record TEXT, external_id TEXT, wanted TEXT, lost INTEGER,
    seen INTEGER DEFAULT 0, value TEXT DEFAULT '', value_key TEXT DEFAULT '',
    tried INTEGER DEFAULT 0, code TEXT DEFAULT '', message TEXT DEFAULT '',
    verdict TEXT DEFAULT '', misses INTEGER DEFAULT 0, result TEXT DEFAULT '',
    PRIMARY KEY (lookup, record)
) WITHOUT ROWID;
CREATE INDEX by_parent ON link (lookup, wanted);
CREATE TABLE parent (family INTEGER, wanted TEXT, id TEXT, PRIMARY KEY (family, wanted, id))
WITHOUT ROWID;
"""
COMPARE: Final = """
UPDATE link SET result = CASE
    WHEN NOT seen THEN 'record_gone'
    WHEN value_key != '' AND value_key = wanted THEN 'restored'
    WHEN value != '' THEN
        CASE WHEN (lost AND value = external_id)
        OR EXISTS (
            SELECT 1 FROM parent WHERE family = :family AND parent.wanted = link.wanted
            AND id = value
        ) THEN 'restored' ELSE 'already_set' END
    WHEN lost THEN 'parent_not_back'
    WHEN :is_value THEN 'blank'
    ELSE CASE (
        SELECT COUNT(*) FROM parent WHERE family = :family AND parent.wanted = link.wanted
    ) WHEN 0 THEN 'parent_not_back' WHEN 1 THEN 'blank' ELSE 'failed' END
END
WHERE lookup = :lookup AND result IN ('', 'blank')
"""
TWICE: Final = """
UPDATE link SET code = 'DUPLICATE_EXTERNAL_ID', message = 'several records have this external id'
WHERE lookup = ? AND result = 'failed' AND code = ''
"""
RULE: Final = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
"""The code of a record that breaks a rule of the org, which may want another field filled first."""
JUDGE: Final = f"""
UPDATE link SET result = CASE WHEN misses THEN 'parent_not_back' ELSE 'failed' END
WHERE lookup = :lookup AND result = 'blank'
AND (:final OR (code != '' AND verdict NOT IN
    ('{Verdict.TRY_AGAIN.name}', '{Verdict.GONE.name}')
    AND NOT (:has_others AND code = '{RULE}')))
"""
"""What is blank was seen after the attempt: a record that is called deleted is not gone."""
JUDGE_JOINED: Final = f"""
UPDATE link SET result = CASE
    WHEN verdict IN ('{Verdict.GONE.name}', '{Verdict.LOOK.name}')
    OR code = 'INACTIVE_OWNER_OR_USER' THEN 'record_gone'
    ELSE 'failed' END
WHERE lookup = :lookup AND result = 'blank'
AND (:final OR (code != '' AND verdict != '{Verdict.TRY_AGAIN.name}'))
"""
UNANSWERED: Final = """
UPDATE link SET code = 'STILL_BLANK', message = :why
WHERE lookup = :lookup AND result = 'blank' AND code = ''
"""


def among(numbers: Sequence[int]) -> str:
    """The condition of links of these numbers."""
    return f"lookup IN ({', '.join(map(str, numbers))})"


def still_open(numbers: Sequence[int]) -> str:
    """The condition of those of which nothing final is known."""
    return f"{among(numbers)} AND result IN ('', 'blank')"
