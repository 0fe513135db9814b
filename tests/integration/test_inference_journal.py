"""Every answer reaches the database once, whoever is down in between."""

import json
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from relevo_contract.tables import predictions
from sqlalchemy import Engine, func, select, text
from support.animals import ROW, Registry
from support.kills import kill_under_load
from support.processes import until
from support.serving import Server, raw_database, serving


def test_every_prediction_is_journaled_once(server: Server, raw_db: Engine) -> None:
    ids = {server.predict(**{"X-Request-Id": "test-1"}).json()["prediction_id"] for _ in range(20)}
    ids |= {p["prediction_id"] for p in server.predict({"rows": [ROW] * 100}).json()["predictions"]}

    def arrived() -> bool:
        with raw_db.connect() as connection:
            return connection.scalar(select(func.count()).select_from(predictions)) >= 120

    until(arrived, "shipping")
    with raw_db.connect() as connection:
        rows = connection.execute(select(predictions)).all()
    assert {row.prediction_id for row in rows} == ids
    assert len(rows) == 120
    assert sum(row.request_id == "test-1" for row in rows) == 20
    assert all(row.input == ROW and set(row.output) == {"label", "label_name", "probabilities"} for row in rows)
    assert all((row.problem, row.version, row.stale) == ("animals", "1", 0) for row in rows)
    assert all(row.duration_ms > 0 for row in rows)


def test_database_down_then_up(registry: Registry, tmp_path: Path) -> None:
    with serving(tmp_path, registry.url) as server:
        ids = {server.predict().json()["prediction_id"] for _ in range(5)}
        until(lambda: server.http.get("/health").json()["journal"]["backlog"] == 5, "the backlog")
        # Killed without a word: what was answered must still arrive.
        server.service.kill()

    with raw_database(tmp_path) as raw_db:

        def arrived() -> bool:
            with raw_db.connect() as connection:
                return set(connection.scalars(select(predictions.c.prediction_id))) == ids

        with serving(tmp_path, registry.url) as server:
            until(arrived, "shipping")
            until(
                lambda: server.http.get("/health").json()["journal"] == {"backlog": 0, "reason": None},
                "an empty outbox",
            )


def test_a_database_that_is_away_under_load(registry: Registry, tmp_path: Path, raw_db: Engine) -> None:
    """It comes and goes three times while four clients ask as fast as they can; none of them gets to notice."""
    with serving(tmp_path, registry.url) as server:
        stop = threading.Event()

        def ask() -> list[str]:
            answered = []
            with httpx.Client(base_url=server.service.url, timeout=20) as http:
                while not stop.is_set():
                    answer = http.post("/predict", json={"rows": [ROW] * 5}).raise_for_status()
                    answered += [prediction["prediction_id"] for prediction in answer.json()["predictions"]]
            return answered

        def journal() -> Any:
            return server.http.get("/health").json()["journal"]

        def rename(table: str, name: str) -> None:
            with raw_db.begin() as connection:
                connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))

        with ThreadPoolExecutor(4) as clients:
            asking = [clients.submit(ask) for _ in range(4)]
            try:
                for _ in range(3):
                    rename("predictions", "away")
                    until(lambda: journal()["reason"] and journal()["backlog"] > 100, "a backlog")
                    rename("away", "predictions")
                    until(lambda: journal()["reason"] is None, "shipping", 120)
            finally:
                stop.set()
            answered = [prediction for client in asking for prediction in client.result()]
        until(lambda: journal() == {"backlog": 0, "reason": None}, "an empty outbox", 120)
    with raw_db.connect() as connection:
        arrived = list(connection.scalars(select(predictions.c.prediction_id)))
    assert sorted(arrived) == sorted(answered)


def test_killed_at_random_moments_nothing_is_lost(
    registry: Registry, tmp_path: Path, raw_db: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python bench/kills.py` does the same a hundred times."""
    outcome = kill_under_load(20, tmp_path, registry.url, raw_db)
    with capsys.disabled():
        print(f"\n{outcome}")  # noqa: T201
    assert outcome.answered > 20
    assert outcome.lost == 0


def test_what_was_refused_is_on_record(server: Server, raw_db: Engine) -> None:
    wrong = {**ROW, "Colour": "blue"}
    assert server.predict(wrong, **{"X-Request-Id": "wrong-1"}).status_code == 422
    assert server.predict().is_success

    def rows() -> list[Any]:
        with raw_db.connect() as connection:
            return list(connection.execute(select(predictions).order_by(predictions.c.predicted_at)))

    until(lambda: len(rows()) == 2, "shipping")
    refused, answered = rows()
    assert (refused.request_id, refused.status, refused.version) == ("wrong-1", 422, "1")
    assert refused.error == 'Colour must be one of: r, g, not the text "blue"'
    assert (json.loads(refused.input), refused.output, refused.probability) == (wrong, None, None)
    assert (answered.status, answered.error) == (200, None)
    assert answered.probability == max(answered.output["probabilities"].values())


def test_a_full_disk_refuses_and_recovers(registry: Registry, tmp_path: Path, raw_db: Engine) -> None:
    """A process that may not write another byte to any file stands for a disk without room."""
    with serving(tmp_path, registry.url, SHIP_SECONDS="0.5") as server:
        assert server.service.running
        pid = server.service.running.pid
        ids = [server.predict().json()["prediction_id"]]
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
        refused = server.predict()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert "could not be written down" in refused.json()["detail"]
        assert server.http.get("/readyz").is_success
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        ids.append(until(server.predict, "an answer").json()["prediction_id"])

        def arrived() -> set[str]:
            with raw_db.connect() as connection:
                return set(connection.scalars(select(predictions.c.prediction_id)))

        until(lambda: arrived() == set(ids), "shipping", 40)
        metrics = server.http.get("/metrics").text
        assert 'relevo_journal_unwritten_total{outcome="refused"} 1.0' in metrics


@pytest.mark.parametrize(("choice", "status", "outcome"), [("refuse", 503, "refused"), ("drop", 200, "dropped")])
def test_at_its_cap_it_does_what_the_setting_says(
    registry: Registry, tmp_path: Path, choice: str, status: int, outcome: str
) -> None:
    """There is no database to ship to, and the outbox may hold a MiB."""
    env = {"OUTBOX_MAX_MB": "1", "OUTBOX_WHEN_FULL": choice, "RAW_DB_URL": ""}
    with serving(tmp_path, registry.url, **env) as server:
        answers = [server.predict({"rows": [ROW] * 1000}) for _ in range(6)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == 200
        assert statuses[-1] == status
        figures = server.http.get("/metrics").text
        assert f'relevo_journal_unwritten_total{{outcome="{outcome}"}}' in figures
        if status == 503:
            assert "its cap of 1 MiB" in answers[-1].json()["detail"]
