"""What is counted of the answered rows, and the drift of the latest of them."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_contract.reference import CategoryCounts, NumberCounts, Reference
from relevo_inference.exposition import exposition
from relevo_inference.journal.entries import Answered, Entry, decode, encode
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.answer import Answer
from relevo_inference.traffic.telemetry import TrafficTelemetry
from relevo_inference.traffic.traffic import Traffic, drift, value_buckets
from support.animals import INPUTS, PROBLEM, TARGET, card

WIDTH, LEGS, COLOUR = (column.name for column in INPUTS)
PRICE = Column(name="Price", kind="number", description="What it costs", unit="USD")


def reference(**target: Any) -> Reference:
    columns = {
        WIDTH: NumberCounts(edges=tuple(float(n) for n in range(100)), counts=(10,) * 100),
        LEGS: NumberCounts(edges=(2.0, 4.0, 6.0), counts=(250, 500, 250)),
        COLOUR: CategoryCounts(counts={"r": 500, "g": 500}),
        **target,
    }
    return Reference(rows=1000, columns=columns)


ANIMALS = card(reference=reference(**{TARGET.name: CategoryCounts(counts={"0": 1000})}))
PRICES = card(
    task="regression",
    target=PRICE,
    reference=reference(Price=NumberCounts(edges=tuple(float(n) for n in range(1, 101)), counts=(10,) * 100)),
)


def like_the_training(count: int, seed: int = 1) -> list[dict[str, Any]]:
    chance = np.random.default_rng(seed)
    widths = chance.integers(0, 100, count).tolist()
    legs = chance.choice([2, 4, 6], count, p=[0.25, 0.5, 0.25]).tolist()
    colours = chance.choice(["r", "g"], count).tolist()
    return [{WIDTH: w, LEGS: n, COLOUR: c} for w, n, c in zip(widths, legs, colours, strict=True)]


def entries(rows: Sequence[Any], output: Any, version: str = "1", status: int = 200) -> list[Entry]:
    answered = Answered("request-1", PROBLEM, version, "r" * 32, stale=False, duration_ms=1.5)
    lines = encode(answered, rows, [Answer({"value": 0.0})] * len(rows))
    return [entry._replace(output=json.dumps(output), status=status) for entry in decode(lines.splitlines())[0]]


class Model:
    def __init__(self, version: str, card: Card) -> None:
        self.version = ModelVersion(PROBLEM, version, "r" * 32, "", 0)
        self.card = card


class Watched:
    """Traffic with what it has said; every call is a moment at which it may measure."""

    def __init__(self, *models: Model, window: int = 1000) -> None:
        self.registry = CollectorRegistry()
        self.models = {model.version.version: model for model in models}
        self.current: Model | None = models[0]
        self.now = 0.0
        self.traffic = Traffic(
            lambda _, version: self.models.get(version),  # type: ignore[arg-type,return-value]
            lambda _: self.current,  # type: ignore[arg-type,return-value]
            window=window,
            telemetry=TrafficTelemetry(self.registry),
            clock=lambda: self.now,
        )

    def saw(self, rows: Sequence[Any]) -> None:
        self.now += 60
        self.traffic.saw(rows)

    def value(self, name: str, version: str = "1", **labels: str) -> float | None:
        return self.registry.get_sample_value(name, {"problem": PROBLEM, "version": version, **labels})

    def psi(self, column: str) -> float:
        """Not a number while nothing is said of it."""
        found = self.value("relevo_input_drift_psi", column=column)
        return math.nan if found is None else found


def test_labels_are_counted_by_version() -> None:
    watched = Watched(Model("1", ANIMALS))
    rows = like_the_training(3)
    watched.saw(entries(rows, {"label": "0"}) + entries(rows[:1], {"label": "2"}))
    watched.saw(entries(rows[:2], {"label": "0"}, version="7"))
    refused = entries(["{"], None, status=422)
    watched.saw(refused)
    assert watched.value("relevo_predicted_labels_total", label="0") == 3
    assert watched.value("relevo_predicted_labels_total", label="2") == 1
    assert watched.value("relevo_predicted_labels_total", "7", label="0") == 2


def test_values_lie_between_quantiles_of_the_training_rows_of_their_version() -> None:
    other = PRICES.model_copy(
        update={"reference": reference(Price=NumberCounts(edges=(5.0, 7.0), counts=(500, 500)))}
    )
    watched = Watched(Model("1", PRICES), Model("2", other))
    for version in ("1", "2"):
        for value in (0.5, 6.0, 1000.0):
            watched.saw(entries(like_the_training(1), {"value": value, "interval": None}, version))
    name = "relevo_predicted_value"
    assert value_buckets(PRICES) == (1, 5, 10, 25, 50, 75, 90, 95, 99)
    assert [watched.value(f"{name}_bucket", le=le) for le in ("1.0", "5.0", "10.0", "+Inf")] == [1, 1, 2, 3]
    assert [watched.value(f"{name}_bucket", "2", le=le) for le in ("5.0", "7.0", "+Inf")] == [1, 2, 3]
    assert watched.value(f"{name}_sum") == 1006.5
    text = generate_latest(watched.registry).decode()
    assert text.count(f"# TYPE {name} histogram") == 1
    assert f'{name}_count{{problem="{PROBLEM}",version="2"}} 3.0' in text


def test_rows_like_those_of_the_training_have_not_drifted_and_others_have() -> None:
    watched = Watched(Model("1", ANIMALS))
    watched.saw(entries(like_the_training(1000), {"label": "0"}))
    assert watched.value("relevo_input_drift_rows") == 1000
    for column in (WIDTH, LEGS, COLOUR):
        assert watched.psi(column) < 0.05
    red = [{**row, COLOUR: "r", WIDTH: 500} for row in like_the_training(1000, seed=2)]
    watched.saw(entries(red, {"label": "0"}))
    assert watched.psi(COLOUR) > 1
    assert watched.psi(WIDTH) > 1
    assert watched.psi(LEGS) < 0.05


def test_only_the_latest_rows_count() -> None:
    watched = Watched(Model("1", ANIMALS), window=200)
    watched.saw(entries([{**row, COLOUR: "r"} for row in like_the_training(5000)], {"label": "0"}))
    assert watched.psi(COLOUR) > 1
    for _ in range(4):
        watched.saw(entries(like_the_training(50), {"label": "0"}))
    assert watched.value("relevo_input_drift_rows") == 200
    assert watched.psi(COLOUR) < 0.1


def test_few_rows_say_nothing_until_there_are_more() -> None:
    watched = Watched(Model("1", ANIMALS))
    watched.saw(entries(like_the_training(99), {"label": "0"}))
    assert math.isnan(watched.psi(WIDTH))
    watched.saw(entries(like_the_training(1), {"label": "0"}))
    assert watched.psi(WIDTH) >= 0


def test_rows_that_came_between_two_measurements_are_measured_when_no_more_come() -> None:
    watched = Watched(Model("1", ANIMALS))
    watched.traffic.saw(())
    watched.traffic.saw(entries(like_the_training(100), {"label": "0"}))
    assert math.isnan(watched.psi(WIDTH))
    watched.saw(())
    assert watched.psi(WIDTH) >= 0


def shown(registry: CollectorRegistry) -> str:
    lines = exposition(registry).decode().splitlines()
    return "\n".join(line for line in lines if line.startswith("relevo_input_drift"))


def test_another_version_begins_a_window_of_its_own() -> None:
    first, second = Model("1", ANIMALS), Model("2", ANIMALS)
    watched = Watched(first, second)
    watched.saw(entries(like_the_training(100), {"label": "0"}))
    watched.current = second
    watched.saw(entries(like_the_training(100), {"label": "0"}))
    assert shown(watched.registry) == "", "rows of the version before are none of this one's"
    watched.saw(entries(like_the_training(100), {"label": "0"}, "2"))
    assert 'version="2"' in shown(watched.registry)
    assert 'version="1"' not in shown(watched.registry)
    watched.current = None
    watched.saw(())
    assert shown(watched.registry) == ""


def test_a_card_of_an_earlier_release_has_no_reference() -> None:
    watched = Watched(Model("1", card()))
    watched.saw(entries(like_the_training(100), {"label": "0"}))
    assert math.isnan(watched.psi(WIDTH))
    assert watched.value("relevo_predicted_labels_total", label="0") == 100
    assert drift(card(), like_the_training(5)) == {}
    assert value_buckets(card()) == ()


def test_an_entry_that_cannot_be_read_holds_up_nobody() -> None:
    watched = Watched(Model("1", ANIMALS))
    watched.saw(entries([{}], None))
    watched.saw(entries(like_the_training(100), {"label": "0"}))
    assert watched.psi(WIDTH) >= 0


@given(st.lists(st.integers(0, 99), min_size=1), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_says_nothing_and_the_index_is_never_below_zero(widths: list[int], seed: int) -> None:
    rows = [{WIDTH: width, LEGS: 4, COLOUR: "r"} for width in widths]
    found = drift(ANIMALS, rows)
    assert min(found.values()) >= 0
    np.random.default_rng(seed).shuffle(rows)  # type: ignore[arg-type]
    assert drift(ANIMALS, rows) == found
