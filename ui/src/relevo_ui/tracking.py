"""MLflow, as the page reads it: which version was in production before, and how the columns of a version count."""

from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ValidationError
from relevo_contract.explanation import CHANGES_FILE, FOLDER, IMPORTANCE_FILE, Changes, Importance
from relevo_contract.registry import PREVIOUS

Shape = TypeVar("Shape", bound=BaseModel)

_API = "/api/2.0/mlflow"
_PROXY = "/api/2.0/mlflow-artifacts/artifacts/"


class TrackingError(Exception):
    """MLflow gave no answer that can be used; the message says what is odd."""


class TrackingUnreachableError(TrackingError):
    """Nothing answers at its address, or not in time."""


class _Version(BaseModel):
    version: str
    run_id: str


class _VersionAnswer(BaseModel):
    model_version: _Version


class _Info(BaseModel):
    artifact_uri: str


class _Run(BaseModel):
    info: _Info


class _RunAnswer(BaseModel):
    run: _Run


@dataclass(frozen=True)
class Explained:
    """A version with what its run says about its columns; None where the run has no such file."""

    version: str
    run_id: str
    importance: Importance | None
    changes: Changes | None


class Tracking:
    """Calls may come from many threads at once. Every method raises a `TrackingError` when it fails."""

    def __init__(self, url: str, timeout_seconds: float = 10) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url, timeout=timeout_seconds)

    def previous(self, problem: str) -> Explained | None:
        """The version that was in production before, or None where there was none."""
        found = self._get(f"{_API}/registered-models/alias", {"name": problem, "alias": PREVIOUS})
        # MLflow answers 404 or, for an alias that no version has, 400.
        if found.status_code in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST):
            return None
        version = self._read(found, _VersionAnswer).model_version
        return self.explained(version.version, version.run_id)

    def explained(self, version: str, run_id: str) -> Explained:
        """What the run of a version says about its columns."""
        run = self._read(self._get(f"{_API}/runs/get", {"run_id": run_id}), _RunAnswer).run
        uri = urlsplit(run.info.artifact_uri)
        if uri.scheme != "mlflow-artifacts":
            raise TrackingError(f"the artifacts of run {run_id} are at {uri.scheme or 'a path'}:, out of reach")
        folder = f"{_PROXY}{quote(uri.path.strip('/'))}/{FOLDER}"
        importance = self._file(f"{folder}/{IMPORTANCE_FILE}", Importance)
        return Explained(version, run_id, importance, self._file(f"{folder}/{CHANGES_FILE}", Changes))

    def _file(self, path: str, shape: type[Shape]) -> Shape | None:
        found = self._get(path, {})
        return None if found.status_code == httpx.codes.NOT_FOUND else self._read(found, shape)

    def _get(self, path: str, query: dict[str, Any]) -> httpx.Response:
        try:
            return self._client.get(path, params=query)
        except httpx.TransportError as error:
            raise TrackingUnreachableError(str(error)) from error

    def _read(self, answer: httpx.Response, shape: type[Shape]) -> Shape:
        path = answer.request.url.path
        if answer.is_error:
            raise TrackingError(f"{path}: {answer.status_code}")
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise TrackingError(f"{path}: {first['msg']}") from error
