"""Many GETs in one call, and in smaller pieces where they are too much together.

A series of up to 25 counts as one call (Composite resource, REST API guide). Where its parts are
too slow together it is asked for by halves; a part that is refused because of the others, or for
the moment, is asked for by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from requests import ReadTimeout

from target_zuora360_cleanup.salesforce import shapes
from target_zuora360_cleanup.salesforce.asking import ask
from target_zuora360_cleanup.salesforce.errors import ApiError, SessionExpired
from target_zuora360_cleanup.salesforce.meaning import TOO_SLOW, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_zuora360_cleanup.salesforce.session import OrgSession
    from target_zuora360_cleanup.salesforce.shapes import Shape

_ALONE: Final = frozenset({"PROCESSING_HALTED", "REQUEST_RUNNING_TOO_LONG"})
"""What befalls a part of a request because of the others."""


class Composite:
    """Composite requests of GETs.

    Args:
        session: Sends them.
        data_url: URL of the data resources of one API version, without a trailing slash.
    """

    def __init__(self, session: OrgSession, data_url: str) -> None:
        self._session = session
        self._data_url = data_url
        # (they hold nothing but GETs)
        session.repeat_together(f"{data_url}/composite")

    def get(
        self,
        paths: Sequence[str],
        size: int,
        shape: Callable[[str], Shape],
        *,
        lenient: bool = False,
    ) -> Iterator[Any]:
        """The answers to GETs of these paths, in their order.

        Args:
            paths: Below the data resources.
            size: How many go together at most.
            shape: What an answer must look like, by its path.
            lenient: Whether errors are given as answers; else they are raised.
        """
        for batch in _slices(paths, size):
            for path, part in zip(batch, self._together(batch), strict=True):
                wanted = shape(path)
                answer = self._alone(path, wanted) if _is_worth_a_call(part, wanted) else part
                if isinstance(answer, ApiError) and not lenient:
                    raise answer
                yield answer

    def _together(self, paths: Sequence[str]) -> list[Any]:
        """The bodies of these answers, or errors; those of a half at a time where all are slow."""
        prefix = f"/services/{self._data_url.partition('/services/')[2]}"
        requests = [
            {"method": "GET", "url": f"{prefix}/{path}", "referenceId": f"r{index}"}
            for index, path in enumerate(paths)
        ]
        body = {"allOrNone": False, "compositeRequest": requests}
        url, shape = f"{self._data_url}/composite", shapes.composite(len(paths))
        try:
            answer = ask(self._session, "POST", url, shape, repeatable=True, json=body)
        except (ApiError, ReadTimeout) as exc:
            if len(paths) == 1 or not _is_too_slow(exc):
                raise
            half = len(paths) // 2
            return [*self._together(paths[:half]), *self._together(paths[half:])]
        return [_part(part) for part in answer["compositeResponse"]]

    def _alone(self, path: str, shape: Shape) -> Any:  # noqa: ANN401 - Salesforce's JSON
        try:
            return ask(self._session, "GET", f"{self._data_url}/{path}", shape)
        except SessionExpired:
            raise
        except ApiError as exc:
            return exc


def _slices(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _is_too_slow(exc: ApiError | ReadTimeout) -> bool:
    return isinstance(exc, ReadTimeout) or exc.status in TOO_SLOW or exc.meaning.is_slow


def _is_worth_a_call(part: object, shape: Shape) -> bool:
    """Whether a part may come, or can be read, when it is asked for by itself."""
    if isinstance(part, ApiError):
        return part.code in _ALONE or part.meaning.kind is Kind.PASSING
    return not shape.fits(part)


def _part(part: dict[str, Any]) -> Any:  # noqa: ANN401 - Salesforce's JSON
    status, body = part["httpStatusCode"], part.get("body")
    return body if status < 300 else ApiError.of_part(status, body)  # noqa: PLR2004 - as HTTP counts
