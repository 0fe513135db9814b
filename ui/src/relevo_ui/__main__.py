"""`python -m relevo_ui` serves the page until it is stopped."""

from relevo_ui.app import build
from relevo_ui.settings import Settings
from relevo_ui.theme import STYLE, theme


def main() -> None:
    settings = Settings()
    build(settings).launch(
        server_name=settings.ui_host,
        server_port=settings.ui_port,
        theme=theme(),
        css_paths=STYLE,
        footer_links=[],
        share=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        quiet=True,
    )


if __name__ == "__main__":
    main()
