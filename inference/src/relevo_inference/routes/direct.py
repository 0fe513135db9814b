"""A way to some routes without FastAPI's and Starlette's machinery in between."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from relevo_inference.problem_details import ProblemError, response_to


class DirectMiddleware:
    """Calls the endpoints of `routes` itself, and leaves all other requests to the app.

    What lies in between (two looks for handlers of exceptions, the router, four exit stacks, dependencies, a
    response model) costs more than a prediction. So such an endpoint is a coroutine that takes the request and the
    path's parameters as text and returns a response; its declaration still describes the path in the OpenAPI
    document.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self._routes = [route for route in routes if isinstance(route, Route)]
        self._find = lru_cache(maxsize=256)(self._match)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        scope.update(found)
        request = Request(scope, receive)
        try:
            response = await found["endpoint"](request, **found["path_params"])
        except ProblemError as error:
            response = response_to(request, error)
        await response(scope, receive, send)

    def _match(self, method: str, path: str) -> Scope | None:
        """What a match adds to the scope; None when the request is for none of the routes."""
        scope = {"type": "http", "method": method, "path": path}
        for route in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                return found
        return None


class ReadyJson(Response):
    """Status 200 and JSON that is bytes already, without the steps in which Starlette finds its two headers."""

    def __init__(self, body: bytes) -> None:
        self.status_code, self.body, self.background = 200, body, None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
