"""The whole page behind a password, by setting: one form, and a session that ends with the process or a day."""

import secrets
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from relevo_ui import markup
from relevo_ui.operation.gate import Gate, NotAllowedError, TooManyTriesError
from relevo_ui.texts import Language, Texts

COOKIE = "relevo_session"
SESSION_SECONDS = 24 * 3600
# A form with a password is small; what is larger is not read.
MOST_BYTES = 4096


class Login:
    """Lets through what carries a session's cookie; everything else sees the form, at whatever address.

    `gates` hold the passwords that open the page.
    """

    def __init__(self, app: ASGIApp, gates: tuple[Gate, ...], language: Callable[[Request], Language]) -> None:
        self._app = app
        self._gates = gates
        self._language = language
        self._sessions: dict[str, float] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # the page has no web sockets
        request = Request(scope, receive)
        # Probes have no password, and learn nothing.
        if scope["path"] == f"{scope.get('root_path', '')}/livez" or self._known(request.cookies.get(COOKIE, "")):
            await self._app(scope, receive, send)
            return
        answer = await self._form(request)
        await answer(scope, receive, send)

    async def _form(self, request: Request) -> Response:
        texts = Texts(self._language(request))
        if request.method == "GET":
            asked = "text/html" in request.headers.get("accept", "")
            return _page(texts, "", 200 if asked else 401)
        # A form of another site is not ours, whatever it says.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _page(texts, "", 403)
        try:
            self._enter(await _password(request), request.client.host if request.client else "")
        except TooManyTriesError as error:
            return _page(texts, texts.too_many_tries.format(seconds=error.seconds), 429)
        except NotAllowedError:
            return _page(texts, texts.page_wrong_password, 401)
        # Relative: to where the form was asked for, below whatever path a reverse proxy puts the page.
        answer = RedirectResponse(f"?{request.url.query}", status_code=303)
        answer.set_cookie(
            COOKIE,
            self._begin(),
            max_age=SESSION_SECONDS,
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    def _enter(self, password: str, address: str) -> None:
        *others, last = self._gates
        for gate in others:
            try:
                gate.enter("page", password, address)
            except TooManyTriesError:
                raise
            except NotAllowedError:
                continue
            return
        last.enter("page", password, address)

    def _begin(self) -> str:
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._sessions = {kept: end for kept, end in self._sessions.items() if end > now}
            self._sessions[token] = now + SESSION_SECONDS
        return token

    def _known(self, token: str) -> bool:
        return self._sessions.get(token, 0.0) > time.monotonic()


async def _password(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def _page(texts: Texts, said: str, status: int) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
    return HTMLResponse(markup.login(texts, said), status, headers)
