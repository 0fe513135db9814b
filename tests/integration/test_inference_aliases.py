"""What the model server does when the alias moves, and when the registry is wrong, slow or gone."""

import json
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from relevo_contract.registry import CARD_FILE, TAG_PROMOTED
from relevo_contract.tables import promotions, utc_now
from sqlalchemy import Engine, insert, select
from support.animals import INPUTS, ROW, UNTRAINED, Registry, card
from support.processes import Service, until
from support.serving import Server, raw_url, serving


def test_moving_the_alias_changes_the_very_next_answer(server: Server, registry: Registry) -> None:
    for version in ["2", "1"] * 10:
        registry.promote(version)
        assert server.version() == (version, False)


def stood_in(server: Server, reason: str) -> None:
    """The last good model answered for this reason: metric, log and health say so."""
    assert 'relevo_model_stale{problem="animals"} 1.0' in server.http.get("/metrics").text
    said = [entry["reason"] for entry in logged(server, "stale: the last good model answers")]
    assert reason in said[-1]
    health = server.http.get("/health").json()
    assert health["status"] == "degraded"
    assert reason in health["models"][0]["reason"]


def logged(server: Server, event: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in server.service.log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in entries if entry["event"] == event]


def failed_loads(server: Server) -> float:
    text = server.http.get("/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return sum(s.value for s in families["relevo_model_load_failures"].samples if s.name.endswith("_total"))


def test_broken_versions_keep_the_old_one(server: Server, registry: Registry) -> None:
    broken = registry.register(seed=3)
    (registry.artifacts(broken) / "model.onnx").write_bytes(b"not a graph")
    registry.promote(broken)
    assert server.version() == ("1", True)
    stood_in(server, f"version {broken} cannot be served: its graph cannot be opened")
    assert failed_loads(server) == 1
    assert logged(server, "version cannot be loaded")[-1]["version"] == broken

    missing = registry.register(seed=3)
    (registry.artifacts(missing) / "extra_files" / CARD_FILE).unlink()
    registry.promote(missing)
    assert server.version() == ("1", True)
    stood_in(server, "it has no extra_files/card.json")

    foreign = registry.register(seed=3, says=card(problem=UNTRAINED))
    registry.promote(foreign)
    assert server.version() == ("1", True)
    stood_in(server, "its card is that of 'plants'")
    fewer = registry.register(seed=3, says=card(inputs=INPUTS[:2]))
    registry.promote(fewer)
    assert server.version() == ("1", True)
    stood_in(server, "its graph reads 3 inputs, its card names 2")

    registry.promote("2")
    assert server.version() == ("2", False)
    assert logged(server, "no longer stale")
    assert 'relevo_model_stale{problem="animals"} 0.0' in server.http.get("/metrics").text


def test_a_registry_that_names_a_version_which_does_not_exist(server: Server, registry: Registry) -> None:
    assert server.version() == ("1", False)
    # MLflow refuses such an alias; a database that was restored in part has one.
    with closing(sqlite3.connect(registry.folder / "mlflow.db", timeout=30)) as database, database:
        database.execute("UPDATE registered_model_aliases SET version = 999 WHERE name = 'animals'")
    assert server.version() == ("1", True)
    stood_in(server, "the registry answered 404: Model Version (name=animals, version=999) not found")
    registry.promote("2")
    assert server.version() == ("2", False)


def test_a_move_by_hand_is_on_record(registry: Registry, tmp_path: Path, raw_db: Engine) -> None:
    with raw_db.begin() as connection:
        row = {"problem": "animals", "to_version": "1", "promoted_by": "pipeline", "reason": "the first model"}
        connection.execute(insert(promotions).values(**row, promoted_at=utc_now()))
    seen = select(promotions.c.from_version, promotions.c.to_version, promotions.c.promoted_by)

    def story() -> list[tuple[str | None, ...]]:
        with raw_db.connect() as connection:
            return [tuple(row) for row in connection.execute(seen.order_by(promotions.c.id))]

    with serving(tmp_path, registry.url), serving(tmp_path / "other", registry.url, RAW_DB_URL=raw_url(tmp_path)):
        registry.promote("2")
        until(lambda: len(story()) == 2, "the record", 20)
        registry.promote("1")
        until(lambda: len(story()) == 3, "the record of the way back", 20)
    by_hand = "by hand (seen by the model server)"
    assert story()[1:] == [("1", "2", by_hand), ("2", "1", by_hand)]


def test_moves_while_every_server_was_down_are_on_record(
    registry: Registry, tmp_path: Path, raw_db: Engine
) -> None:
    moments = []

    def announce(before: str | None, after: str) -> None:
        row = {"problem": "animals", "from_version": before, "to_version": after, "promoted_by": "pipeline"}
        moments.append(utc_now())
        with raw_db.begin() as connection:
            connection.execute(insert(promotions).values(**row, promoted_at=moments[-1], reason="better"))

    seen = select(promotions.c.from_version, promotions.c.to_version, promotions.c.promoted_by)

    def story() -> list[tuple[str | None, ...]]:
        with raw_db.connect() as connection:
            return [tuple(row) for row in connection.execute(seen.order_by(promotions.c.id))]

    announce(None, "1")
    with serving(tmp_path, registry.url) as server:
        assert server.version() == ("1", False)
    # The pipeline promotes version 2, and somebody takes it back in MLflow, while the server is down.
    announce("1", "2")
    registry.promote("2")
    registry.client.set_model_version_tag("animals", "2", TAG_PROMOTED, moments[-1].isoformat())
    registry.promote("1")
    with serving(tmp_path, registry.url):
        until(lambda: len(story()) == 3, "the record of the way back", 20)
    # And to 2 by hand, which a server without any memory sees first.
    registry.promote("2")
    with serving(tmp_path / "anew", registry.url, RAW_DB_URL=raw_url(tmp_path)):
        until(lambda: len(story()) == 4, "the record of the move", 20)
    registry.promote("1")
    with serving(tmp_path / "another", registry.url, RAW_DB_URL=raw_url(tmp_path)):
        until(lambda: len(story()) == 5, "the record of the second way back", 20)
    registry.client.delete_model_version_tag("animals", "2", TAG_PROMOTED)
    by_hand = "by hand (seen by the model server)"
    assert story()[2:] == [("2", "1", by_hand), ("1", "2", by_hand), ("2", "1", by_hand)]


def test_deleted_alias(server: Server, registry: Registry) -> None:
    assert server.version() == ("1", False)
    registry.client.delete_registered_model_alias("animals", "production")
    answer = server.predict()
    assert answer.status_code == 503
    assert server.http.get("/readyz").status_code == 503
    registry.promote("1")
    assert server.version() == ("1", False)


def test_registry_hangs(server: Server, mlflow: Service) -> None:
    assert server.version() == ("1", False)
    with mlflow.paused():
        assert server.version() == ("1", True)
        began = time.perf_counter()
        for _ in range(50):
            assert server.http.post("/predict", json=ROW).json()["model"]["stale"] is True
        assert time.perf_counter() - began < 2, "only the first may wait"
        assert server.http.get("/health").json()["registry"]["reachable"] is False
        stood_in(server, "the registry did not answer in time")

    def recovered() -> bool:
        return server.http.post("/predict", json=ROW).json()["model"]["stale"] is False

    until(recovered, "recovery", 20)


@pytest.mark.usefixtures("raw_db")
def test_registry_down(registry: Registry, mlflow: Service, tmp_path: Path) -> None:
    with serving(tmp_path, registry.url) as server:
        assert server.version() == ("1", False)
    with ExitStack() as running:
        with mlflow.down():
            # A restart without the registry goes on with what is on disk, and finds back by itself.
            server = running.enter_context(serving(tmp_path, registry.url))
            empty = running.enter_context(serving(tmp_path / "empty", registry.url, health="/livez"))
            assert server.version() == ("1", True)
            stood_in(server, "the registry cannot be reached")
            assert empty.http.get("/readyz").status_code == 503
            answer = empty.predict()
            assert answer.status_code == 503
            assert "the registry cannot be reached" in answer.json()["detail"]
        registry.promote("2")
        assert server.version() == ("2", False)
        until(lambda: empty.http.get("/readyz").is_success, "readiness")
        assert empty.version() == ("2", False)
