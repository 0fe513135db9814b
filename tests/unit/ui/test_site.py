"""Which language somebody is led to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_ui.site import COOKIE, SCRIPT, accepted, preferred
from relevo_ui.texts import LANGUAGES
from starlette.requests import Request


def request(**headers: str) -> Request:
    sent = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": sent})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es-CO,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,es;q=0.9", "en"),
        ("de,es;q=0.3,en;q=0.2", "es"),
        ("es;q=0,en;q=0.1", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("es;q=", "en"),
    ],
)
def test_the_browsers_language_decides(header: str, language: str) -> None:
    assert preferred(request(accept_language=header)) == language


def test_the_last_visit_decides_before_it() -> None:
    assert preferred(request(accept_language="en", cookie=f"{COOKIE}=es")) == "es"
    assert preferred(request(accept_language="es", cookie=f"{COOKIE}=klingon")) == "es"


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_header_leads_somewhere(header: str) -> None:
    accepted(header)
    assert preferred(request(accept_language=header)) in LANGUAGES


def test_the_browser_writes_the_cookie_that_is_read() -> None:
    assert f"`{COOKIE}=${{" in SCRIPT.read_text()
