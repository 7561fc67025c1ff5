"""Which handler answers which path: in any case, with slashes more than once or at the end.

What handlers work on is a later room's affair: routes are generic in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from target_zuora360_cleanup.emulator.wire.errors import SalesforceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_zuora360_cleanup.emulator.wire.calls import Answer, Call

__all__ = ["Access", "Match", "Route", "Router"]

S = TypeVar("S")
"""What handlers work on."""
Access = Literal["session", "identity", "open", "free", "zuora"]
_SLASHES = re.compile("/{2,}")
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route(Generic[S]):
    """One resource.

    Attributes:
        method: Upper case.
        template: The path with ``{name}`` for each part that varies.
        handler: What answers it.
        kind: What `/__emulator__/stats` counts it as.
        access: ``session`` needs a token and counts as an API call; ``identity`` needs a token
            and doesn't count; ``open`` needs none (logins, versions); ``free`` is the emulator's
            own: not even faults apply; ``zuora`` needs Zuora's credentials and doesn't count.
        spool: The body goes to a file instead of memory.
    """

    method: str
    template: str
    handler: Callable[[S, Call], Answer]
    kind: str = "rest"
    access: Access = "session"
    spool: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        regex = _PARAMETER.sub(r"(?P<\1>[^/]+)", self.template)
        object.__setattr__(self, "pattern", re.compile(rf"{regex}/*", re.IGNORECASE))


@dataclass(frozen=True)
class Match(Generic[S]):
    """A route and the varying parts of the path that it matched."""

    route: Route[S]
    params: Mapping[str, str]


class Router(Generic[S]):
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route[S]]) -> None:
        self._routes = tuple(routes)

    def match(self, method: str, path: str) -> Match[S]:
        """The route of ``method`` and ``path``; HEAD is answered like GET.

        Raises:
            SalesforceError: NOT_FOUND, or METHOD_NOT_ALLOWED when only the method is wrong.
        """
        wanted = "GET" if method == "HEAD" else method
        path = _SLASHES.sub("/", path) if "//" in path else path
        allowed = []
        for route in self._routes:
            if (found := route.pattern.fullmatch(path)) is None:
                continue
            if route.method == wanted:
                return Match(route, found.groupdict())
            allowed.append(route.method)
        raise _not_allowed(method, allowed) if allowed else _not_found()


def _not_found() -> SalesforceError:
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def _not_allowed(method: str, allowed: list[str]) -> SalesforceError:
    names = ",".join(dict.fromkeys(allowed))
    text = f"HTTP Method '{method}' not allowed. Allowed are {names}"
    return SalesforceError("METHOD_NOT_ALLOWED", text, status=405)
