"""One explanation: SHAP values of the served graph's answer to a row, against the background rows of its card."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from relevo_contract.card import Card
from relevo_contract.encoding import Encoder
from relevo_contract.shapley import Contributions, Matrix, contributions

from relevo_inference.explaining.grids import grid
from relevo_inference.serving.model import LoadedModel

# Fewer would say more about the rows that happen to be left than about the model.
_LEAST_BACKGROUND = 10
# Between two looks at the clock; so nobody waits much longer than the time that is allowed.
_CHUNK_SECONDS = 0.05
# Of the time that is left, for the SHAP values; the rest is for the variations and for a machine that gets busier.
_SHARE = 0.6
# Seconds a row: what a coarse clock makes of no time at all.
_FASTEST = 1e-7
# float32 answers, summed in another order than for a row alone.
_RELATIVE, _ABSOLUTE = 1e-3, 1e-5


Clock = Callable[[], float]


class NoBackgroundError(Exception):
    """The version's card has no rows to explain against."""


class TooSlowError(Exception):
    """The model is too slow to be explained in the time there is."""


class _Bounded:
    """The model's answers, shape (rows, outputs), in pieces, until the time is up."""

    def __init__(self, model: LoadedModel, until: float, clock: Clock) -> None:
        self._model = model
        self._until = until
        self._clock = clock
        self.seconds_a_row = 0.0
        # A piece that is small whatever the model, to see how fast it is.
        self._piece = 16

    def __call__(self, matrix: Matrix) -> Matrix:
        answers: list[Matrix] = []
        position = 0
        while position < len(matrix):
            began = self._clock()
            if began > self._until:
                raise TooSlowError
            piece = matrix[position : position + self._piece]
            answers.append(np.asarray(self._model.outputs(piece), np.float64))
            position += len(piece)
            self.seconds_a_row = (self._clock() - began) / len(piece)
            self._piece = max(1, min(4096, int(_CHUNK_SECONDS / max(self.seconds_a_row, _FASTEST))))
        return np.concatenate(answers)


def explain(
    model: LoadedModel, row: Mapping[str, Any], vary: int, until: float, clock: Clock = time.monotonic
) -> dict[str, Any]:
    """What an answer of the server says about a checked row, but for the model's identity.

    Against as many background rows as there is time for: an explanation in time is better than an exact one late.

    Args:
        vary: how many columns to vary, those that add most first.
        until: of `clock`, in seconds; raises `TooSlowError` after it.
    """
    card, encoder, answers = model.card, Encoder(model.card.inputs), _Bounded(model, until, clock)
    if not card.background:
        raise NoBackgroundError
    encoded = np.array(encoder.row(row))
    background = encoder.table(card.background_columns, len(card.background))
    answers(background)
    cost = 2 * len(card.inputs) * max(answers.seconds_a_row, _FASTEST)
    affordable = int(min(len(background), _SHARE * (until - clock()) / cost))
    if affordable < min(_LEAST_BACKGROUND, len(background)):
        raise TooSlowError
    background = background[:affordable]
    found = contributions(answers, encoded, background, np.random.default_rng(0))
    whole = answers(encoded[None])[0]
    _check(found, whole)

    said = model.predict_one(row)
    outputs = card.labels or (card.target.name,)
    explained = outputs.index(said["label"]) if card.labels else 0
    names = [column.name for column in card.inputs]
    order = np.argsort(-np.abs(found.values[:, explained]), kind="stable")
    return {
        "output": said.get("label"),
        "output_name": said["label_name"] if card.labels else card.target.description,
        "unit": "probability" if card.labels else card.target.unit or card.target.name,
        "base": float(found.base[explained]),
        "answer": float(whole[explained]),
        "contributions": [
            {"column": names[i], "value": row[names[i]], "contribution": float(found.values[i, explained])}
            for i in order
        ],
        "by_output": {
            label: {
                "base": float(found.base[position]),
                "answer": float(whole[position]),
                "contributions": dict(zip(names, found.values[:, position].tolist(), strict=True)),
            }
            for position, label in enumerate(card.labels)
        },
        "variations": [_variation(card, row, int(i), lambda m: answers(m)[:, explained]) for i in order[:vary]],
        "background_rows": len(background),
    }


def _check(found: Contributions, whole: Matrix) -> None:
    total = found.base + found.values.sum(axis=0)
    if not np.allclose(total, whole, rtol=_RELATIVE, atol=_ABSOLUTE):
        raise ArithmeticError(f"the contributions sum up to {total.tolist()}, the answer is {whole.tolist()}")


def _variation(
    card: Card, row: Mapping[str, Any], position: int, answers: Callable[[Matrix], Matrix]
) -> dict[str, Any]:
    """The explained output while one column takes other values and the others stay."""
    column = card.inputs[position]
    values = grid(column, row[column.name], [cells[position] for cells in card.background])
    encoder = Encoder(card.inputs)
    rows = np.array([encoder.row({**row, column.name: value}) for value in values])
    return {"column": column.name, "values": values, "answers": answers(rows).tolist()}
