"""People who add to Zuora's records, and who know what should be there afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.support import added as of_them
from tests.support.added import JOINED, SUBSCRIPTION
from tests.support.full_sync import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_zuora360_cleanup.emulator.org.org import Org

FORECAST: Final = "Renewal_Forecast__c"
HANGING: Final = of_them.HANGING
LINKS: Final = {**HANGING, FORECAST: "Subscription__c"}
FIELDS: Final = of_them.OWN
_SHAPE = json.loads(of_them.JOINED_SHAPE)
SHAPE: Final = json.dumps(
    {
        **_SHAPE,
        "rows": [
            *_SHAPE["rows"],
            {"object": "Topic", "values": {"Name": "early payer"}},
            {"object": "ContentDocument", "values": {"Title": "offer"}},
        ],
    }
)
_MORE: Final = {"ContentDocumentLink": {"ShareType": "V", "Visibility": "AllUsers"}}
_OTHERS: Final = {
    "EntitySubscription": "User",
    "TopicAssignment": "Topic",
    "ContentDocumentLink": "ContentDocument",
}
Doing = tuple[str, str, int, int]
"""What is done, to an object or field, and two places: of a row, of a record or value."""


@dataclass
class People:
    """What they have added to an org, as they know it.

    Attributes:
        expected: Object, row or external id, and field: the external id of the record to which it
            leads, None for another record, or the value.
        joined: Object, external id, and what it is joined to.
    """

    org: Org
    expected: dict[tuple[str, str, str], object]
    joined: set[tuple[str, str, str]]
    _dropped: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, org: Org) -> People:
        """Those of an org, who fill some fields first."""
        of_them.fill(org)
        return cls(org, _added(org), set(of_them.joined(org)))

    def do(self, doings: Iterable[Doing]) -> None:
        """Do it, as far as what it needs is there."""
        for what, name, at, to in doings:
            getattr(self, f"_{what}")(name, at, to)

    def differences(self) -> list[str]:
        """What is not as it should be."""
        now, joined = _added(self.org), set(of_them.joined(self.org))
        keys = {key for key in now.keys() | self.expected.keys()
                if now.get(key, "none") != self.expected.get(key, "none")}  # fmt: skip
        return [
            *(f"{key}: {now.get(key, 'none')} for {self.expected.get(key, 'none')}"
              for key in sorted(keys)),
            *(f"{each} is missing" for each in sorted(self.joined - joined)),
            *(f"{each} should not be" for each in sorted(joined - self.joined)),
        ]  # fmt: skip

    def take_back(self) -> None:
        """Leave what a watch over people's rows may see."""
        for id_ in self._dropped:
            self.org.undelete([id_])
        for name, lookup in LINKS.items():
            for row in self.org.all_rows(name):
                self._set(name, row["Id"], lookup, None)

    def _records(self) -> list[dict[str, Any]]:
        found = self.org.all_rows(SUBSCRIPTION)
        return sorted(found, key=lambda row: str(row["Zuora__External_Id__c"]))

    def _hanging(self, name: str) -> list[dict[str, Any]]:
        """Rows of an object that hang on subscriptions, or would have: theirs alone are changed."""
        there = {str(row["Id"]): row for row in self.org.all_rows(name)}
        own = {key[1] for key in self.expected if key[0] == name}
        return [there[each] for each in sorted(own & there.keys())]

    def _fill(self, name: str, at: int, to: int) -> None:
        value: object = {"Vip__c": True, "Story__c": f'so "far",\n{to}'}.get(name, f"Region {to}")
        if name == "Boss__c":
            bosses = self.org.all_rows("Contact")
            value = str(bosses[to % len(bosses)]["Id"])
        self._filled(name, at, value)

    def _blank(self, name: str, at: int, _: int) -> None:
        self._filled(name, at, False if name == "Vip__c" else None)

    def _filled(self, name: str, at: int, value: object) -> None:
        if records := self._records():
            record = records[at % len(records)]
            self._set(SUBSCRIPTION, record["Id"], name, value)
            key = (SUBSCRIPTION, str(record["Zuora__External_Id__c"]), name)
            self.expected.pop(key, None)
            if value not in (None, False):
                self.expected[key] = value

    def _move(self, name: str, at: int, to: int) -> None:
        """To another subscription; before the deletion of a row that hangs on one already."""
        rows = [row for row in self._hanging(name) if self._leads(row, LINKS[name])]
        if rows and (records := self._records()):
            row, record = rows[at % len(rows)], records[to % len(records)]
            self._set(name, row["Id"], LINKS[name], record["Id"])
            self.expected[name, str(row["Id"]), LINKS[name]] = self._key(record)

    def _leads(self, row: dict[str, Any], lookup: str) -> bool:
        return str(row[lookup]) in {str(each["Id"]) for each in self._records()}

    def _leave(self, name: str, at: int, _: int) -> None:
        """Hang it on a record that is not Zuora's."""
        if rows := self._hanging(name):
            row, account = rows[at % len(rows)], self.org.all_rows("Account")[0]
            self._set(name, row["Id"], LINKS[name], account["Id"])
            self.expected[name, str(row["Id"]), LINKS[name]] = None

    def _drop(self, name: str, at: int, _: int) -> None:
        if rows := self._hanging(name):
            id_ = str(rows[at % len(rows)]["Id"])
            (result,) = self.org.dml("delete", name, [{"Id": id_}])
            assert result.error is None, result.error
            self._dropped.append(id_)
            del self.expected[name, id_, LINKS[name]]

    def _hang(self, name: str, _: int, to: int) -> None:
        if records := self._records():
            record = records[to % len(records)]
            given = {LINKS[name]: record["Id"]}
            (result,) = self.org.dml("insert", name, [given])
            assert result.error is None, result.error
            self.expected[name, str(result.id), LINKS[name]] = self._key(record)

    def _join(self, name: str, at: int, to: int) -> None:
        if records := self._records():
            record, others = records[at % len(records)], self.org.all_rows(_OTHERS[name])
            parent, other = JOINED[name]
            joined_to = str(others[to % len(others)]["Id"])
            given = {parent: record["Id"], other: joined_to, **_MORE.get(name, {})}
            self.org.dml("insert", name, [given])
            self.joined.add((name, self._key(record), joined_to))

    def _part(self, name: str, at: int, _: int) -> None:
        keys = {str(each["Id"]): self._key(each) for each in self._records()}
        parent, other = JOINED[name]
        rows = [row for row in self.org.all_rows(name) if str(row[parent]) in keys]
        if rows:
            row = rows[at % len(rows)]
            self.org.dml("delete", name, [{"Id": row["Id"]}])
            self.joined.discard((name, keys[str(row[parent])], str(row[other])))

    def _key(self, record: dict[str, Any]) -> str:
        return key_of(self.org.schema.get(SUBSCRIPTION), record)

    def _set(self, name: str, id_: object, lookup: str, value: object) -> None:
        (result,) = self.org.dml("update", name, [{"Id": id_, lookup: value}])
        assert result.error is None, result.error


def _added(org: Org) -> dict[tuple[str, str, str], object]:
    """All that they have added but what is joined."""
    found: dict[tuple[str, str, str], object] = dict(of_them.added(org))
    sobject, lookup = org.schema.get(SUBSCRIPTION), LINKS[FORECAST]
    keys = {str(row["Id"]): key_of(sobject, row) for row in org.all_rows(SUBSCRIPTION)}
    for row in org.all_rows(FORECAST):
        found[FORECAST, str(row["Id"]), lookup] = keys.get(str(row[lookup]))
    return found
