"""Explanations of small real models, against what is known of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from relevo_contract.encoding import Encoder
from relevo_inference.explaining.explanation import NoBackgroundError, TooSlowError, explain
from relevo_inference.serving.model import LoadedModel
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from support.animals import BACKGROUND, INPUTS, ROW, TAIL, card
from support.loaded import loaded

NAMES = [column.name for column in INPUTS]
ENCODED = np.array([Encoder(INPUTS).row(dict(zip(NAMES, cells, strict=True))) for cells in BACKGROUND])
NEVER = float("inf")


@pytest.fixture
def forest(tmp_path: Path) -> LoadedModel:
    fitted = RandomForestClassifier(20, random_state=1).fit(ENCODED, [str(int(n) % 3) for n in ENCODED[:, 1]])
    return loaded(tmp_path, fitted, card(background=BACKGROUND))


def regression(folder: Path, **changes: Any) -> tuple[LoadedModel, LinearRegression]:
    fitted = LinearRegression().fit(ENCODED, ENCODED @ [2.0, -3.0, 5.0] + 7)
    says = card(task="regression", target=TAIL, background=BACKGROUND, **changes)
    return loaded(folder, fitted, says), fitted


def test_of_a_linear_model_every_contribution_is_known(tmp_path: Path) -> None:
    """coefficient · (value - mean of the background): Lundberg & Lee 2017, corollary 1."""
    model, fitted = regression(tmp_path)
    said = explain(model, ROW, 0, NEVER)
    row = np.array(Encoder(INPUTS).row(ROW))
    wanted = fitted.coef_ * (row - ENCODED.mean(axis=0))
    found = {c["column"]: c["contribution"] for c in said["contributions"]}
    assert found == pytest.approx(dict(zip(NAMES, wanted, strict=True)), abs=1e-4)
    assert (said["output"], said["output_name"], said["unit"]) == (None, TAIL.description, "m")
    assert said["answer"] == pytest.approx(model.predict_one(ROW)["value"])
    assert said["base"] + sum(found.values()) == pytest.approx(said["answer"], abs=1e-4)
    assert (said["by_output"], said["variations"]) == ({}, [])


def test_for_every_label_base_and_contributions_are_the_answer(forest: LoadedModel) -> None:
    said = explain(forest, ROW, 0, NEVER)
    predicted = forest.predict_one(ROW)
    assert said["output"] == predicted["label"]
    assert said["output_name"] == predicted["label_name"]
    assert said["unit"] == "probability"
    assert said["background_rows"] == len(BACKGROUND)
    assert {label: of["answer"] for label, of in said["by_output"].items()} == predicted["probabilities"]
    for of in said["by_output"].values():
        assert of["base"] + sum(of["contributions"].values()) == pytest.approx(of["answer"], abs=1e-6)
    first = said["by_output"][said["output"]]
    assert {c["column"]: c["contribution"] for c in said["contributions"]} == first["contributions"]
    sizes = [abs(c["contribution"]) for c in said["contributions"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {c["column"]: c["value"] for c in said["contributions"]} == ROW
    assert explain(forest, ROW, 0, NEVER) == said, "the same row, the same explanation"


def test_variations_are_the_answers_to_the_varied_rows(forest: LoadedModel) -> None:
    said = explain(forest, ROW, 3, NEVER)
    assert [v["column"] for v in said["variations"]] == [c["column"] for c in said["contributions"]]
    for variation in said["variations"]:
        rows = [{**ROW, variation["column"]: value} for value in variation["values"]]
        wanted = [answer["probabilities"][said["output"]] for answer in forest.predict_many(rows)]
        assert variation["answers"] == pytest.approx(wanted, abs=1e-6)
        assert ROW[variation["column"]] in variation["values"]


class Slow:
    """A model that takes `seconds` for every row, and the clock by which it does."""

    def __init__(self, model: LoadedModel, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self.now = 100.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def outputs(self, matrix: Any) -> Any:
        self.now += self._seconds * len(matrix)
        return self._model.outputs(matrix)

    def explain(self, vary: int, seconds: float) -> dict[str, Any]:
        return explain(self, ROW, vary, self.now + seconds, lambda: self.now)  # type: ignore[arg-type]


def test_with_little_time_fewer_background_rows_stand_in(forest: LoadedModel) -> None:
    """The background's 40 rows take 40 s, and each that is used 6; of the 265 s left six tenths are for them."""
    slow = Slow(forest, 1)
    said = slow.explain(1, 305)
    assert said["background_rows"] == 26
    assert slow.now < 405
    total = said["base"] + sum(c["contribution"] for c in said["contributions"])
    assert total == pytest.approx(said["answer"], abs=1e-6)


def test_with_hardly_any_time_there_is_no_explanation(forest: LoadedModel) -> None:
    slow = Slow(forest, 0.01)
    with pytest.raises(TooSlowError):
        slow.explain(1, 0.5)
    assert slow.now < 100.5, "it does not even begin"
    with pytest.raises(TooSlowError):
        slow.explain(1, -1)


def test_a_model_that_gets_slower_is_stopped(forest: LoadedModel) -> None:
    """Nobody knows how long a call takes before it has; after the time is up none begins."""

    class Tiring(Slow):
        def outputs(self, matrix: Any) -> Any:
            self._seconds *= 1.5
            return super().outputs(matrix)

    slow = Tiring(forest, 0.002)
    with pytest.raises(TooSlowError):
        slow.explain(1, 1)
    assert slow.now < 102


def test_a_card_without_background_rows(tmp_path: Path) -> None:
    model, _ = regression(tmp_path)
    model.card = model.card.model_copy(update={"background": ()})
    with pytest.raises(NoBackgroundError):
        explain(model, ROW, 1, NEVER)
