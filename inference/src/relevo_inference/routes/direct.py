"""A way to some routes without FastAPI's and Starlette's machinery in between."""

from collections.abc import Iterable

from starlette.requests import Request
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in self._routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                request = Request(scope, receive)
                try:
                    response = await route.endpoint(request, **scope["path_params"])
                except ProblemError as error:
                    response = response_to(request, error)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)
