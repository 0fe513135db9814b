"""Fetches a version's files through MLflow's artifact proxy. Synchronous: loading runs in a thread."""

from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
from relevo_contract.registry import CARD_FILE, CARD_PATH, MODEL_FILE, PRODUCTION, TAG_PROMOTED

from relevo_inference.journal.moves import Latest, Move
from relevo_inference.registry.aliases import ALIAS_PATH
from relevo_inference.registry.versions import LoadError, ModelVersion

_URI_PATH = "/api/2.0/mlflow/model-versions/get-download-uri"
_VERSION_PATH = "/api/2.0/mlflow/model-versions/get"
_PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
# Inside a version's artifacts, and what we call it in our folder.
_FILES = {MODEL_FILE: MODEL_FILE, CARD_PATH: CARD_FILE}


class Artifacts:
    """The files of registered versions. `timeout` is in seconds and holds for each wait, not for a whole file."""

    def __init__(self, base_url: str, timeout: float) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout)

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Puts model and card into `folder`; `LoadError` names the file that cannot be had."""
        try:
            base = self._location(version)
            for source, target in _FILES.items():
                self._fetch(f"{base}/{source}", folder / target, source)
        except httpx.HTTPError as error:
            raise LoadError(f"its files cannot be fetched: {error or type(error).__name__}") from error

    def card(self, name: str, version: str, run_id: str) -> bytes:
        """The card of the version of this number; `LoadError` unless it is there and this MLflow run made it."""
        try:
            known = self._http.get(_VERSION_PATH, params={"name": name, "version": version})
            if not known.is_success:
                raise LoadError(f"the registry does not know the version ({known.status_code})")
            if known.json()["model_version"].get("run_id") != run_id:
                raise LoadError("the registry has another version of this number by now")
            base = self._location(ModelVersion(name, version, run_id, "", 0))
            response = self._http.get(f"{base}/{CARD_PATH}")
        except httpx.HTTPError as error:
            raise LoadError(f"the registry cannot be reached: {error or type(error).__name__}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LoadError("the registry's answer does not describe a version") from error
        if not response.is_success:
            raise LoadError(f"its card cannot be fetched ({response.status_code})")
        return response.content

    def happened(self, move: Move, announced: Latest) -> bool:
        """Whether the announced move is complete, and the alias has come to where `move` saw it after that.

        A complete one has its row's time in the version's tag, which is set after the alias has moved: so the alias
        is asked last. Raises `httpx.HTTPError` when the registry does not say.
        """
        version = self._http.get(_VERSION_PATH, params={"name": move.problem, "version": announced.to_version})
        alias = self._http.get(ALIAS_PATH, params={"name": move.problem, "alias": PRODUCTION})
        if httpx.codes.NOT_FOUND in (version.status_code, alias.status_code):
            return False
        tags = version.raise_for_status().json()["model_version"].get("tags", [])
        complete = {"key": TAG_PROMOTED, "value": announced.promoted_at.isoformat()} in tags
        now = alias.raise_for_status().json()["model_version"]["version"]
        return complete and str(now) == move.to_version

    def _location(self, version: ModelVersion) -> str:
        response = self._http.get(_URI_PATH, params={"name": version.name, "version": version.version})
        if not response.is_success:
            raise LoadError(f"the registry does not say where its files are ({response.status_code})")
        try:
            uri = urlsplit(response.json()["artifact_uri"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LoadError("the registry does not say where its files are") from error
        if uri.scheme != "mlflow-artifacts":
            raise LoadError(
                f"its files are at {uri.scheme or 'a path'}:, out of our reach; start MLflow with --serve-artifacts"
            )
        return _PROXY + quote(uri.path.strip("/"))

    def _fetch(self, url: str, target: Path, name: str) -> None:
        with self._http.stream("GET", url) as response:
            if response.status_code == httpx.codes.NOT_FOUND:
                raise LoadError(f"it has no {name}")
            if not response.is_success:
                raise LoadError(f"its {name} cannot be fetched ({response.status_code})")
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)

    def close(self) -> None:
        self._http.close()
