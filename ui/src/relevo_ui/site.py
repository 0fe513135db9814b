"""The page in every language below one address: `/en/`, `/es/`, and `/`, which knows the way."""

import re
from pathlib import Path

import gradio as gr
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp

from relevo_ui.app import build
from relevo_ui.document import OwnHead
from relevo_ui.login import Login
from relevo_ui.operation.gate import Gate
from relevo_ui.settings import Settings
from relevo_ui.texts import LANGUAGES, Language, Texts
from relevo_ui.theme import STYLE, theme

# Written by `browser.js`, so that the next visit begins in the language of the last.
COOKIE = "relevo_language"
_WEIGHED = re.compile(r"([a-z]{2,8})(?:-[\w-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")
SCRIPT = Path(__file__).parent / "browser.js"


def create_app(settings: Settings) -> ASGIApp:
    """The site for these settings, behind a password where they say so."""
    site = _site(settings)
    if not settings.page_login:
        return site
    return Login(site, tuple(Gate(password) for password in settings.passwords), preferred)


def _site(settings: Settings) -> FastAPI:
    """One page a language: every word of it is known when it is built."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/")
    async def the_way(request: Request) -> RedirectResponse:
        # Relative, so that it is right below whatever path a reverse proxy puts the site.
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{preferred(request)}/{query}", headers={"Vary": "Accept-Language, Cookie"})

    @app.get("/livez")
    async def livez() -> PlainTextResponse:
        """For probes: the page serves, whatever is the matter behind it."""
        return PlainTextResponse("ok")

    for language in LANGUAGES:
        gr.mount_gradio_app(
            app,
            build(settings, Texts(language)),
            f"/{language}",
            theme=theme(),
            css_paths=STYLE,
            # Or the addresses of files, behind a proxy, are those of a site without languages.
            root_path=f"{settings.ui_root_path}/{language}",
            footer_links=[],
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            run_history=False,
            show_error=False,
        )
    app.add_middleware(OwnHead, script=SCRIPT.read_text())
    return app


def preferred(request: Request) -> Language:
    """The language of the last visit, or else the one that the browser prefers of ours."""
    for wanted in (request.cookies.get(COOKIE, ""), *accepted(request.headers.get("accept-language", ""))):
        for language in LANGUAGES:
            if wanted == language:
                return language
    return LANGUAGES[0]


def accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language` header (RFC 9110, 12.5.4) without their regions, best first."""
    parts = (_WEIGHED.fullmatch(part.strip()) for part in header.lower().split(","))
    weighed = [(float(found[2] or 1), found[1]) for found in parts if found]
    return [language for weight, language in sorted(weighed, key=lambda one: -one[0]) if weight]
