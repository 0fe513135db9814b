"""The whole page behind a password, by setting."""

from pathlib import Path

from playwright.sync_api import Browser, expect
from support.processes import Service, free_port


def test_nothing_is_shown_without_the_password_and_everything_with_it(
    browser: Browser, page_server: Service, tmp_path: Path
) -> None:
    port = free_port()
    env = {**page_server.env, "UI_PORT": str(port), "PAGE_LOGIN": "true", "PAGE_PASSWORD": "let us in"}
    with Service("the closed page", page_server.command, "/livez", port, tmp_path / "ui.log", env) as closed:
        context = browser.new_context(locale="es-CO", base_url=closed.url)
        page = context.new_page()
        page.goto("/en/?tab=history")
        expect(page.get_by_text("Esta página pide una contraseña.")).to_be_visible()
        expect(page.get_by_role("tab")).to_have_count(0)
        page.get_by_label("Contraseña").fill("let me in")
        page.get_by_role("button", name="Entrar").click()
        expect(page.get_by_role("alert")).to_have_text("Esa no es la contraseña.")
        page.get_by_label("Contraseña").fill("let us in")
        page.get_by_role("button", name="Entrar").click()
        # Back to where it was asked for, and what the page asks its server for is let through, too.
        expect(page.get_by_role("group", name="In production")).to_contain_text("Version 1")
        assert page.url.endswith("/en/?tab=history")
        context.close()
