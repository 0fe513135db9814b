"""Is it alive, can it answer, and what is wrong. These never wait for the registry."""

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter

from relevo_inference.problem_details import ProblemError, documented
from relevo_inference.routes import Server
from relevo_inference.routes.answers import Alive, Health, JournalHealth, ModelHealth, RegistryHealth
from relevo_inference.services import RETRY_AFTER_SECONDS, Services

router = APIRouter(tags=["status"])


@router.get("/livez")
async def livez() -> Alive:
    """The process runs."""
    return Alive()


@router.get("/readyz", responses=documented(503))
async def readyz(server: Server) -> Alive:
    """The default problem can be predicted."""
    production = server.production(server.settings.default_problem)
    if production.current is None:
        raise ProblemError(503, _why_not(server, production.problem), retry_after=RETRY_AFTER_SECONDS)
    return Alive()


@router.get("/health")
async def health(server: Server) -> Health:
    """What works and what does not; always 200, for people and dashboards."""
    productions = server.productions.values()
    errors = [p.registry_error for p in productions if p.registry_error]
    models = [
        ModelHealth(
            name=p.problem,
            version=p.current.version.version if p.current else None,
            stale=p.stale_reason is not None,
            reason=p.stale_reason if p.current else _why_not(server, p.problem),
        )
        for p in productions
    ]
    journal = JournalHealth(backlog=server.shipper.backlog, reason=server.shipper.error)
    status: Literal["ok", "degraded", "unavailable"]
    if server.productions[server.settings.default_problem].current is None:
        status = "unavailable"
    elif errors or journal.reason or any(m.stale or m.version is None for m in models):
        status = "degraded"
    else:
        status = "ok"
    registry = RegistryHealth(reachable=not errors, reason=errors[0] if errors else None)
    return Health(
        status=status,
        version=version("relevo-inference"),
        started_at=server.started_at,
        registry=registry,
        journal=journal,
        models=models,
    )


def _why_not(server: Services, problem: str) -> str:
    reason = server.productions[problem].registry_error
    return f"no model of {problem} is loaded" + (f": {reason}" if reason else "")
