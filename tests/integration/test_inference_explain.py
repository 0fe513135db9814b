"""Explanations as a client gets them: a real server in front of a real MLflow."""

from collections.abc import Iterator

import pytest
from support.animals import BACKGROUND, ROW, UNTRAINED, Registry, card
from support.processes import until
from support.serving import Server, raw_database, serving


@pytest.fixture(scope="module")
def explained(animals: Registry) -> str:
    """A version whose card has background rows."""
    return animals.register(seed=7, says=card(background=BACKGROUND))


@pytest.fixture
def explaining(animals: Registry, explained: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    animals.promote(explained)
    folder = tmp_path_factory.mktemp("explaining")
    with raw_database(folder), serving(folder, animals.url, PROBLEMS=UNTRAINED) as server:
        yield server


def test_an_explanation(explaining: Server, explained: str) -> None:
    predicted = explaining.predict().raise_for_status().json()
    said = explaining.predict(path="/explain").raise_for_status().json()
    assert said == explaining.predict(path="/models/animals/explain").json()
    assert said["model"] == predicted["model"]
    assert said["model"]["version"] == explained
    assert (said["output"], said["output_name"]) == (predicted["label"], predicted["label_name"])
    assert said["answer"] == predicted["probabilities"][said["output"]]
    total = said["base"] + sum(c["contribution"] for c in said["contributions"])
    assert total == pytest.approx(said["answer"], abs=1e-6)
    assert {c["column"]: c["value"] for c in said["contributions"]} == ROW
    assert len(said["variations"]) == 2
    for vary in (0, 1, 3):
        assert len(explaining.predict(path=f"/explain?vary={vary}").json()["variations"]) == vary
    # What was written down is the one prediction.
    until(lambda: "relevo_journal_shipped_total 1.0" in explaining.http.get("/metrics").text, "shipping")
    figures = explaining.http.get("/metrics").text
    assert 'relevo_explanations_total{outcome="answered",problem="animals"} 5.0' in figures
    assert 'relevo_explanation_seconds_count{problem="animals"} 5.0' in figures


def test_what_cannot_be_explained_is_said_in_words(explaining: Server, animals: Registry) -> None:
    def detail(status: int, row: object = ROW, path: str = "/explain") -> str:
        answer = explaining.predict(row, path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return str(answer.json()["detail"])

    assert "Colour must be one of: r, g" in detail(422, {**ROW, "Colour": "blue"})
    assert "one row" in detail(422, {"rows": [ROW]})
    assert "one row" in detail(422, [ROW])
    assert "vary" in detail(422, path="/explain?vary=4")
    assert "vary" in detail(422, path="/explain?vary=x")
    assert "there is no model 'nothing'" in detail(404, path="/models/nothing/explain")
    assert "no version of plants is in production" in detail(503, path="/models/plants/explain")
    animals.promote("1")
    assert "no background rows" in detail(409)
