"""The OpenAPI document shows the fields of every model in production, with examples that are valid."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from relevo_inference.app import create_app
from relevo_inference.openapi import describe, example_row
from relevo_inference.serving.rows import RowContract
from relevo_inference.settings import Settings
from support.animals import BACKGROUND, INPUTS, PROBLEM, TAIL, card

HOUSES = card(
    problem="houses",
    title="Houses",
    task="regression",
    target=TAIL,
    inputs=(INPUTS[0].model_copy(update={"default": None}), *INPUTS[1:]),
    background=BACKGROUND,
)


@pytest.fixture
def document(tmp_path: Path, logs_as_they_were: None) -> dict[str, Any]:  # noqa: ARG001
    settings = Settings(
        mlflow_tracking_uri="http://127.0.0.1:9", default_problem=PROBLEM, problems=("houses",), state_dir=tmp_path
    )
    cards = {PROBLEM: card(), "houses": HOUSES, "plants": None}
    productions = {
        name: SimpleNamespace(current=None if said is None else SimpleNamespace(card=said))
        for name, said in cards.items()
    }
    return describe(create_app(settings), SimpleNamespace(settings=settings, productions=productions))  # type: ignore[arg-type]


def content(document: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return found


@pytest.mark.parametrize(
    ("path", "examples"),
    [
        ("/predict", ["animals", "animals_rows"]),
        ("/explain", ["animals"]),
        ("/models/{problem}/predict", ["animals", "animals_rows", "houses", "houses_rows"]),
        ("/models/{problem}/explain", ["animals", "houses"]),
    ],
)
def test_every_example_is_one_that_the_path_takes(document: dict[str, Any], path: str, examples: list[str]) -> None:
    found = content(document, path)
    assert list(found["examples"]) == examples
    schema = {**found["schema"], "components": document["components"]}
    for example in found["examples"].values():
        jsonschema.validate(example["value"], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found["examples"]["animals"]["value"], "Colour": "blue"}, schema)


def test_a_column_without_a_default_shows_a_value_of_the_background() -> None:
    row = example_row(HOUSES)
    assert row is not None
    assert row["Body_Width"] == BACKGROUND[0][0]
    assert RowContract(HOUSES.inputs).one(row) == row
    assert example_row(HOUSES.model_copy(update={"background": ()})) is None


def test_truths_are_those_that_a_model_may_have(document: dict[str, Any]) -> None:
    examples = content(document, "/feedback")["examples"]
    truths = {name: example["value"]["truth"] for name, example in examples.items()}
    assert truths == {"animals": "0", "houses": 1.5}
