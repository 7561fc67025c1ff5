"""Texts in the user's language: Salesforce keeps its codes in English and translates the rest.

The sentences are no quotations; they only have no English word in them. Ids, API names and
codes in the original stand behind them, as they stand in Salesforce's own.
"""

from __future__ import annotations

import re
from typing import Final

from typing_extensions import override

from target_zuora360_cleanup.emulator.faults.kind import Form, Kind

__all__ = ["Language"]

_FORM: Final[Form] = {
    "enum": ["de", "ja"],
    "description": "The language of the texts of errors; codes stay as they are.",
}
_KEPT: Final = re.compile(
    r"\b(?:[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?|\w+__\w+|[A-Z]+(?:_[A-Z]+)+)\b", re.ASCII
)
_OTHER: Final = {"de": "Ein Fehler ist aufgetreten", "ja": "エラーが発生しました"}
_TEXTS: Final = {
    "de": {
        "UNABLE_TO_LOCK_ROW": "Kein exklusiver Zugriff auf diesen Datensatz",
        "ENTITY_IS_DELETED": "Der Datensatz ist gelöscht",
        "DELETE_FAILED": "Löschen nicht möglich, da andere Datensätze verknüpft sind",
        "INVALID_CROSS_REFERENCE_KEY": "Ungültige Querverweis-ID",
        "INVALID_FIELD": "Ungültiges Feld, oder der Fremdschlüssel wurde nicht gefunden",
        "REQUIRED_FIELD_MISSING": "Erforderliche Felder fehlen",
        "DUPLICATE_VALUE": "Doppelter Wert",
        "INVALID_SESSION_ID": "Sitzung abgelaufen oder ungültig",
        "REQUEST_LIMIT_EXCEEDED": "Grenzwert für Anforderungen überschritten",
        "QUERY_TIMEOUT": "Ihre Abfrage lief zu lange",
    },
    "ja": {
        "UNABLE_TO_LOCK_ROW": "このレコードに排他的にアクセスできません",
        "ENTITY_IS_DELETED": "エンティティが削除されています",
        "DELETE_FAILED": "関連するレコードがあるため、削除できません",
        "INVALID_CROSS_REFERENCE_KEY": "クロス参照 ID が無効です",
        "INVALID_FIELD": "項目が無効であるか、外部キーが見つかりません",
        "REQUIRED_FIELD_MISSING": "必須項目がありません",
        "DUPLICATE_VALUE": "重複した値が見つかりました",
        "INVALID_SESSION_ID": "セッションの期限が切れているか、無効です",
        "REQUEST_LIMIT_EXCEEDED": "要求数の制限を超えました",
        "QUERY_TIMEOUT": "クエリの実行時間が長すぎます",
    },
}


class Language(Kind):
    """Another language."""

    NAME = "language"
    FORM = _FORM

    @override
    def on_message(self, code: str, message: str) -> str | None:
        text = _TEXTS[self._given].get(code, _OTHER[self._given])
        kept = ", ".join(dict.fromkeys(_KEPT.findall(message)))
        return f"{text}: {kept}" if kept else text
