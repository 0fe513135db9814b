"""Predictions."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from relevo_inference.journal.entries import Answered, encode, encode_refusal
from relevo_inference.journal.outbox import JournalError
from relevo_inference.problem_details import ProblemError, documented
from relevo_inference.requests import parsed, wants_fresh
from relevo_inference.routes.answers import Prediction, Predictions
from relevo_inference.routes.direct import ReadyJson
from relevo_inference.services import Services
from relevo_inference.serving.answer import Answer
from relevo_inference.serving.production import Serving

router = APIRouter(tags=["predict"])

_RESPONSES = documented(400, 408, 413, 422, 503)
_DESCRIPTION = """One row as an object, or `{"rows": [...]}`.

`Cache-Control: no-cache` makes sure that the production alias is looked up after the request came in."""


@router.post("/predict", response_model=Prediction | Predictions, responses=_RESPONSES, description=_DESCRIPTION)
async def predict(request: Request) -> Response:
    """Predict with the default problem's model."""
    server: Services = request.app.state.services
    return await _answer(request, server, server.settings.default_problem)


@router.post(
    "/models/{problem}/predict",
    response_model=Prediction | Predictions,
    responses=_RESPONSES | documented(404),
    description=_DESCRIPTION,
)
async def predict_problem(request: Request, problem: str) -> Response:
    """Predict with the model of `problem`."""
    return await _answer(request, request.app.state.services, problem)


async def _answer(request: Request, server: Services, problem: str) -> Response:
    began = time.perf_counter()
    server.production(problem)
    content = await server.content(request, server.settings.max_body_bytes)
    serving = await server.serving(problem, fresh=wants_fresh(request))
    model = serving.model
    request_id = request.scope["state"]["request_id"]
    row = model.contract.row(content)
    payload = parsed(content) if row is None else row
    try:
        if not model.contract.is_batch(payload):
            row = model.contract.one(payload) if row is None else row
            rows, answers = [row], [Answer(await server.batches.predict(model, row))]
            entry = encode(_answered(request_id, serving, began), rows, answers)
            body = b'{%b,"model":%b}' % (answers[0].fields(), model.identity_json(stale=serving.stale))
        else:
            limits = server.settings
            small = isinstance(payload["rows"], list) and len(payload["rows"]) <= limits.inline_rows
            work = (payload, serving, request_id, began, limits.max_rows)
            body, entry, rows, answers = _batch(*work) if small else await asyncio.to_thread(_batch, *work)
    except Exception as error:
        await _note_refusal(server, _answered(request_id, serving, began), payload, error)
        raise
    try:
        await server.write(entry, len(rows))
    except JournalError as error:
        server.unwritten(len(rows), error)
    server.telemetry.predicted(model, len(rows), stale=serving.stale)
    server.shadow.offer(model, rows, answers)
    return ReadyJson(body)


async def _note_refusal(server: Services, answered: Answered, payload: Any, error: Exception) -> None:
    """Writes down that there is no prediction. Unlike one, it does not have to be: nothing was promised."""
    status, why = 500, f"{type(error).__name__}: {error}"
    if isinstance(error, ProblemError):
        status, why = error.status, error.detail
    with suppress(JournalError):
        await server.write(encode_refusal(answered, payload, status, why[:1000]), 1)


def _batch(
    payload: dict[str, Any], serving: Serving, request_id: str, began: float, limit: int
) -> tuple[bytes, bytes, list[dict[str, Any]], list[Answer]]:
    """Body, journal entry, rows and answers of the predictions."""
    model = serving.model
    rows = model.contract.many(payload, limit)
    answers = [Answer(output) for output in model.predict_many(rows)]
    entry = encode(_answered(request_id, serving, began), rows, answers)
    listed = b"},{".join(answer.fields() for answer in answers)
    body = b'{"predictions":[{%b}],"model":%b}' % (listed, model.identity_json(stale=serving.stale))
    return body, entry, rows, answers


def _answered(request_id: str, serving: Serving, began: float) -> Answered:
    return Answered(
        request_id=request_id,
        problem=serving.model.version.name,
        version=serving.model.version.version,
        run_id=serving.model.run_id,
        stale=serving.stale,
        duration_ms=round((time.perf_counter() - began) * 1000, 3),
    )
