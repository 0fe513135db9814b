"""What is sampled for the challenger, what is dropped, and what is written down."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic_core import from_json
from relevo_contract.tables import raw_metadata, shadow_predictions
from relevo_inference.journal import shadows
from relevo_inference.journal.outbox import connect
from relevo_inference.problem_details import ProblemError
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.answer import Answer
from relevo_inference.shadow.shadow import Shadow
from relevo_inference.shadow.telemetry import ShadowTelemetry
from sqlalchemy import Engine, select

CAP = 16 * 2**20


class Model:
    """Answers with what its `say` makes of a row; every row fits."""

    def __init__(self, version: str, say: Callable[[Any], Any] = lambda row: {"value": row["n"], "interval": None}):
        self.version = ModelVersion("animals", version, "r" * 32, "", 0)
        self.contract = self
        self.predict_one = say

    def one(self, row: Any) -> Any:
        if row["n"] < 0:
            raise ProblemError(422, "n must not be negative")
        return row


class Shadowed:
    """A shadow of `share`, and what it has counted."""

    def __init__(self, path: Path, challenger: Model | None, share: float = 1.0, **options: Any) -> None:
        self.registry = CollectorRegistry()
        options = {"waiting": 1000, "most_bytes": CAP, **options}
        telemetry = ShadowTelemetry(self.registry)
        self.shadow = Shadow(lambda _: challenger, path, share=share, telemetry=telemetry, **options)  # type: ignore[arg-type,return-value]

    def offer(self, *numbers: float, by: str = "1") -> None:
        output = {"value": 10.0, "interval": {"low": 5, "high": 15}}
        answers = [Answer(output, f"p-{n}") for n in numbers]
        self.shadow.offer(Model(by), [{"n": n} for n in numbers], answers)  # type: ignore[arg-type]

    def counted(self, name: str, **labels: str) -> float | None:
        labels = {"problem": "animals", "version": "2", **labels}
        return self.registry.get_sample_value(f"relevo_shadow_{name}", labels)


def kept(path: Path) -> list[dict[str, Any]]:
    with closing(connect(path)) as outbox:
        payloads = outbox.execute("SELECT payload FROM shadow ORDER BY id").fetchall()
    return [from_json(line) for (payload,) in payloads for line in payload.splitlines()]


def test_the_challenger_answers_too(path: Path) -> None:
    shadowed = Shadowed(path, Model("2"))
    shadowed.offer(7.0, 20.0, -1.0)
    shadowed.shadow.close()
    seven, twenty = kept(path)
    assert (seven["prediction_id"], seven["version"], seven["output"]) == (
        "p-7.0",
        "2",
        {"value": 7, "interval": None},
    )
    assert (seven["agrees"], seven["difference"]) == (1, -3)
    assert (twenty["agrees"], twenty["difference"]) == (0, 10)
    found = {
        outcome: shadowed.counted("predictions_total", outcome=outcome)
        for outcome in ("agrees", "differs", "unfit")
    }
    assert found == {"agrees": 1, "differs": 1, "unfit": 1}
    assert shadowed.counted("seconds_count") == 2


def test_there_is_nothing_to_compare(path: Path) -> None:
    """No challenger; one that is in production; nothing that shall be sampled."""
    for shadowed in (Shadowed(path, None), Shadowed(path, Model("1")), Shadowed(path, Model("2"), share=0)):
        shadowed.offer(1.0)
        shadowed.shadow.close()
        assert shadowed.counted("seconds_count") is None
    assert kept(path) == []


def test_a_share_is_a_share(path: Path) -> None:
    shadowed = Shadowed(path, Model("2"), share=0.25, waiting=10_000)
    shadowed.offer(*map(float, range(4000)))
    shadowed.shadow.close()
    # Far beyond what chance explains: 6 standard deviations are 164.
    assert 800 < len(kept(path)) < 1200


def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(_row: Any) -> Any:
        begun.set()
        go.wait()
        return {"value": 1.0, "interval": None}

    shadowed = Shadowed(path, Model("2", slow), waiting=5)
    shadowed.offer(0.0)
    begun.wait()
    shadowed.offer(*map(float, range(1, 21)))
    go.set()
    shadowed.shadow.close()
    assert len(kept(path)) == 6
    assert shadowed.counted("dropped_total") == 15


def test_a_challenger_that_fails_ends_nothing(path: Path) -> None:
    def fail_at_first(row: Any) -> Any:
        if row["n"] == 0:
            raise RuntimeError("no")
        return {"value": 1.0, "interval": None}

    shadowed = Shadowed(path, Model("2", fail_at_first))
    shadowed.offer(0.0)
    shadowed.offer(1.0)
    shadowed.shadow.close()
    assert [row["prediction_id"] for row in kept(path)] == ["p-1.0"]
    assert shadowed.counted("predictions_total", outcome="failed") == 1


def test_it_leaves_half_of_the_outbox_to_predictions(path: Path) -> None:
    shadowed = Shadowed(
        path, Model("2", lambda _row: {"value": 1.0, "interval": None, "x": "x" * 10_000}), most_bytes=2**20
    )
    shadowed.offer(*map(float, range(100)))
    shadowed.shadow.close()
    assert kept(path) == []
    assert shadowed.counted("dropped_total") == 100


def test_what_is_kept_is_shipped_once(path: Path, database: Engine) -> None:
    raw_metadata.create_all(database)
    shadowed = Shadowed(path, Model("2"))
    shadowed.offer(7.0, 8.0)
    shadowed.shadow.close()
    with closing(connect(path)) as outbox:
        (payload,) = outbox.execute("SELECT payload FROM shadow").fetchone()
        shadows.ship(outbox, database)
        # It was told again: the database had it, and the outbox did not get to know.
        shadows.keep(outbox, payload)
        shadows.ship(outbox, database)
        assert outbox.execute("SELECT count(*) FROM shadow").fetchone() == (0,)
    with database.connect() as connection:
        rows = connection.execute(select(shadow_predictions).order_by(shadow_predictions.c.prediction_id)).all()
    assert [(row.prediction_id, row.version, row.agrees, row.difference) for row in rows] == [
        ("p-7.0", "2", 1, -3),
        ("p-8.0", "2", 1, -2),
    ]


def test_an_outbox_that_cannot_be_written_drops_what_came(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(shadows, "keep", full)
    shadowed = Shadowed(path, Model("2"))
    shadowed.offer(1.0, 2.0)
    shadowed.shadow.close()
    assert shadowed.counted("dropped_total") == 2
