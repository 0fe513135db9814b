"""`python -m relevo_ui` serves the page until it is stopped."""

import logging
import socket
import sys

import uvicorn
from relevo_contract import logs, tracing
from relevo_contract.settings import load

from relevo_ui.settings import Settings
from relevo_ui.site import create_app

log = logging.getLogger("relevo_ui")

# Open pages listen for events without an end; a restart does not wait for them.
GRACE_SECONDS = 2


def main() -> None:
    settings = load(Settings)
    logs.configure("page")
    tracing.configure("page")
    try:
        listening = socket.create_server((settings.ui_host, settings.ui_port))
    except OSError as error:
        sys.exit(
            f"The page cannot listen on {settings.ui_host}:{settings.ui_port} ({error}). "
            "Stop what listens there, or set UI_PORT to a free port."
        )
    config = uvicorn.Config(
        create_app(settings),
        root_path=settings.ui_root_path,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    log.info("the page is at http://%s:%s%s", settings.ui_host, settings.ui_port, settings.ui_root_path)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
