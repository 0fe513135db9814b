"""The model registry, as far as the page needs it: which versions of a problem there are."""

from dataclasses import dataclass
from typing import Any

import httpx
from relevo_contract.registry import TAG_VERDICT, TAG_VERDICT_REASON

LIMIT = 1000


class RegistryError(Exception):
    """MLflow does not answer, or not with versions; the message says what is odd."""


@dataclass(frozen=True)
class RegisteredVersion:
    """`verdict` is promoted or rejected, empty where nothing judged it; `aliases` are those that point at it."""

    number: str
    verdict: str
    reason: str
    aliases: tuple[str, ...]


class Registry:
    """Reads MLflow's REST API at `url`. Calls may come from many threads at once."""

    def __init__(self, url: str, timeout_seconds: float = 10) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=f"{self.url}/api/2.0/mlflow", timeout=timeout_seconds)

    def close(self) -> None:
        self._http.close()

    def versions(self, problem: str) -> list[RegisteredVersion]:
        """The versions of a problem, newest first; none when nothing has been registered."""
        model = self._read("/registered-models/get", {"name": problem})
        aliases: dict[str, list[str]] = {}
        for entry in model.get("registered_model", {}).get("aliases", []):
            aliases.setdefault(str(entry["version"]), []).append(str(entry["alias"]))
        # A quotation mark in a name would end the text in MLflow's filter; no problem's name has one.
        found = self._read("/model-versions/search", {"filter": f"name='{problem}'", "max_results": LIMIT})
        versions = [_version(entry, aliases) for entry in found.get("model_versions", [])]
        return sorted(versions, key=lambda version: int(version.number), reverse=True)

    def experiment_of(self, run_id: str) -> str:
        """The id of the experiment that a run belongs to."""
        run = self._read("/runs/get", {"run_id": run_id}).get("run", {})
        return str(run.get("info", {}).get("experiment_id", ""))

    def _read(self, path: str, query: dict[str, str | int]) -> dict[str, Any]:
        try:
            answer = self._http.get(path, params=query)
            body = answer.json()
        except (httpx.TransportError, ValueError) as error:
            raise RegistryError(str(error) or type(error).__name__) from error
        if answer.status_code == httpx.codes.NOT_FOUND and body.get("error_code") == "RESOURCE_DOES_NOT_EXIST":
            return {}
        if answer.is_error or not isinstance(body, dict):
            raise RegistryError(f"{answer.status_code}: {body.get('message', '')[:200]}")
        return body


def _version(entry: dict[str, Any], aliases: dict[str, list[str]]) -> RegisteredVersion:
    tags = {tag["key"]: tag["value"] for tag in entry.get("tags", [])}
    number = str(entry["version"])
    return RegisteredVersion(
        number,
        tags.get(TAG_VERDICT, ""),
        tags.get(TAG_VERDICT_REASON, ""),
        tuple(aliases.get(number, ())),
    )
