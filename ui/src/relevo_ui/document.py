"""The page's HTML document, with our script in it before Gradio's own.

Gradio adds what is handed to it as `head` only when its components are drawn already: too late to tell them which
language to speak, to name the language for screen readers, or to be dark from the first moment on.
"""

import json
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relevo_ui.texts import LANGUAGES

# In the document itself: a browser would look for /favicon.ico above whatever path the site is below.
ICON = b"""<link rel="icon" href="data:image/svg+xml,
<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' fill='%230f766e'/>
<path d='M3 8h7M7 4l4 4-4 4' fill='none' stroke='white' stroke-width='2'/></svg>">"""
# An address above the site's path, for a part of Gradio that is switched off.
_MANIFEST = b'<link rel="manifest" href="/manifest.json" />'
_LANGUAGE = re.compile(rb'(<html[^>]*?\blang=")[^"]*')


class OwnHead:
    """ASGI middleware: puts `script` and the page's language into each `/<language>/` document."""

    def __init__(self, app: ASGIApp, script: str) -> None:
        self._app = app
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        language = next((one for one in LANGUAGES if scope.get("path") == f"{root}/{one}/"), None)
        if scope["type"] != "http" or language is None:
            await self._app(scope, receive, send)
            return
        # As it is written, so that it can be written into.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def rewrite(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            document = self._rewritten(body, language)
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(document)).encode())]})
            await send({"type": "http.response.body", "body": document})

        await self._app({**scope, "headers": headers}, receive, rewrite)

    def _rewritten(self, document: bytes, language: str) -> bytes:
        spoken = _LANGUAGE.sub(rb"\g<1>" + language.encode(), document, count=1)
        script = f"<script>(({self._script})({json.dumps(language)}))</script>"
        return spoken.replace(_MANIFEST, b"").replace(b"<head>", b"<head>" + script.encode() + ICON, 1)
