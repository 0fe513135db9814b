"""Every answer reaches the database once, whoever is down in between."""

from pathlib import Path

from relevo_contract.tables import predictions
from sqlalchemy import Engine, func, select
from support.animals import ROW, Registry
from support.processes import until
from support.serving import Server, raw_database, serving


def test_every_prediction_is_journaled_once(server: Server, raw_db: Engine) -> None:
    ids = {server.predict(**{"X-Request-Id": "test-1"}).json()["prediction_id"] for _ in range(20)}
    ids |= {p["prediction_id"] for p in server.predict({"rows": [ROW] * 100}).json()["predictions"]}

    def arrived() -> bool:
        with raw_db.connect() as connection:
            return connection.scalar(select(func.count()).select_from(predictions)) >= 120

    until(arrived, "shipping", 10)
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
        until(lambda: server.http.get("/health").json()["journal"]["backlog"] == 5, "the backlog", 10)
        # Killed without a word: what was answered must still arrive.
        server.service.kill()

    with raw_database(tmp_path) as raw_db:

        def arrived() -> bool:
            with raw_db.connect() as connection:
                return set(connection.scalars(select(predictions.c.prediction_id))) == ids

        with serving(tmp_path, registry.url) as server:
            until(arrived, "shipping", 10)
            until(
                lambda: server.http.get("/health").json()["journal"] == {"backlog": 0, "reason": None},
                "an empty outbox",
            )
