"""The Chromium of this machine, with the flags it needs in a container and without calls to its maker."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser until the block ends; without Chromium the test is skipped.

    No `asyncio.run` works in this thread meanwhile, so no fixture of a whole session may hold it.
    """
    if EXECUTABLE is None:
        pytest.skip("no Chromium on this machine; install it (apt-get install chromium) for the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        yield browser
        browser.close()
