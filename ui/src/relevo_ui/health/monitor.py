"""Looks at every service every few seconds, whether or not anybody reads the page."""

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime

from relevo_ui.health.finding import SECONDS, Check, Finding, LookError, down

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
# A look may need several answers of one service.
PATIENCE_SECONDS = 2 * SECONDS


@dataclass(frozen=True)
class Snapshot:
    """What the looks that ended `at` this time found; `seen_since` is from when on a service was seen each time."""

    at: datetime
    findings: tuple[Finding, ...]
    seen_since: Mapping[str, datetime]

    def of(self, service: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.service == service), None)


class Monitor:
    """`checks` are named by the services that they tell of, in the order of the page."""

    def __init__(self, checks: Mapping[tuple[str, ...], Check], every_seconds: float = EVERY_SECONDS) -> None:
        self._checks = checks
        self._every = every_seconds
        self._pool = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="look")
        self._under_way: dict[tuple[str, ...], Future[list[Finding]]] = {}
        self._seen_since: dict[str, datetime] = {}
        self._latest: Snapshot | None = None

    @property
    def latest(self) -> Snapshot | None:
        """None until the first looks have ended."""
        return self._latest

    def start(self) -> None:
        threading.Thread(target=self._run, name="monitor", daemon=True).start()

    def look(self) -> Snapshot:
        """Look at all of them at the same time; one that takes too long counts as not there."""
        for services, check in self._checks.items():
            # A look that hangs is not joined by another one.
            if services not in self._under_way:
                self._under_way[services] = self._pool.submit(check)
        wait(self._under_way.values(), timeout=PATIENCE_SECONDS)
        now = datetime.now(UTC)
        findings = tuple(finding for services in self._checks for finding in self._found(services))
        for finding in findings:
            if finding.state == "down":
                self._seen_since.pop(finding.service, None)
            else:
                self._seen_since.setdefault(finding.service, now)
        self._latest = Snapshot(now, findings, dict(self._seen_since))
        return self._latest

    def _found(self, services: tuple[str, ...]) -> list[Finding]:
        look = self._under_way[services]
        if not look.done():
            late = LookError("unreachable", f"no answer within {PATIENCE_SECONDS} s")
            return [down(service, late) for service in services]
        del self._under_way[services]
        try:
            return look.result()
        except Exception as error:  # a service may answer with anything
            log.exception("the look at %s failed", ", ".join(services))
            odd = LookError("unintelligible", f"{type(error).__name__}: {error}")
            return [down(service, odd) for service in services]

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._every if self._latest else 0):
            self.look()
