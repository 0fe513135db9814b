"""Everything a request needs, put together from the settings once per process."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import structlog
from relevo_contract.registry import CHALLENGER, PRODUCTION
from relevo_contract.tracing import traced
from starlette.requests import Request

from relevo_inference.explaining.explainer import Explainer
from relevo_inference.journal import moves
from relevo_inference.journal.archive import Archive
from relevo_inference.journal.outbox import JournalError, Outbox
from relevo_inference.journal.shipper import Shipper
from relevo_inference.problem_details import ProblemError
from relevo_inference.registry.aliases import look_up
from relevo_inference.registry.artifacts import Artifacts
from relevo_inference.registry.lookups import Lookups
from relevo_inference.registry.versions import Outcome
from relevo_inference.requests import body_of, parsed
from relevo_inference.serving.batching import MicroBatches
from relevo_inference.serving.cards import Cards
from relevo_inference.serving.loading import LoadedVersions, loader
from relevo_inference.serving.memory import Memory
from relevo_inference.serving.production import NothingInProductionError, Production, Serving
from relevo_inference.serving.store import ModelStore
from relevo_inference.settings import Settings
from relevo_inference.shadow.shadow import Shadow
from relevo_inference.telemetry import Telemetry
from relevo_inference.time_limit import TimeLimit
from relevo_inference.traffic.traffic import Traffic

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class Services:
    """Open while the app runs."""

    settings: Settings
    productions: dict[str, Production]
    batches: MicroBatches
    # Into the outbox: an entry, and how many predictions it holds.
    write: Callable[[bytes, int], Awaitable[None]]
    archive: Archive
    cards: Cards
    shipper: Shipper
    explainer: Explainer
    shadow: Shadow
    telemetry: Telemetry
    body_time: TimeLimit
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def production(self, problem: str) -> Production:
        """404, naming the models there are, for any other."""
        try:
            return self.productions[problem]
        except KeyError:
            served = ", ".join(self.productions)
            raise ProblemError(404, f"there is no model {problem[:100]!r}; there are: {served}") from None

    async def serving(self, problem: str, *, fresh: bool) -> Serving:
        """The model to answer with; 404 for an unknown problem, 503 while nothing is in production."""
        try:
            return await self.production(problem).serving(fresh=fresh)
        except NothingInProductionError as error:
            raise ProblemError(503, str(error), retry_after=RETRY_AFTER_SECONDS) from None

    async def content(self, request: Request, limit: int) -> bytes:
        """The body of a request, of at most `limit` bytes."""
        return await body_of(request, limit, self.body_time)

    async def body(self, request: Request, limit: int) -> Any:
        """The same, parsed."""
        return parsed(await self.content(request, limit))

    def unwritten(self, predictions: int, error: JournalError) -> None:
        """What becomes of predictions that could not be written down: 503, unless the settings say to forget."""
        dropped = self.settings.outbox_when_full == "drop"
        self.telemetry.journal.unwritten.labels("dropped" if dropped else "refused").inc(predictions)
        if not dropped:
            raise ProblemError(503, str(error), retry_after=RETRY_AFTER_SECONDS) from error


def _store(settings: Settings, problem: str) -> ModelStore:
    return ModelStore(settings.state_dir / "models" / problem)


def _production(
    problem: str,
    settings: Settings,
    http: httpx.AsyncClient,
    artifacts: Artifacts,
    memory: Memory,
    telemetry: Telemetry,
) -> Production:
    store = _store(settings, problem)

    def lookups(alias: str) -> Lookups:
        async def ask() -> Outcome:
            outcome = await look_up(http, problem, alias)
            telemetry.looked_up(problem, alias, outcome)
            return outcome

        return Lookups(
            traced(f"look up {alias}", ask),
            max_age=settings.alias_max_age_ms / 1000,
            backoff=settings.registry_backoff_seconds,
            backoff_max=settings.registry_backoff_max_seconds,
        )

    versions = LoadedVersions(
        loader(artifacts, store, kept=settings.versions_kept),
        memory,
        patience=settings.load_timeout_seconds,
        retry=settings.load_retry_seconds,
        kept=settings.versions_kept,
        on_failure=partial(telemetry.load_failed, problem),
    )
    return Production(
        problem,
        production=lookups(PRODUCTION),
        challenger=lookups(CHALLENGER),
        versions=versions,
        memory=memory,
        store=store,
        telemetry=telemetry,
        note_move=partial(moves.note, settings.outbox_path),
    )


async def _follow(production: Production, every: float) -> None:
    while True:
        try:
            await production.refresh()
        except Exception:
            log.exception("following the aliases failed", problem=production.problem)
        await asyncio.sleep(every)


@asynccontextmanager
async def running(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Services]:
    """The services, with the last good models restored and the aliases being followed."""
    timeout = settings.registry_timeout_seconds
    http = httpx.AsyncClient(base_url=settings.mlflow_tracking_uri, timeout=timeout)
    artifacts = Artifacts(settings.mlflow_tracking_uri, settings.load_timeout_seconds)
    memory = Memory(settings.models_max_mb * 2**20, telemetry)
    productions = {
        name: _production(name, settings, http, artifacts, memory, telemetry) for name in settings.served_problems
    }
    path = settings.outbox_path
    cap = settings.outbox_max_mb * 2**20
    outbox = Outbox(path, settings.outbox_synchronous, most_bytes=cap)
    telemetry.journal.cap.set(cap)
    url = settings.raw_db_url.get_secret_value() if settings.raw_db_url else None
    traffic = Traffic(
        lambda problem, version: productions[problem].loaded(version) if problem in productions else None,
        lambda problem: productions[problem].current if problem in productions else None,
        window=settings.drift_rows,
        telemetry=telemetry.traffic,
    )
    shipper = Shipper(
        path, url, telemetry, interval=settings.ship_seconds, happened=artifacts.happened, saw=traffic.saw
    )
    shipper.start()
    archive = Archive(path, url)
    cards = Cards(artifacts, {name: _store(settings, name) for name in productions})
    explainer = Explainer(
        threads=settings.explain_threads,
        waiting=settings.explain_waiting,
        seconds=settings.explain_request_seconds,
        telemetry=telemetry.explaining,
    )
    shadow = Shadow(
        lambda problem: productions[problem].challenger,
        path,
        share=settings.shadow_share,
        waiting=settings.shadow_waiting,
        most_bytes=cap,
        telemetry=telemetry.shadow,
    )
    body_time = TimeLimit(settings.body_timeout_seconds)
    started = time.perf_counter()
    await asyncio.gather(*(production.restore() for production in productions.values()))
    log.info("started", problems=list(productions), seconds=round(time.perf_counter() - started, 3))
    followers = [asyncio.create_task(_follow(p, settings.refresh_seconds)) for p in productions.values()]
    try:
        yield Services(
            settings=settings,
            productions=productions,
            batches=MicroBatches(),
            write=traced("write down", outbox.write),
            archive=archive,
            cards=cards,
            shipper=shipper,
            explainer=explainer,
            shadow=shadow,
            telemetry=telemetry,
            body_time=body_time,
        )
    finally:
        for task in followers:
            task.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        for production in productions.values():
            await production.close()
        explainer.close()
        await asyncio.to_thread(shadow.close)
        archive.close()
        cards.close()
        await outbox.close()
        await asyncio.to_thread(shipper.close)
        await http.aclose()
        artifacts.close()
