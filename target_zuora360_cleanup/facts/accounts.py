"""Reads which billing accounts a cleanup is limited to, before anything else is asked.

A condition is Salesforce's to understand: it says which accounts meet it, and their ids are what
every later query names. So what is planned, approved and deleted hangs on the same accounts,
however the condition's own fields change meanwhile.
"""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from target_zuora360_cleanup.catalog.objects import BILLING_ACCOUNT, BY_NAME
from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.facts.counting import counted_by_job
from target_zuora360_cleanup.facts.counts import IDS_TOLD
from target_zuora360_cleanup.facts.known import Fact, Known
from target_zuora360_cleanup.facts.org_facts import Accounts
from target_zuora360_cleanup.salesforce.chosen import REST_SOQL, Chosen
from target_zuora360_cleanup.salesforce.errors import ApiError
from target_zuora360_cleanup.salesforce.rows import Selection, read_table, soql_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_zuora360_cleanup.salesforce.client import Salesforce
    from target_zuora360_cleanup.settings.declared import Settings

Named = tuple[str, str, str, str]
"""What named an account (blank: the condition), its Salesforce id, its number and its name; an id
that is blank: there is none."""

_NUMBER: Final = "Zuora__AccountNumber__c"
_ZUORA_IDS: Final = ("Zuora__Zuora_Id__c", *BY_NAME[BILLING_ACCOUNT].external_ids)
_HEADERS: Final = frozenset({
    "id", "accountid", "salesforceid", "zuoraid", "zuoraaccountid", "accountnumber", "number",
    "externalid", "account", "zuorazuoraidc", "zuoraaccountnumberc", "zuoraexternalidc",
})  # fmt: skip
"""First cells that are a header row, in small letters and without what is none."""
_TOGETHER: Final = 1_000
"""Entries of a file that are looked up together, some 200 in each query."""
_QUERY: Final = 200
_LONGEST: Final = 255
"""Characters that a field of text has at the most, so that a longer entry is no account's."""
_SHORT_ID, _LONG_ID = 15, 18


def choose_accounts(
    salesforce: Salesforce, settings: Settings, note: Callable[[Iterable[Named]], None]
) -> tuple[Salesforce, Accounts | None]:
    """The accounts that the settings name, and a client whose queries may name them.

    Args:
        salesforce: Where.
        settings: What the user set.
        note: Is told of each account, and of each entry of a file that names none.

    Returns:
        The client and None as they are where the settings name no accounts.

    Raises:
        InputError: The condition or the file can't be used, or the org has no billing accounts.
        ApiError, JobFailed, requests.RequestException: Salesforce does not tell.
    """
    if not (settings.only_accounts or settings.only_accounts_file):
        return salesforce, None
    describe = _described(salesforce)
    chosen = Chosen()
    if settings.only_accounts:
        found = _by_condition(salesforce, settings.only_accounts, describe, chosen, note)
    else:
        found = _Entries(salesforce, describe, chosen, note).read(settings.only_accounts_file or "")
    return salesforce.only(chosen), found


def _described(salesforce: Salesforce) -> Mapping[str, Any]:
    describe = salesforce.rest.describe_each([BILLING_ACCOUNT])[BILLING_ACCOUNT]
    if isinstance(describe, ApiError):
        if describe.status not in (403, 404):
            raise describe
        raise InputError(
            f"only_accounts: the org has no object {BILLING_ACCOUNT}, or does not show it to this "
            "user. Give the user Read on it."
        )
    return describe


def _fields(describe: Mapping[str, Any]) -> set[str]:
    return {each["name"] for each in describe["fields"]}


def _by_condition(
    salesforce: Salesforce,
    condition: str,
    describe: Mapping[str, Any],
    chosen: Chosen,
    note: Callable[[Iterable[Named]], None],
) -> Accounts:
    where = f"({condition})"
    rows = _checked(salesforce, where)
    columns = tuple(name for name in ("Id", _NUMBER, "Name") if name in _fields(describe))
    table = read_table(salesforce, Selection(BILLING_ACCOUNT, columns, where, rows))
    while block := list(islice(table, _TOGETHER)):
        found = [dict(zip(columns, row, strict=True)) for row in block]
        chosen.add(row["Id"] for row in found)
        note(("", row["Id"], row.get(_NUMBER, ""), row.get("Name", "")) for row in found)
    return Accounts("only_accounts", len(chosen), _all(salesforce), chosen.digest)


def _checked(salesforce: Salesforce, where: str) -> int:
    """How many accounts meet a condition.

    Raises:
        InputError: Salesforce does not understand it.
        ApiError, requests.RequestException: Salesforce does not tell.
    """
    soql = f"SELECT COUNT() FROM {BILLING_ACCOUNT} WHERE {where}"
    if len(soql) > REST_SOQL:
        raise InputError(
            f"only_accounts: the condition has more than {REST_SOQL:,} characters. Name the "
            "accounts in only_accounts_file."
        )
    try:
        return salesforce.rest.count(soql)
    except ApiError as exc:
        if exc.meaning.is_slow:
            counted = counted_by_job(salesforce, soql.replace("COUNT()", "Id"), exc)
            if isinstance(counted, Known):
                return counted.value
        if exc.status != 400:  # noqa: PLR2004 - HTTP's word for a query that is none
            raise
        words = " ".join(exc.message.split())
        raise InputError(
            f"only_accounts: Salesforce does not take the condition ({exc.code}: {words}). Write "
            f"it as after WHERE in a query of {BILLING_ACCOUNT}, such as Zuora__Batch__c = "
            "'Batch9'."
        ) from None


def _all(salesforce: Salesforce) -> Fact[int]:
    """All billing accounts that this user sees."""
    soql = f"SELECT COUNT(Id) n FROM {BILLING_ACCOUNT}"
    answer = salesforce.rest.query_each([soql])[0]
    if isinstance(answer, ApiError):
        return counted_by_job(salesforce, f"SELECT Id FROM {BILLING_ACCOUNT}", answer)
    return Known(int(answer[0]["n"]))


class _Entries:
    """Looks the entries of a file up, some at a time."""

    def __init__(
        self,
        salesforce: Salesforce,
        describe: Mapping[str, Any],
        chosen: Chosen,
        note: Callable[[Iterable[Named]], None],
    ) -> None:
        self._salesforce = salesforce
        self._prefix = describe.get("keyPrefix") or ""
        fields = _fields(describe)
        self._columns = ["Id", *(n for n in (_NUMBER, *_ZUORA_IDS, "Name") if n in fields)]
        self._keys = [each for each in self._columns if each not in ("Id", "Name")]
        self._unseen = [each for each in (_NUMBER, *_ZUORA_IDS) if each not in fields]
        self._chosen = chosen
        self._note = note
        self._missing, self._doubtful = 0, 0
        self._first: dict[str, list[str]] = {"missing": [], "doubtful": []}

    def read(self, path: str) -> Accounts:
        entries, read = _entries(path), 0
        while some := list(dict.fromkeys(islice(entries, _TOGETHER))):
            read += len(some)
            self._look_up(some)
        if not read:
            raise InputError(f"only_accounts_file: '{path}' names no account.")
        return Accounts(
            "only_accounts_file",
            len(self._chosen),
            _all(self._salesforce),
            self._chosen.digest,
            self._missing,
            tuple(self._first["missing"]),
            self._doubtful,
            tuple(self._first["doubtful"]),
        )

    def _look_up(self, entries: Sequence[str]) -> None:
        found: dict[str, dict[str, Mapping[str, Any]]] = {each: {} for each in entries}
        for row in self._rows(entries):
            for value in (row["Id"], row["Id"][:_SHORT_ID], *(row[key] for key in self._keys)):
                if value in found:
                    found[value][row["Id"]] = row
        self._count(found)
        self._chosen.add(row_id for rows in found.values() if len(rows) == 1 for row_id in rows)
        self._note(named for entry, rows in found.items() for named in _named(entry, rows))

    def _count(self, found: Mapping[str, Mapping[str, object]]) -> None:
        times = Counter({each: len(rows) for each, rows in found.items()})
        missing = [each for each in found if not times[each]]
        self._refuse_unseen([each for each in missing if not self._is_id(each)])
        doubtful = [each for each in found if times[each] > 1]
        self._missing += len(missing)
        self._doubtful += len(doubtful)
        for name, more in (("missing", missing), ("doubtful", doubtful)):
            self._first[name] += more[: IDS_TOLD - len(self._first[name])]

    def _refuse_unseen(self, missing: Sequence[str]) -> None:
        """Let no entry count as no account's that one may have in a field which nobody sees.

        Raises:
            InputError: There are such entries.
        """
        if missing and self._unseen:
            fields = ", ".join(self._unseen)
            raise InputError(
                f"only_accounts_file: whether '{missing[0][:100]}' is a billing account's can't be "
                f"told, since the user does not see {fields}. Give the user Read on it, or name "
                "the accounts by their Salesforce ids."
            )

    def _rows(self, entries: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """The accounts that these may name: SOQL does not tell small letters from capitals."""
        queries = [
            f"SELECT {', '.join(self._columns)} FROM {BILLING_ACCOUNT} WHERE {where}"
            for part in _parts([each for each in entries if len(each) <= _LONGEST])
            for where in self._conditions(part)
        ]
        for answer in self._salesforce.rest.query_each(queries):
            if isinstance(answer, ApiError):
                raise answer
            yield from answer

    def _conditions(self, entries: Sequence[str]) -> Iterator[str]:
        """One for each field, since an index serves one alone."""
        ids = [each for each in entries if self._is_id(each)]
        others = [each for each in entries if not self._is_id(each)]
        for field, values in (("Id", ids), *((key, others) for key in self._keys)):
            if values:
                yield f"{field} IN ({', '.join(map(soql_text, values))})"

    def _is_id(self, entry: str) -> bool:
        is_long_enough = len(entry) in (_SHORT_ID, _LONG_ID) and entry.isalnum()
        return is_long_enough and bool(self._prefix) and entry.startswith(self._prefix)


def _parts(entries: Iterable[str]) -> Iterator[list[str]]:
    """Entries for one query each, which a URL has to hold when they are escaped."""
    part, room = list[str](), REST_SOQL
    for each in entries:
        size = len(quote(f"{soql_text(each)}, "))
        if part and (size > room or len(part) == _QUERY):
            yield part
            part, room = [], REST_SOQL
        part.append(each)
        room -= size
    if part:
        yield part


def _named(entry: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Named]:
    if len(rows) != 1:
        yield entry, "", "", ""
    for row_id, row in rows.items() if len(rows) == 1 else ():
        yield entry, row_id, str(row.get(_NUMBER) or ""), str(row.get("Name") or "")


def _entries(path: str) -> Iterator[str]:
    """The first cell of each row that has one, a header row left out.

    Raises:
        InputError: The file can't be read.
    """
    try:
        with Path(path).expanduser().open(encoding="utf-8-sig", newline="") as file:
            for at, row in enumerate(csv.reader(file, strict=True)):
                cell = row[0].strip() if row else ""
                if cell and not (at == 0 and _is_header(cell)):
                    yield cell
    except (OSError, RuntimeError) as exc:
        why = str(getattr(exc, "strerror", None) or exc).rstrip(".")
        raise InputError(f"only_accounts_file: can't read '{path}': {why}.") from None
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(
            f"only_accounts_file: '{path}' is no CSV in UTF-8 ({exc}). Give one account a line: a "
            "Salesforce id, a Zuora id or an account number."
        ) from None


def _is_header(cell: str) -> bool:
    return "".join(filter(str.isalnum, cell)).lower() in _HEADERS
