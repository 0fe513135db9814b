"""The model server, as the page talks to it."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
import structlog
from pydantic import BaseModel, ValidationError
from relevo_contract import tracing

from relevo_ui.answers import Explanation, FieldError, Lineage, Prediction, Predictions, Production

log = structlog.get_logger(__name__)

# The page shows what is in production now, not what was some milliseconds ago.
FRESH = {"Cache-Control": "no-cache"}

Shape = TypeVar("Shape", bound=BaseModel)


class ModelServerError(Exception):
    """The model server gave no answer that can be shown."""


class UnreachableError(ModelServerError):
    """Nothing answers at its address, or not in time."""


class UnintelligibleError(ModelServerError):
    """It answered in a form that this page does not understand; the message says what is odd."""


class UnavailableError(ModelServerError):
    """It cannot predict now (503); the message is its reason."""


class NothingInProductionError(UnavailableError):
    """It cannot predict because no model is there yet, although registry and server are well: a run helps."""


class RefusedError(ModelServerError):
    """Any other problem document."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(f"{title} ({status}): {detail}")
        self.status = status
        self.title = title
        self.detail = detail


class InvalidRowError(ModelServerError):
    """A row breaks the model's contract; each error names the field, and the row where there are many."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class _Titled(BaseModel):
    title: str


class Listed(BaseModel):
    """A served problem; `model` is missing while it has none."""

    name: str
    default: bool = False
    model: _Titled | None = None

    @property
    def title(self) -> str:
        return self.model.title if self.model else self.name


class _Listing(BaseModel):
    models: list[Listed]


class _Registry(BaseModel):
    reachable: bool


class _ModelHealth(BaseModel):
    name: str
    version: str | None


class _Health(BaseModel):
    registry: _Registry
    models: list[_ModelHealth]


class _ProblemDocument(BaseModel):
    title: str
    detail: str = ""
    errors: list[FieldError] | None = None


class ModelServer:
    """Calls may come from many threads at once. Every method raises a `ModelServerError` when it fails."""

    def __init__(self, url: str, timeout_seconds: float = 10, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {**FRESH, "X-API-Key": api_key} if api_key else FRESH
        self._client = httpx.Client(base_url=self.url, timeout=timeout_seconds, headers=headers)

    def models(self) -> list[Listed]:
        """The problems that are served, in the server's order."""
        return self._call("GET", "/models", _Listing).models

    def production(self, problem: str) -> Production:
        """The version in production and its card."""
        return self._ask(problem, "GET", f"/models/{quote(problem)}", Production)

    def predict(self, problem: str, row: Mapping[str, Any]) -> Prediction:
        """The answer for one row; `InvalidRowError` names the fields that are not allowed."""
        return self._ask(problem, "POST", f"/models/{quote(problem)}/predict", Prediction, json=dict(row))

    def predict_many(self, problem: str, rows: Sequence[Mapping[str, Any]]) -> Predictions:
        """The answers for many rows at once; `InvalidRowError` says which row is not allowed, and then none is."""
        body = {"rows": [dict(row) for row in rows]}
        return self._ask(problem, "POST", f"/models/{quote(problem)}/predict", Predictions, json=body)

    def explain(self, problem: str, row: Mapping[str, Any]) -> Explanation:
        """Why the model in production answers this row as it does; nothing of it counts as a prediction."""
        return self._ask(problem, "POST", f"/models/{quote(problem)}/explain", Explanation, json=dict(row))

    def lineage(self, prediction_id: str) -> Lineage:
        """Where an earlier prediction came from; `RefusedError` when there is none of this id."""
        return self._call("GET", f"/predictions/{quote(prediction_id, safe='')}", Lineage)

    def _ask(self, problem: str, method: str, path: str, shape: type[Shape], json: Any = None) -> Shape:
        try:
            return self._call(method, path, shape, json)
        except UnavailableError as error:
            if self._waits_for_a_model(problem):
                raise NothingInProductionError(str(error)) from error
            raise

    def _waits_for_a_model(self, problem: str) -> bool:
        try:
            health = self._call("GET", "/health", _Health)
        except ModelServerError:
            return False
        loaded = {model.name: model.version for model in health.models}
        return health.registry.reachable and loaded.get(problem) is None

    def _call(self, method: str, path: str, shape: type[Shape], json: Any = None) -> Shape:
        # What somebody asks for has a name by which the model server's log and journal know it; looks have none.
        request_id = uuid4().hex if method == "POST" else None
        try:
            answer = self._send(method, path, json, request_id)
        except httpx.TransportError as error:
            log.warning("no answer", method=method, path=path, request_id=request_id, reason=type(error).__name__)
            raise UnreachableError(str(error)) from error
        if request_id:
            log.info("asked", method=method, path=path, request_id=request_id, status=answer.status_code)
        try:
            if answer.is_error:
                self._refuse(answer)
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the body"
            raise UnintelligibleError(f"{method} {path}, {where}: {first['msg']}") from error

    def _send(self, method: str, path: str, json: Any, request_id: str | None) -> httpx.Response:
        if request_id is None:
            return self._client.request(method, path)
        with tracing.asking(f"ask to {path.rpartition('/')[2]}", {"relevo.request_id": request_id}) as trace:
            return self._client.request(method, path, json=json, headers={**trace, "X-Request-Id": request_id})

    def _refuse(self, answer: httpx.Response) -> NoReturn:
        document = _ProblemDocument.model_validate_json(answer.content)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and document.errors:
            raise InvalidRowError(document.errors)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise UnavailableError(document.detail)
        raise RefusedError(answer.status_code, document.title, document.detail)
