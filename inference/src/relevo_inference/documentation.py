"""The page that shows the OpenAPI document. Nothing of it comes from elsewhere: Swagger UI comes in a package."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

router = APIRouter(include_in_schema=False)

PAGE = "/docs"
# Swagger UI sets styles of its own, and has its pictures in its style sheet.
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_STATIC = Path(fastapi_offline.__file__).parent / "static"
_SCRIPT, _STYLE, _ICON, _START = "swagger-ui-bundle.js", "swagger-ui.css", "favicon.png", "start.js"
PATHS = frozenset({PAGE, *(f"{PAGE}/{name}" for name in (_SCRIPT, _STYLE, _ICON, _START))})

# Every address is relative, so that the page also works below a path of a reverse proxy.
_HTML = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>Relevo model server</title>
<link rel="icon" href="docs/{_ICON}">
<link rel="stylesheet" href="docs/{_STYLE}">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/{_SCRIPT}"></script>
<script src="docs/{_START}"></script>
</body>
</html>
"""
# Without a validator: its address is that of somebody else's server.
_START_JS = """SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
});
"""


@router.get(PAGE)
async def page() -> HTMLResponse:
    return HTMLResponse(_HTML)


@router.get(f"{PAGE}/{_START}")
async def start() -> Response:
    return Response(_START_JS, media_type="text/javascript")


@router.get(f"{PAGE}/{_SCRIPT}")
async def script() -> FileResponse:
    return FileResponse(_STATIC / _SCRIPT, media_type="text/javascript")


@router.get(f"{PAGE}/{_STYLE}")
async def style() -> FileResponse:
    return FileResponse(_STATIC / _STYLE, media_type="text/css")


@router.get(f"{PAGE}/{_ICON}")
async def icon() -> FileResponse:
    return FileResponse(_STATIC / _ICON, media_type="image/png")
