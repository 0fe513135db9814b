"""The challenger in production's shadow: a real server, a real MLflow, and the table it ends up in."""

from pathlib import Path
from typing import Any

import pytest
from relevo_contract.registry import CHALLENGER
from relevo_contract.tables import predictions, shadow_predictions
from sqlalchemy import Engine, select
from support.animals import INPUTS, PROBLEM, ROW, TAIL, Registry
from support.processes import until
from support.serving import Server, serving


def challenge(registry: Registry, version: str) -> None:
    registry.client.set_registered_model_alias(PROBLEM, CHALLENGER, version)


@pytest.fixture
def challenged(registry: Registry) -> Any:
    """Version 1 in production, version 2 its challenger."""
    challenge(registry, "2")
    yield registry
    registry.client.delete_registered_model_alias(PROBLEM, CHALLENGER)


def loaded(server: Server, version: str) -> None:
    """A prediction is what makes the server look; the load itself is in its log."""
    until(
        lambda: f'"version": "{version}", "event": "version loaded"' in server.service.log.read_text(), "the load"
    )


def test_the_challenger_is_asked_as_well(challenged: Registry, tmp_path: Path, raw_db: Engine) -> None:
    with serving(tmp_path, challenged.url, SHADOW_SHARE="1", REFRESH_SECONDS="0.1") as server:
        loaded(server, "2")
        answers = [server.predict({**ROW, "Body_Width": width / 4}).json() for width in range(20)]
        many = server.predict({"rows": [ROW] * 30}).json()
        assert {answer["model"]["version"] for answer in (*answers, many)} == {"1"}

        def shadowed() -> list[Any]:
            with raw_db.connect() as connection:
                return list(connection.execute(select(shadow_predictions)))

        until(lambda: len(shadowed()) == 50, "the shadow's rows")
        with raw_db.connect() as connection:
            inputs = {row.prediction_id: row.input for row in connection.execute(select(predictions))}
        labels = {answer["prediction_id"]: answer["label"] for answer in (*answers, *many["predictions"])}
        challenged.promote("2")
        for row in shadowed():
            assert row.version == "2"
            assert row.agrees == (row.output["label"] == labels[row.prediction_id])
            assert 0 <= row.difference <= 1
            assert row.duration_ms > 0
        one = shadowed()[0]
        asked = server.predict(inputs[one.prediction_id]).json()
        assert asked["model"]["version"] == "2"
        assert asked["probabilities"] == pytest.approx(one.output["probabilities"])

        figures = server.http.get("/metrics").text
        agreed = sum(row.agrees for row in shadowed())
        counted = 'relevo_shadow_predictions_total{outcome="%s",problem="animals",version="2"} %s'
        assert agreed > 0, "the two versions agree on something, or this test sees nothing"
        assert counted % ("agrees", float(agreed)) in figures
        assert 'relevo_shadow_seconds_count{problem="animals",version="2"} 50.0' in figures
        # Now it is in production itself.
        assert len(shadowed()) == 50


def test_without_a_share_nobody_asks_it(challenged: Registry, tmp_path: Path, raw_db: Engine) -> None:
    with serving(tmp_path, challenged.url, REFRESH_SECONDS="0.1") as server:
        loaded(server, "2")
        assert server.predict().is_success
        until(lambda: "relevo_journal_shipped_total 1.0" in server.http.get("/metrics").text, "shipping")
        assert "relevo_shadow_predictions_total{" not in server.http.get("/metrics").text
    with raw_db.connect() as connection:
        assert connection.execute(select(shadow_predictions)).all() == []


def test_a_challenger_with_other_inputs_disturbs_nobody(
    challenged: Registry, tmp_path: Path, raw_db: Engine
) -> None:
    wider = challenged.register(seed=9, inputs=(*INPUTS, TAIL))
    challenge(challenged, wider)
    with serving(tmp_path, challenged.url, SHADOW_SHARE="1", REFRESH_SECONDS="0.1") as server:
        loaded(server, wider)
        assert server.version() == ("1", False)
        unfit = f'relevo_shadow_predictions_total{{outcome="unfit",problem="animals",version="{wider}"}} 1.0'
        until(lambda: unfit in server.http.get("/metrics").text, "the comparison")
    with raw_db.connect() as connection:
        assert len(connection.execute(select(predictions)).all()) == 1
        assert connection.execute(select(shadow_predictions)).all() == []
