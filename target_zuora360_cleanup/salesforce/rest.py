"""One org over REST: queries, describes, deletions of a few rows."""

from __future__ import annotations

import copy
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote

from requests import RequestException

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce import shapes
from target_zuora360_cleanup.salesforce.asking import ask, ask_until_read
from target_zuora360_cleanup.salesforce.chosen import REST_SOQL, Chosen, joined, parts_of, together
from target_zuora360_cleanup.salesforce.composite import Composite
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired
from target_zuora360_cleanup.salesforce.meaning import UNKNOWN_VERSION
from target_zuora360_cleanup.salesforce.session import IDENTITY
from target_zuora360_cleanup.salesforce.whole import ShortResult, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from requests import Response

    from target_zuora360_cleanup.salesforce.session import OrgSession
    from target_zuora360_cleanup.salesforce.shapes import Shape

T = TypeVar("T")
_BLOCK_BYTES: Final = 1 << 16
COMPOSITE: Final = 25
"""Requests that one composite request may hold."""
COMPOSITE_QUERIES: Final = 5
"""Of these, how many may be queries."""
COLLECTION: Final = 200
"""Records that one sObject Collections request may hold."""


class Rest:
    """The REST API of an org that is logged in to.

    Attributes:
        session: The HTTP session, which counts calls.
        url: Scheme and host.
        data_url: URL of the data resources of one API version, without a trailing slash.
        chosen: The billing accounts that queries may name; None where they name none.
    """

    def __init__(self, session: OrgSession, url: str, api_version: str) -> None:
        self.session = session
        self.chosen: Chosen | None = None
        self.url = url
        self.data_url = f"{self.url}/services/data/v{api_version}"
        self._version = api_version
        self._user: tuple[str, str] | None = None
        self._composite = Composite(session, self.data_url)

    def only(self, chosen: Chosen) -> Rest:
        """The same, for queries that name these billing accounts."""
        limited = copy.copy(self)
        limited.chosen = chosen
        return limited

    def user_id(self) -> str:
        """The id of the user who is logged in, 18 characters."""
        return self.user()[0]

    def user(self) -> tuple[str, str]:
        """Id (18 characters) and name of the user who is logged in; the name may be blank.

        A token that may not ask who it belongs to is told so by 403; then the list of resources
        names the user.
        """
        if self._user is None:
            try:
                info = ask(self.session, "GET", f"{self.url}{IDENTITY}userinfo", shapes.USER)
                self._user = _long_id(info["user_id"]), str(info.get("preferred_username") or "")
            except SessionExpired:
                raise
            except ApiError:
                identity = self._get("", shapes.RESOURCES)["identity"]
                self._user = _long_id(identity.rstrip("/").rpartition("/")[2]), ""
        return self._user

    def query(self, soql: str, *, all_rows: bool = False) -> list[dict[str, Any]]:
        """All rows of a query that has few, deleted and archived ones if wanted.

        Raises:
            ShortResult: Fewer came than there are.
        """
        resource = "queryAll" if all_rows else "query"
        rows: list[dict[str, Any]] = []
        for part in self._parts(soql):
            answer = self._get(f"/{resource}/", shapes.rows_of(part), q=part)
            rows = together(soql, rows, self._all(answer, answer["totalSize"]))
        return rows

    def tooling_query(self, soql: str) -> list[dict[str, Any]]:
        """All rows of a Tooling API query that has few; raises as `query`."""
        answer = self._get("/tooling/query", shapes.ROWS, q=soql)
        return self._all(answer, answer["totalSize"])

    def count(self, soql: str) -> int:
        """The number of rows, of a `SELECT COUNT() FROM …`."""
        parts = self._parts(soql)
        return sum(int(self._get("/query/", shapes.COUNT, q=each)["totalSize"]) for each in parts)

    def _parts(self, soql: str) -> Iterator[str]:
        return parts_of(soql, self.chosen, REST_SOQL)

    def object_names(self) -> dict[str, dict[str, Any]]:
        """The global describe, by API name, as far as this user may see."""
        shown = self._get("/sobjects", shapes.OBJECTS)["sobjects"]
        return {each["name"]: each for each in shown}

    def limits(self) -> dict[str, Any]:
        """The org's allowances."""
        return dict(self._get("/limits", shapes.OBJECT))

    def record_counts(self) -> dict[str, int]:
        """Rows by object as last counted by Salesforce: not exact, but for all users' rows."""
        counts = self._get("/limits/recordCount", shapes.RECORD_COUNTS)["sObjects"]
        return {each["name"]: each["count"] for each in counts}

    def describe_all(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The describe of each object, by API name."""
        paths = [f"sobjects/{name}/describe" for name in names]
        return dict(zip(names, self._composite.get(paths, COMPOSITE, _describe), strict=True))

    def describe_each(self, names: Sequence[str]) -> dict[str, dict[str, Any] | ApiError]:
        """The describe of each object, or why there is none, by API name."""
        paths = [f"sobjects/{name}/describe" for name in names]
        return dict(
            zip(names, self._composite.get(paths, COMPOSITE, _describe, lenient=True), strict=True)
        )

    def query_each(
        self, queries: Sequence[str], *, all_rows: Collection[str] = ()
    ) -> list[list[dict[str, Any]] | ApiError]:
        """All rows of each query that has few, or why it failed.

        Args:
            queries: SOQL.
            all_rows: Those that deleted and archived rows are asked for too.
        """
        answers: list[list[dict[str, Any]] | ApiError] = [[] for _ in queries]
        for parts in zip_longest(*map(self._parts, queries)):
            asked = [at for at, part in enumerate(parts) if part is not None]
            paths = [_query_path(parts[at], every=queries[at] in all_rows) for at in asked]
            found = self._composite.get(paths, COMPOSITE_QUERIES, _either, lenient=True)
            for at, answer in zip(asked, found, strict=True):
                answers[at] = joined(queries[at], answers[at], self._rows(answer))
        return answers

    def look_at(
        self, name: str, queries: Sequence[str], *, all_rows: Collection[str] = ()
    ) -> tuple[dict[str, Any] | ApiError, list[list[dict[str, Any]] | ApiError]]:
        """The describe of an object, and answers as of `query_each`, the first ones with it.

        Args:
            name: API name.
            queries: SOQL.
            all_rows: Those that deleted and archived rows are asked for too.
        """
        # (a query that stands for many goes with the others)
        first = 0 if self.chosen else COMPOSITE_QUERIES
        paths = [_query_path(each, every=each in all_rows) for each in queries[:first]]
        described = f"sobjects/{name}/describe"
        describe, *answers = self._composite.get(
            [described, *paths], COMPOSITE, _either, lenient=True
        )
        others = self.query_each(queries[first:], all_rows=all_rows)
        return describe, [*map(self._rows, answers), *others]

    def _rows(self, answer: dict[str, Any] | ApiError) -> list[dict[str, Any]] | ApiError:
        """The rows of a part of a composite answer, or why it has none that count."""
        if isinstance(answer, ApiError):
            return answer
        try:
            return self._all(answer, answer["totalSize"])
        except ShortResult as exc:
            return exc

    def _all(self, answer: dict[str, Any], told: int) -> list[dict[str, Any]]:
        """The rows of an answer, and of those that follow it; at least so many as are told."""
        rows = list(answer["records"])
        while not answer["done"]:
            following = f"{self.url}{answer['nextRecordsUrl']}"
            answer = ask(self.session, "GET", following, shapes.ROWS)
            rows += answer["records"]
        compare("the answer to a query", len(rows), told)
        return rows

    def _get(self, path: str, shape: Shape, **params: str) -> Any:  # noqa: ANN401 - Salesforce's JSON
        """What a resource of the API version answers.

        Raises:
            InputError: The org does not know the API version.
            ApiError, requests.RequestException: As `ask`.
        """
        try:
            return ask(self.session, "GET", f"{self.data_url}{path}", shape, params=params)
        except ApiError as exc:
            self._refuse_unknown_version(exc)
            raise

    def _refuse_unknown_version(self, exc: ApiError) -> None:
        """Where nothing is found, the API version may be what is not there.

        Raises:
            InputError: It is not among those that the org lists.
        """
        if exc.status not in (404, 410) and exc.code != UNKNOWN_VERSION:
            return
        try:
            listed = ask(self.session, "GET", f"{self.url}/services/data", shapes.VERSIONS)
        except (ApiError, RequestException):
            return
        known = sorted((each["version"] for each in listed), key=_as_number)
        if self._version not in known:
            raise InputError(
                f"{self.url} does not know API version {self._version}: it has {known[0]} to "
                f"{known[-1]}. Set api_version to one of them."
            )

    def body(self, name: str, row_id: str, take: Callable[[Iterator[bytes]], T]) -> T:
        """What is made of the body of a row, such as an attachment's, block by block.

        Args:
            name: API name of the object.
            row_id: The row's.
            take: Is given the body; again from its beginning where it came cut off.

        Raises:
            ApiError, requests.RequestException: As `ask`; status 404 where there is no such row.
        """
        url = f"{self.data_url}/sobjects/{name}/{row_id}/Body"

        def read(response: Response) -> T:
            return take(response.iter_content(_BLOCK_BYTES))

        return ask_until_read(self.session, "GET", url, read, repeatable=True, stream=True)

    def insert_collection(
        self, name: str, rows: Sequence[Mapping[str, str]]
    ) -> list[ApiError | None]:
        """Insert up to 200 rows of an object; for each, in their order, nothing or why it failed.

        Where no answer comes, only a look at the rows tells what became of them.
        """
        records = [{"attributes": {"type": name}, **row} for row in rows]
        url = f"{self.data_url}/composite/sobjects"
        body = {"allOrNone": False, "records": records}
        answers = ask(self.session, "POST", url, shapes.answers(len(rows)), json=body)
        return [None if each["success"] else _row_error(each.get("errors")) for each in answers]

    def delete_collection(self, ids: Sequence[str]) -> list[ApiError | None]:
        """Delete up to 200 records; for each, in their order, nothing or why it failed."""
        params = {"ids": ",".join(ids), "allOrNone": "false"}
        url = f"{self.data_url}/composite/sobjects"
        rows = ask(self.session, "DELETE", url, shapes.answers(len(ids)), params=params)
        return [None if row["success"] else _row_error(row.get("errors")) for row in rows]


def _describe(_: str) -> Shape:
    return shapes.DESCRIBE


def _either(path: str) -> Shape:
    kind, _, soql = path.partition("?q=")
    return shapes.rows_of(unquote(soql)) if kind.startswith("query") else shapes.DESCRIBE


def _long_id(text: str) -> str:
    """An id with 18 characters; the last three tell which of the others are capitals.

    ("Field Types", ID Field Type, of the Object Reference: five characters a letter or digit.)
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (text[0:5], text[5:10], text[10:15])
    marks = (sum(1 << at for at, each in enumerate(part) if each.isupper()) for part in parts)
    return text + "".join(letters[mark] for mark in marks) if len(text) == 15 else text  # noqa: PLR2004


def _as_number(version: str) -> float:
    try:
        return float(version)
    except ValueError:
        return 0.0


def _query_path(soql: str, *, every: bool) -> str:
    return f"{'queryAll' if every else 'query'}?q={quote(soql)}"


def _row_error(errors: Any) -> ApiError:  # noqa: ANN401 - Salesforce's JSON
    first = errors[0] if isinstance(errors, list) and errors else {}
    told = first if isinstance(first, dict) else {}
    return ApiError(200, str(told.get("statusCode") or "UNKNOWN"), str(told.get("message") or ""))
