"""Kills a model server under load, again and again, and counts what became of the answers."""

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from relevo_contract.tables import predictions
from sqlalchemy import Engine, select
from support.animals import PROBLEM, ROW
from support.journal import waiting
from support.nursery import Nursery
from support.processes import until
from support.serving import raw_url


@dataclass(frozen=True)
class Outcome:
    """Answered predictions, and those of them that are not in the database (twice they cannot be: a key)."""

    kills: int
    answered: int
    lost: int
    seconds: float


class Client(threading.Thread):
    """Asks for one row, then for some, until it is told to stop; remembers every id it was answered with."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.answered: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=20) as http:
            while not self.stop.is_set():
                try:
                    self.answered.append(http.post("/predict", json=ROW).raise_for_status().json()["prediction_id"])
                    many = http.post("/predict", json={"rows": [ROW] * 20}).raise_for_status().json()
                    self.answered += [p["prediction_id"] for p in many["predictions"]]
                except httpx.TransportError:
                    time.sleep(0.005)


def kill_under_load(kills: int, folder: Path, registry: str, raw_db: Engine, seed: int = 1) -> Outcome:
    """The server ships to `raw_db`, the database of `folder`. Each kill comes at a random moment under load."""
    began = time.monotonic()
    moments = random.Random(seed)
    env = {"MLFLOW_TRACKING_URI": registry, "DEFAULT_PROBLEM": PROBLEM, "STATE_DIR": str(folder / "state")}
    env |= {"RAW_DB_URL": raw_url(folder), "SHIP_SECONDS": "0.02"}
    with Nursery(folder / "killed.log", **env) as server:
        clients = [Client(server.url) for _ in range(3)]
        for client in clients:
            client.start()
        for _ in range(kills):
            before = sum(len(client.answered) for client in clients)
            server.start()
            until(lambda before=before: sum(len(c.answered) for c in clients) > before, "an answer")
            time.sleep(moments.uniform(0, 0.2))
            server.kill()
        for client in clients:
            client.stop.set()
            client.join()
        server.start()
        # Not by its own word: what it says of its outbox is as of its last look, which is still to come.
        until(lambda: not waiting(folder / "state" / "outbox.db"), "an empty outbox")
    answered = [i for client in clients for i in client.answered]
    with raw_db.connect() as connection:
        arrived = set(connection.scalars(select(predictions.c.prediction_id)))
    return Outcome(kills, len(answered), len(set(answered) - arrived), round(time.monotonic() - began, 1))
