"""The tab *Status*: whether every service is well, and what to do when one is not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import gradio as gr

from relevo_ui import markup
from relevo_ui.health.finding import Finding
from relevo_ui.health.monitor import EVERY_SECONDS, Snapshot
from relevo_ui.history import HistoryUnavailableError
from relevo_ui.operation.stack import Stack, stack
from relevo_ui.pages.frame import Frame
from relevo_ui.settings import Settings
from relevo_ui.texts import Texts
from relevo_ui.theme import own_html
from relevo_ui.wording import clock, moment

TONES = {"well": "good", "ill": "busy", "down": "bad"}


@dataclass(frozen=True)
class Line:
    """A service as the table shows it."""

    service: str
    name: str
    state: str
    tone: str
    version: str | None
    since: str | None
    milliseconds: float | None
    sentence: str
    link: str | None
    simulated: bool


@dataclass(frozen=True)
class Reporter:
    """Says how the services are, as HTML."""

    stack: Stack
    texts: Texts
    links: dict[str, str]

    def __call__(self, problem: str) -> str:
        seen = self.stack.monitor.latest
        if seen is None:
            return markup.hint(self.texts, self.texts.looking)
        lines = [self._line(finding, seen) for finding in seen.findings]
        return markup.status(
            self.texts,
            lines=lines,
            troubled=sum(finding.state != "well" for finding in seen.findings),
            at=clock(seen.at),
            seconds=f"{EVERY_SECONDS:.0f}",
            backlog=self._backlog(seen.of("inference")),
            promotion=self._promotion(problem),
            links=[(getattr(self.texts, f"name_{service}"), url) for service, url in self.links.items()],
        )

    def _line(self, finding: Finding, seen: Snapshot) -> Line:
        return Line(
            service=finding.service,
            name=getattr(self.texts, f"name_{finding.service}"),
            state=getattr(self.texts, finding.state),
            tone=TONES[finding.state],
            version=finding.version,
            since=self._since(finding, seen.seen_since.get(finding.service)),
            milliseconds=finding.milliseconds,
            sentence=sentence(finding, self.texts),
            link=self.links.get(finding.service),
            simulated=finding.data == "simulated",
        )

    def _since(self, finding: Finding, seen: datetime | None) -> str | None:
        if finding.since is not None:
            return moment(finding.since)
        return self.texts.seen_since.format(since=moment(seen)) if seen else None

    def _backlog(self, inference: Finding | None) -> str:
        known = inference is not None and inference.backlog is not None
        return f"{inference.backlog:,}" if inference is not None and known else self.texts.journal_unknown

    def _promotion(self, problem: str) -> str:
        try:
            found = self.stack.promotions.latest(problem, limit=1)
        except HistoryUnavailableError as error:
            return self.texts.promotions_unknown.format(reason=error)
        if not found:
            return self.texts.no_promotions
        last = found[0]
        return self.texts.last_promotion_told.format(
            version=last["to_version"],
            at=moment(last["promoted_at"]),
            by=last["promoted_by"],
            reason=last["reason"],
        )


def sentence(finding: Finding, texts: Texts) -> str:
    """What is wrong with a service, what follows, and what to do; empty when it is well."""
    trouble = finding.trouble
    if trouble is None:
        return ""
    why = getattr(texts, f"status_{trouble.kind}").format(detail=trouble.detail or "–")
    # The most particular advice there is: for this kind of trouble, for this state, or for the service being down.
    for what in (trouble.kind, finding.state, "down"):
        if advice := getattr(texts, f"{finding.service}_{what}", ""):
            return f"{why} {advice}"
    return str(why)


def service_links(settings: Settings) -> dict[str, str]:
    """Where people open the services that have a page of their own."""
    addresses = {
        "airflow_api": settings.airflow_url,
        "mlflow": settings.mlflow_url,
        "inference": f"{(settings.inference_public_url or settings.inference_url).rstrip('/')}/docs",
        "data_api": settings.data_api_public_url,
        "prometheus": settings.prometheus_url,
        "grafana": settings.grafana_url,
    }
    return {service: url for service, url in addresses.items() if url}


def build(frame: Frame) -> None:
    """Draw the tab into the page that is being built."""
    reporter = Reporter(stack(frame.settings), frame.texts, service_links(frame.settings))
    panel = own_html(elem_id="status")
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on(
        [frame.page.load, frame.problem.change, gr.Timer(EVERY_SECONDS).tick],
        reporter,
        inputs=frame.problem,
        outputs=panel,
        **quiet,
    )
