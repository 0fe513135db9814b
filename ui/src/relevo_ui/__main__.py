"""`python -m relevo_ui` serves the page until it is stopped."""

import logging
import signal
import sys

from relevo_contract.settings import load

from relevo_ui.app import build
from relevo_ui.settings import Settings
from relevo_ui.theme import STYLE, theme

log = logging.getLogger("relevo_ui")


def main() -> None:
    settings = load(Settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # One line for each look at the model server, every five seconds for each open page, would hide the rest.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # As the first process of a container nothing else ends it when it is asked to stop.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    page = build(settings)
    try:
        page.launch(
            server_name=settings.ui_host,
            server_port=settings.ui_port,
            prevent_thread_lock=True,
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
    except OSError as error:
        sys.exit(
            f"The page cannot listen on {settings.ui_host}:{settings.ui_port} ({error}). "
            "Stop what listens there, or set UI_PORT to a free port."
        )
    log.info("the page is at http://%s:%s", settings.ui_host, settings.ui_port)
    page.block_thread()


if __name__ == "__main__":
    main()
