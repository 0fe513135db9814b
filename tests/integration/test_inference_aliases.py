"""What the model server does when the alias moves, and when the registry is wrong, slow or gone."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from relevo_contract.registry import CARD_FILE
from relevo_contract.tables import promotions, utc_now
from sqlalchemy import Engine, insert, select
from support.animals import INPUTS, ROW, UNTRAINED, Registry, card
from support.processes import Service, until
from support.serving import Server, raw_url, serving


def test_moving_the_alias_changes_the_very_next_answer(server: Server, registry: Registry) -> None:
    for version in ["2", "1"] * 10:
        registry.promote(version)
        assert server.version() == (version, False)


def test_broken_versions_keep_the_old_one(server: Server, registry: Registry) -> None:
    broken = registry.register(seed=3)
    (registry.artifacts(broken) / "model.onnx").write_bytes(b"not a graph")
    registry.promote(broken)
    assert server.version() == ("1", True)
    assert "cannot be opened" in server.http.get("/health").json()["models"][0]["reason"]

    missing = registry.register(seed=3)
    (registry.artifacts(missing) / "extra_files" / CARD_FILE).unlink()
    registry.promote(missing)
    assert server.version() == ("1", True)
    assert "it has no extra_files/card.json" in server.http.get("/health").json()["models"][0]["reason"]

    foreign = registry.register(seed=3, says=card(problem=UNTRAINED))
    registry.promote(foreign)
    assert server.version() == ("1", True)
    fewer = registry.register(seed=3, says=card(inputs=INPUTS[:2]))
    registry.promote(fewer)
    assert server.version() == ("1", True)
    assert 'relevo_model_stale{problem="animals"} 1.0' in server.http.get("/metrics").text

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
            assert empty.http.get("/readyz").status_code == 503
            answer = empty.predict()
            assert answer.status_code == 503
            assert "the registry cannot be reached" in answer.json()["detail"]
        registry.promote("2")
        assert server.version() == ("2", False)
        until(lambda: empty.http.get("/readyz").is_success, "readiness")
        assert empty.version() == ("2", False)
