"""What the model server answers: real processes, real models of a real MLflow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from relevo_contract.card import Card
from relevo_contract.encoding import Encoder
from support.animals import INPUTS, ROW, UNTRAINED, Registry
from support.serving import Server, raw_database, serving


@pytest.fixture(scope="module")
def answering(animals: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests: none changes what it answers."""
    animals.promote("1")
    folder = tmp_path_factory.mktemp("answering")
    with raw_database(folder), serving(folder, animals.url, PROBLEMS=UNTRAINED) as server:
        yield server


def expected(registry: Registry, version: str, row: dict[str, Any]) -> np.ndarray[Any, Any]:
    return registry.models[version].predict_proba(np.array([Encoder(INPUTS).row(row)]))[0]


def test_one_row(answering: Server, animals: Registry) -> None:
    answer = answering.predict().raise_for_status().json()
    wanted = expected(animals, "1", ROW)
    assert list(answer["probabilities"]) == ["0", "1", "2"]
    assert list(answer["probabilities"].values()) == pytest.approx(wanted, abs=1e-5)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert answer["label"] == str(wanted.argmax())
    assert answer["label_name"] == {"0": "Ant", "1": "Bee", "2": "Cat"}[answer["label"]]
    assert answer["model"] == {"name": "animals", "version": "1", "run_id": animals.run_of("1"), "stale": False}
    by_name = answering.predict(path="/models/animals/predict").json()
    assert by_name["probabilities"] == answer["probabilities"]


@pytest.mark.parametrize("rows", [1, 64, 65, 1000])
def test_many_rows(answering: Server, animals: Registry, rows: int) -> None:
    generator = np.random.default_rng(rows)
    batch = [
        {"Body_Width": float(w), "legs-count": int(n), "Colour": c}
        for w, n, c in zip(
            generator.random(rows) * 10,
            generator.integers(0, 9, rows),
            generator.choice(["r", "g"], rows),
            strict=True,
        )
    ]
    answer = answering.predict({"rows": batch}).raise_for_status().json()
    assert len({p["prediction_id"] for p in answer["predictions"]}) == rows
    for row, prediction in zip(batch, answer["predictions"], strict=True):
        assert list(prediction["probabilities"].values()) == pytest.approx(expected(animals, "1", row), abs=1e-5)


def test_wrong_rows_name_the_field_and_what_is_allowed(answering: Server) -> None:
    answer = answering.predict({**ROW, "Body_Width": 11, "Colour": "blue"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["instance"] == "/predict"
    width, colour = document["errors"]
    assert width["field"] == "Body_Width"
    assert width["message"] == "Body_Width must be a number from 0 to 10 (m), not 11"
    assert width["allowed"] == "a number from 0 to 10 (m)"
    assert colour["message"] == 'Colour must be one of: r, g, not the text "blue"'
    batch = answering.predict({"rows": [ROW, {**ROW, "legs-count": 1.5}]}).json()
    assert [(e["row"], e["field"]) for e in batch["errors"]] == [(1, "legs-count")]


def test_unknown_model_names_those_there_are(answering: Server) -> None:
    answer = answering.predict(path="/models/nothing/predict")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no model 'nothing'; there are: animals, plants"


def test_nothing_in_production(answering: Server) -> None:
    answer = answering.predict(path="/models/plants/predict")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["detail"] == "no version of plants is in production"


def test_what_is_in_production(answering: Server) -> None:
    listed = {m["name"]: m for m in answering.http.get("/models").json()["models"]}
    assert listed["animals"]["model"]["version"] == "1"
    assert listed["plants"]["model"] is None
    answer = answering.http.get("/models/animals").json()
    assert Card.model_validate(answer["card"]).inputs == INPUTS
    assert answer["model"]["version"] == "1"
    info = answering.http.get("/model-info").json()
    assert (info["version"], info["data"], info["metrics"]) == ("1", "simulated", {"macro_f1": 0.5})
    metrics = answering.http.get("/metrics").text
    assert 'relevo_model_info{algorithm="logistic_regression",data="simulated",problem="animals"' in metrics
    assert 'relevo_model_stale{problem="animals"} 0.0' in metrics
