"""Why a model answers as it does."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import Response

from relevo_inference.problem_details import ProblemError, documented
from relevo_inference.requests import wants_fresh
from relevo_inference.routes import Server
from relevo_inference.routes.answers import Explanation
from relevo_inference.services import Services

router = APIRouter(tags=["explain"])

# One row: far less than a body with many.
_ROW_BYTES = 64 * 1024
_RESPONSES = documented(400, 408, 409, 413, 422, 503, 504)
_DESCRIPTION = """One row as an object. `base` is the model's mean answer to the background rows of its card; what
the columns contribute leads from there to `answer` (SHAP values: base and contributions sum up to the answer).
`variations` say how the answer changes with the columns that contribute most, one at a time.

Nothing of it is written down as a prediction."""

Vary = Annotated[int, Query(ge=0, le=3, description="how many columns to vary, those that contribute most first")]


@router.post("/explain", response_model=Explanation, responses=_RESPONSES, description=_DESCRIPTION)
async def explain(request: Request, server: Server, vary: Vary = 2) -> Response:
    """Explain the default problem's model."""
    return await _answer(request, server, server.settings.default_problem, vary)


@router.post(
    "/models/{problem}/explain",
    response_model=Explanation,
    responses=_RESPONSES | documented(404),
    description=_DESCRIPTION,
)
async def explain_problem(problem: str, request: Request, server: Server, vary: Vary = 2) -> Response:
    """Explain the model of `problem`."""
    return await _answer(request, server, problem, vary)


async def _answer(request: Request, server: Services, problem: str, vary: int) -> Response:
    server.production(problem)
    payload = await server.body(request, _ROW_BYTES)
    serving = await server.serving(problem, fresh=wants_fresh(request))
    contract = serving.model.contract
    if not isinstance(payload, dict) or contract.is_batch(payload):
        raise ProblemError(422, "an explanation is of one row: the body must be that row as a JSON object")
    row = contract.one(payload)
    explanation = await server.explainer.explain(serving.model, row, vary)
    body = to_json({**explanation, "model": serving.model.identity(stale=serving.stale)})
    return Response(body, media_type="application/json")
