"""A route that is declared like any other but called without FastAPI's machinery for dependencies and answers."""

from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


class DirectRoute(APIRoute):
    """Its endpoint is a coroutine that takes the request and the path's parameters as text, and returns a response.

    FastAPI's own call of an endpoint (three exit stacks, dependencies, a response model) costs more than a
    prediction. The declaration still describes the path in the OpenAPI document.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = self._call

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.endpoint(Request(scope, receive), **scope["path_params"])
        await response(scope, receive, send)
