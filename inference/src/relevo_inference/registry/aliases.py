"""Asks MLflow's REST API which version an alias points to."""

import re
from typing import Any

import httpx

from relevo_inference.registry.versions import Failed, Found, Missing, ModelVersion, Outcome

ALIAS_PATH = "/api/2.0/mlflow/registered-models/alias"
# MLflow names a missing alias only in words (mlflow/store/model_registry/sqlalchemy_store.py).
_NO_ALIAS = re.compile(r"registered model alias .* not found", re.IGNORECASE)
_NO_MODEL = re.compile(r"registered model with name=.* not found", re.IGNORECASE)


async def look_up(http: httpx.AsyncClient, name: str, alias: str) -> Outcome:
    """One look-up; whatever goes wrong is an outcome, never an exception.

    Only MLflow's own "not found" counts as missing. Everything else that is not a version (an error of its
    database, a proxy's page, a version that is gone) is a failure: the last good model goes on.
    """
    try:
        response = await http.get(ALIAS_PATH, params={"name": name, "alias": alias})
    except httpx.TimeoutException:
        return Failed("the registry did not answer in time")
    except httpx.HTTPError as error:
        return Failed(f"the registry cannot be reached: {error or type(error).__name__}")
    try:
        answer = response.json()
    except ValueError:
        return Failed(f"the registry answered {response.status_code} with something that is not JSON")
    if response.is_success:
        return _version(answer, name)
    return _refusal(response.status_code, answer)


def _version(answer: Any, name: str) -> Outcome:
    try:
        found = answer["model_version"]
        version = ModelVersion(
            name=found["name"],
            version=str(found["version"]),
            run_id=found.get("run_id") or "",
            source=found.get("source") or "",
            created_ms=int(found["creation_timestamp"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return Failed("the registry's answer does not describe a model version")
    # The number becomes the name of a folder.
    if version.name != name or not re.fullmatch(r"[0-9]{1,16}", version.version):
        return Failed(f"the registry answered with version {version.version!r} of {version.name!r}")
    return Found(version)


def _refusal(status: int, answer: Any) -> Outcome:
    message = str(answer.get("message", "")) if isinstance(answer, dict) else ""
    if status in (400, 404) and (_NO_ALIAS.search(message) or _NO_MODEL.search(message)):
        return Missing(message)
    return Failed(f"the registry answered {status}: {message[:200] or 'no reason given'}")
