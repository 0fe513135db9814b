"""What is in production."""

from fastapi import APIRouter, Request

from relevo_inference.problem_details import ProblemError, documented
from relevo_inference.requests import wants_fresh
from relevo_inference.routes import Server
from relevo_inference.routes.answers import ModelAnswer, ModelInfo, Models, ModelSummary, ServedIdentity
from relevo_inference.serving.production import Serving

router = APIRouter(tags=["models"])


@router.get("/models")
async def models(request: Request, server: Server) -> Models:
    """Every problem that is served, with the version that answers for it."""
    fresh = wants_fresh(request)
    summaries = []
    for name in server.productions:
        summary = ModelSummary(name=name, default=name == server.settings.default_problem)
        try:
            summary.model = _info(await server.serving(name, fresh=fresh))
        except ProblemError as error:
            summary.reason = error.detail
        summaries.append(summary)
    return Models(models=summaries)


@router.get("/models/{problem}", responses=documented(404, 503))
async def model(problem: str, request: Request, server: Server) -> ModelAnswer:
    """The card of the model in production: its inputs, metrics, training set, and why it was trained."""
    serving = await server.serving(problem, fresh=wants_fresh(request))
    identity = serving.model.identity(stale=serving.stale)
    return ModelAnswer(model=ServedIdentity(**identity, since=serving.since), card=serving.model.card)


@router.get("/model-info", responses=documented(503))
async def model_info(request: Request, server: Server) -> ModelInfo:
    """The default problem's model in short."""
    return _info(await server.serving(server.settings.default_problem, fresh=wants_fresh(request)))


def _info(serving: Serving) -> ModelInfo:
    card = serving.model.card
    return ModelInfo(
        **serving.model.identity(stale=serving.stale),
        title=card.title,
        since=serving.since,
        task=card.task,
        algorithm=card.algorithm,
        data=card.data,
        primary_metric=card.primary_metric,
        metrics=card.metrics,
        trained_at=card.created_at,
    )
