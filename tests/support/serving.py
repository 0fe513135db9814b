"""The model server as its clients see it, and the database it ships its predictions to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from relevo_contract.tables import raw_metadata
from sqlalchemy import Engine, create_engine
from support.animals import PROBLEM, ROW
from support.processes import Service, model_server

FRESH = {"Cache-Control": "no-cache"}


class Server:
    """A running model server and a client of it."""

    def __init__(self, service: Service, http: httpx.Client) -> None:
        self.service = service
        self.http = http

    def predict(self, row: Any = ROW, path: str = "/predict", **headers: str) -> httpx.Response:
        """An answer that no look-up older than the question decides."""
        return self.http.post(path, json=row, headers={**FRESH, **headers})

    def version(self) -> tuple[str, bool]:
        """Which version answers, and whether it is stale."""
        model = self.predict().raise_for_status().json()["model"]
        return model["version"], model["stale"]


def raw_url(folder: Path) -> str:
    return f"sqlite:///{folder}/raw.db"


@contextmanager
def raw_database(folder: Path) -> Iterator[Engine]:
    """The database with its tables that a server of the same folder ships to."""
    engine = create_engine(raw_url(folder))
    raw_metadata.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def serving(folder: Path, registry: str, *, health: str = "/readyz", **env: str) -> Iterator[Server]:
    """A model server with all of its state below `folder`, until the block ends."""
    quick = {"SHIP_SECONDS": "0.1", "LOAD_RETRY_SECONDS": "0.5"}
    env = {"DEFAULT_PROBLEM": PROBLEM, "RAW_DB_URL": raw_url(folder), **quick, **env}
    service = model_server(folder, registry, health=health, **env)
    with service, httpx.Client(base_url=service.url, timeout=20) as http:
        yield Server(service, http)
