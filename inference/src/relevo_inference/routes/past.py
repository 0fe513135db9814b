"""What became of a prediction: where it came from, and whether it was right."""

from datetime import UTC
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from relevo_contract.card import Card

from relevo_inference.journal import feedback as journal
from relevo_inference.journal.archive import ArchiveError, Kept
from relevo_inference.problem_details import ProblemError, documented
from relevo_inference.registry.versions import LoadError
from relevo_inference.routes import Server
from relevo_inference.routes.answers import FeedbackAnswer, FeedbackGiven, Lineage, LineageModel, Trigger
from relevo_inference.services import RETRY_AFTER_SECONDS, Services
from relevo_inference.serving.rows import RowContract

router = APIRouter(tags=["past predictions"])

_FEEDBACK_BYTES = 64 * 1024
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": FeedbackGiven.model_json_schema()}},
    }
}


@router.get("/predictions/{prediction_id}", responses=documented(404, 422, 503))
async def lineage(prediction_id: UUID, server: Server) -> Lineage:
    """Which version answered, on what it was trained, and why."""
    kept = await _kept(server, prediction_id)
    model = LineageModel(name=kept.problem, version=kept.version, run_id=kept.run_id)
    answer = Lineage(
        prediction_id=kept.prediction_id,
        request_id=kept.request_id,
        predicted_at=kept.predicted_at.replace(tzinfo=UTC),
        status=kept.status,
        model=model,
    )
    try:
        card = await server.cards.card(kept.problem, kept.version, kept.run_id)
    except LoadError as error:
        answer.reason = f"the card of version {kept.version} cannot be had: {error}"
        return answer
    answer.training_set = card.training_set
    answer.triggered_by = Trigger(
        batch=card.training_set.batch,
        collection_id=card.training_set.last_collection_id,
        dag_run_id=card.dag_run_id,
    )
    answer.decision = card.decision
    return answer


@router.post("/feedback", responses=documented(400, 404, 408, 409, 413, 422, 503), openapi_extra=_BODY)
async def feedback(request: Request, server: Server) -> FeedbackAnswer:
    """The truth about a prediction, once. Said again it changes nothing; another truth is refused."""
    prediction_id, truth = _given(await server.body(request, _FEEDBACK_BYTES))
    kept = await _kept(server, prediction_id)
    if kept.output is None:
        raise ProblemError(409, f"that request got the status {kept.status}: nothing was predicted")
    try:
        card = await server.cards.card(kept.problem, kept.version, kept.run_id)
    except LoadError as error:
        raise _not_now(f"the truth cannot be checked: {error}") from error
    predicted = kept.output["label"] if "label" in kept.output else kept.output["value"]
    given = journal.Feedback(
        kept.prediction_id, kept.problem, kept.version, predicted, _checked(card, truth), _interval(kept.output)
    )
    try:
        known = await server.archive.keep(given)
    except ArchiveError as error:
        raise _not_now(str(error)) from error
    if known != given.truth:
        raise ProblemError(409, f"the truth about this prediction is on record already: {known}")
    return FeedbackAnswer(
        prediction_id=given.prediction_id,
        model=LineageModel(name=kept.problem, version=kept.version, run_id=kept.run_id),
        predicted=given.predicted,
        truth=given.truth,
        correct=given.correct,
        absolute_error=given.absolute_error,
        covered=given.covered,
    )


def _interval(output: dict[str, Any]) -> tuple[float, float] | None:
    interval = output.get("interval")
    return (interval["low"], interval["high"]) if interval else None


def _given(body: Any) -> tuple[UUID, Any]:
    if not isinstance(body, dict) or set(body) != {"prediction_id", "truth"}:
        raise ProblemError(422, 'the body must be {"prediction_id": …, "truth": …} and nothing else')
    try:
        return UUID(body["prediction_id"]), body["truth"]
    except (ValueError, TypeError, AttributeError):
        raise ProblemError(422, "prediction_id must be one that an answer of this server named") from None


def _checked(card: Card, truth: Any) -> journal.Truth:
    target = card.target.model_copy(update={"name": "truth"})
    checked: journal.Truth = RowContract((target,)).one({"truth": truth})["truth"]
    return checked


async def _kept(server: Services, prediction_id: UUID) -> Kept:
    try:
        kept = await server.archive.prediction(str(prediction_id))
    except ArchiveError as error:
        raise _not_now(str(error)) from error
    if kept is None:
        raise ProblemError(404, f"there is no prediction {prediction_id}")
    return kept


def _not_now(reason: str) -> ProblemError:
    return ProblemError(503, reason, retry_after=RETRY_AFTER_SECONDS)
