"""What became of a prediction: its lineage and its truth, from a real server with a real registry."""

from pathlib import Path
from uuid import uuid4

from relevo_contract.tables import feedback, predictions
from sqlalchemy import Engine, func, select
from support.animals import ROW, Registry, card
from support.processes import until
from support.serving import Server, serving


def arrived(raw_db: Engine, count: int) -> None:
    def there() -> bool:
        with raw_db.connect() as connection:
            return connection.scalar(select(func.count()).select_from(predictions)) >= count

    until(there, "shipping")


def test_where_a_prediction_came_from(server: Server, registry: Registry, raw_db: Engine) -> None:
    of_one = server.predict(**{"X-Request-Id": "first"}).json()["prediction_id"]
    registry.promote("2")
    of_two = server.predict().json()["prediction_id"]
    arrived(raw_db, 2)
    said = card()
    for prediction, version in ((of_one, "1"), (of_two, "2")):
        answer = server.http.get(f"/predictions/{prediction}").raise_for_status().json()
        assert answer["model"] == {"name": "animals", "version": version, "run_id": registry.run_of(version)}
        assert answer["training_set"] == said.training_set.model_dump()
        assert answer["triggered_by"] == {"batch": "1", "collection_id": 1, "dag_run_id": said.dag_run_id}
        assert answer["decision"] == said.decision
        assert answer["status"] == 200
    assert server.http.get(f"/predictions/{of_one}").json()["request_id"] == "first"
    # A server that never had its files gets the card from the registry.
    with serving(raw_db_folder(raw_db), registry.url, STATE_DIR=str(raw_db_folder(raw_db) / "fresh")) as other:
        answer = other.http.get(f"/predictions/{of_one}").raise_for_status().json()
        assert answer["decision"] == said.decision
    unknown = server.http.get(f"/predictions/{uuid4()}")
    assert unknown.status_code == 404
    assert unknown.headers["content-type"] == "application/problem+json"


def raw_db_folder(raw_db: Engine) -> Path:
    return Path(str(raw_db.url.database)).parent


def test_the_truth_about_predictions(server: Server, raw_db: Engine) -> None:
    answers = [server.predict().json() for _ in range(4)]
    label = answers[0]["label"]
    other = "2" if label != "2" else "1"

    def say(prediction: object, truth: object) -> tuple[int, dict[str, object]]:
        answer = server.http.post("/feedback", json={"prediction_id": prediction, "truth": truth})
        return answer.status_code, answer.json()

    for number, answer in enumerate(answers):
        status, said = say(answer["prediction_id"], label if number else other)
        assert status == 200
        assert (said["predicted"], said["correct"]) == (label, bool(number))
        assert say(answer["prediction_id"], label if number else other) == (200, said), "said again"
    first = answers[0]["prediction_id"]
    assert say(first, label)[0] == 409
    assert say(str(uuid4()), label)[0] == 404
    for truth in ("9", 1, None, [label]):
        status, document = say(first, truth)
        assert status == 422
        assert "truth must be one of: 0, 1, 2" in str(document["detail"])
    for body in ({}, [], {"prediction_id": first}, {"prediction_id": 7, "truth": label}):
        assert server.http.post("/feedback", json=body).status_code == 422

    def measured() -> bool:
        figures = server.http.get("/metrics").text
        return 'relevo_live_accuracy{problem="animals",version="1"} 0.75' in figures

    until(measured, "the live accuracy")
    assert say(first, label)[0] == 409, "also from the database"
    with raw_db.connect() as connection:
        rows = connection.execute(select(feedback.c.prediction_id, feedback.c.truth)).all()
    assert len(rows) == 4


def test_nothing_was_predicted(server: Server, raw_db: Engine) -> None:
    server.predict({**ROW, "Colour": "blue"})
    arrived(raw_db, 1)
    with raw_db.connect() as connection:
        refused = connection.scalar(select(predictions.c.prediction_id))
    answer = server.http.post("/feedback", json={"prediction_id": refused, "truth": "1"})
    assert answer.status_code == 409
    assert "nothing was predicted" in answer.json()["detail"]
    assert server.http.get(f"/predictions/{refused}").json()["status"] == 422
