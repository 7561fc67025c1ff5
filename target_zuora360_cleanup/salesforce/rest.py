"""One org over REST: logging in, queries, describes, deletions of a few rows.

The calls are simple-salesforce's, on our session; composite requests save calls, since a series of
up to 25 counts as one (Composite resource, REST API guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.errors import InputError
from target_zuora360_cleanup.salesforce.credentials import read_credentials
from target_zuora360_cleanup.salesforce.errors import ApiError, unreachable
from target_zuora360_cleanup.salesforce.session import OrgSession, refusal
from target_zuora360_cleanup.salesforce.whole import ShortResult, compare

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.salesforce.credentials import Credentials
    from target_zuora360_cleanup.salesforce.waits import Waits
    from target_zuora360_cleanup.settings.declared import Settings

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
    """

    def __init__(self, session: OrgSession, url: str, api_version: str) -> None:
        from simple_salesforce import api  # about a second

        self.session = session
        self.url = url
        self.data_url = f"{self.url}/services/data/v{api_version}"
        self._sf = api.Salesforce(
            # (the session puts the real token on each request)
            session_id="-",
            instance_url=self.url,
            session=session,
            version=api_version,
        )
        # Composite requests hold nothing but GETs; a record can't be deleted a second time.
        session.repeat_all(f"{self.data_url}/composite")

    def user_id(self) -> str:
        """The id of the user who is logged in, 18 characters."""
        return self.user()[0]

    def user(self) -> tuple[str, str]:
        """Id (18 characters) and name of the user who is logged in."""
        info = self.session.get(f"{self.url}/services/oauth2/userinfo").json()
        return str(info["user_id"]), str(info.get("preferred_username") or "")

    def query(self, soql: str, *, all_rows: bool = False) -> list[dict[str, Any]]:
        """All rows of a query that has few, deleted and archived ones if wanted.

        Raises:
            ShortResult: Fewer came than there are.
        """
        answer = self._sf.query(soql, include_deleted=all_rows)
        return self._all(answer, answer["totalSize"])

    def tooling_query(self, soql: str) -> list[dict[str, Any]]:
        """All rows of a Tooling API query that has few."""
        return self._all(self._sf.toolingexecute("query", params={"q": soql}))

    def count(self, soql: str) -> int:
        """The number of rows, of a `SELECT COUNT() FROM …`."""
        return int(self._sf.query(soql)["totalSize"])

    def object_names(self) -> dict[str, dict[str, Any]]:
        """The global describe, by API name, as far as this user may see."""
        return {each["name"]: each for each in self._json("sobjects")["sobjects"]}

    def limits(self) -> dict[str, Any]:
        """The org's allowances."""
        return dict(self._json("limits"))

    def record_counts(self) -> dict[str, int]:
        """Rows by object as last counted by Salesforce: not exact, but for all users' rows."""
        return {
            each["name"]: each["count"] for each in self._json("limits/recordCount")["sObjects"]
        }

    def describe_all(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The describe of each object, by API name."""
        paths = [f"sobjects/{name}/describe" for name in names]
        return dict(zip(names, self._composite(paths, COMPOSITE), strict=True))

    def describe_each(self, names: Sequence[str]) -> dict[str, dict[str, Any] | ApiError]:
        """The describe of each object, or why there is none, by API name."""
        paths = [f"sobjects/{name}/describe" for name in names]
        return dict(zip(names, self._composite(paths, COMPOSITE, lenient=True), strict=True))

    def query_each(
        self, queries: Sequence[str], *, all_rows: Collection[str] = ()
    ) -> list[list[dict[str, Any]] | ApiError]:
        """All rows of each query that has few, or why it failed.

        Args:
            queries: SOQL.
            all_rows: Those that deleted and archived rows are asked for too.
        """
        answers = self._composite(_query_paths(queries, all_rows), COMPOSITE_QUERIES, lenient=True)
        return [self._rows(each) for each in answers]

    def look_at(
        self, name: str, queries: Sequence[str], *, all_rows: Collection[str] = ()
    ) -> tuple[dict[str, Any] | ApiError, list[list[dict[str, Any]] | ApiError]]:
        """The describe of an object, and answers as of `query_each`, the first ones with it.

        Args:
            name: API name.
            queries: SOQL.
            all_rows: Those that deleted and archived rows are asked for too.
        """
        paths = _query_paths(queries[:COMPOSITE_QUERIES], all_rows)
        described = f"sobjects/{name}/describe"
        describe, *answers = self._composite([described, *paths], COMPOSITE, lenient=True)
        others = self.query_each(queries[COMPOSITE_QUERIES:], all_rows=all_rows)
        return describe, [*map(self._rows, answers), *others]

    def _rows(self, answer: dict[str, Any] | ApiError) -> list[dict[str, Any]] | ApiError:
        """The rows of a part of a composite answer, or why it has none that count."""
        if isinstance(answer, ApiError):
            return answer
        try:
            return self._all(answer, answer["totalSize"])
        except ShortResult as exc:
            return exc

    def _all(self, answer: dict[str, Any], told: int = 0) -> list[dict[str, Any]]:
        """The rows of an answer, and of those that follow it; at least so many as are told."""
        rows = list(answer["records"])
        while not answer["done"]:
            answer = self._sf.query_more(answer["nextRecordsUrl"], identifier_is_url=True)
            rows += answer["records"]
        compare("the answer to a query", len(rows), told)
        return rows

    def _json(self, path: str, **kwargs: Any) -> Any:  # noqa: ANN401 - Salesforce's JSON
        answer = self._sf.restful(path, **kwargs)
        return {} if answer is None else answer

    def _composite(
        self, paths: Sequence[str], size: int, *, lenient: bool = False
    ) -> Iterator[Any]:
        prefix = self.data_url.removeprefix(self.url)
        for batch in _slices(paths, size):
            requests = [
                {"method": "GET", "url": f"{prefix}/{path}", "referenceId": f"r{index}"}
                for index, path in enumerate(batch)
            ]
            body = {"allOrNone": False, "compositeRequest": requests}
            answer = self._json("composite", method="POST", json=body)
            for part in answer["compositeResponse"]:
                yield _part(part, lenient=lenient)

    def delete_collection(self, ids: Sequence[str]) -> list[ApiError | None]:
        """Delete up to 200 records; for each, in their order, nothing or why it failed."""
        params = {"ids": ",".join(ids), "allOrNone": "false"}
        rows = self._json("composite/sobjects", method="DELETE", params=params)
        return [None if row["success"] else _row_error(row["errors"]) for row in rows]


def _query_paths(queries: Iterable[str], all_rows: Collection[str]) -> list[str]:
    from urllib.parse import quote

    return [f"{'queryAll' if soql in all_rows else 'query'}?q={quote(soql)}" for soql in queries]


def _slices(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _part(part: dict[str, Any], *, lenient: bool) -> Any:  # noqa: ANN401 - Salesforce's JSON
    status, body = part["httpStatusCode"], part["body"]
    if status < 300:  # noqa: PLR2004 - as HTTP counts
        return body
    error = ApiError(status, body[0].get("errorCode", ""), body[0].get("message", ""))
    if lenient:
        return error
    raise error


def _row_error(errors: list[dict[str, Any]]) -> ApiError:
    first = errors[0] if errors else {}
    return ApiError(200, first.get("statusCode", "UNKNOWN"), first.get("message", ""))


def log_in(settings: Settings, waits: Waits) -> Rest:
    """Log in to the org that the settings name.

    Raises:
        InputError: The credentials are incomplete or refused, or Salesforce can't be reached.
    """
    credentials = read_credentials(settings)
    session = OrgSession(credentials, waits)
    return Rest(session, _login(session, credentials), settings.api_version)


def _login(session: OrgSession, credentials: Credentials) -> str:
    from requests import RequestException
    from simple_salesforce.exceptions import SalesforceAuthenticationFailed

    try:
        return session.connect().instance_url
    except SalesforceAuthenticationFailed as exc:
        raise InputError(
            f"Salesforce refused the login ({credentials.name}): {refusal(exc)}. "
            "Check the credentials and the domain."
        ) from None
    except RequestException as exc:
        raise InputError(unreachable(exc)) from None
