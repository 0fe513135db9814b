"""The SHAP values of a sample of rows, and what they sum up to."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from relevo_contract.card import Card
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from relevo_contract.explanation import Beeswarm, Cell, Importance
from relevo_contract.shapley import Matrix, Predict, contributions

# A few rows are explained however slow the model: an importance has to be a mean of something.
_LEAST_ROWS = 20


@dataclass(frozen=True)
class Explained:
    """`values` has shape (rows, columns, outputs), `base` (outputs,), `features` (rows, columns), encoded.

    `outputs` are the classes, or the target's name alone for a regression.
    """

    columns: tuple[Column, ...]
    outputs: tuple[str, ...]
    names: tuple[str, ...]
    unit: str
    background_rows: int
    rows: pd.DataFrame
    features: Matrix
    base: Matrix
    values: Matrix

    def moved(self) -> Matrix:
        """What each column moves in each row, shape (rows, columns): see `Importance.overall`."""
        total: Matrix = np.abs(self.values).sum(axis=2)
        return total / 2 if len(self.outputs) > 1 else total

    def first(self, rows: int) -> "Explained":
        """The same for the first rows only."""
        cut = {"rows": self.rows[:rows], "features": self.features[:rows], "values": self.values[:rows]}
        return Explained(**{**vars(self), **cut})

    def importance(self) -> Importance:
        names = [column.name for column in self.columns]
        overall = dict(zip(names, self.moved().mean(axis=0).tolist(), strict=True))
        by_output = np.abs(self.values).mean(axis=0)
        return Importance(
            unit=self.unit,
            rows=len(self.values),
            background_rows=self.background_rows,
            overall=dict(sorted(overall.items(), key=lambda item: -item[1])),
            by_output={
                output: dict(zip(names, by_output[:, position].tolist(), strict=True))
                for position, output in enumerate(self.outputs)
            },
            base=dict(zip(self.outputs, self.base.tolist(), strict=True)),
        )

    def beeswarm(self) -> Beeswarm:
        # Five digits are finer than the estimate.
        rounded = np.round(self.values, 5)
        names = tuple(column.name for column in self.columns)
        cells: list[list[Cell]] = [self.rows[name].tolist() for name in names]
        return Beeswarm(
            unit=self.unit,
            columns=names,
            rows=tuple(zip(*cells, strict=True)),
            values={
                output: {name: tuple(rounded[:, column, position].tolist()) for column, name in enumerate(names)}
                for position, output in enumerate(self.outputs)
            },
        )


def explain_rows(
    card: Card,
    predict: Predict,
    rows: pd.DataFrame,
    background: Card,
    *,
    seed: int,
    seconds: float,
) -> Explained:
    """Explain the answers of a model, row after row, until the rows or the time is up.

    Args:
        card: the model's card.
        predict: from rows as the card encodes them to answers of shape (rows, outputs).
        rows: typed rows of the problem.
        background: the card whose background is used; another model's, to compare the two.
        seed: of the orders in which columns are taken; the same for each model that is compared.
        seconds: after these no further row is begun, unless there are very few yet.
    """
    encoder = Encoder(card.inputs)
    features = encoder.table(rows, len(rows))
    behind = encoder.table(background.background_columns, len(background.background))
    values: list[Matrix] = []
    base = np.zeros(0)
    until = time.monotonic() + seconds
    for position, row in enumerate(features):
        if position >= _LEAST_ROWS and time.monotonic() > until:
            break
        found = contributions(predict, row, behind, np.random.default_rng((seed, position)))
        values.append(found.values)
        base = found.base
    target = card.target
    return Explained(
        columns=card.inputs,
        outputs=card.labels or (target.name,),
        names=tuple(target.display(label) for label in card.labels) or (target.description,),
        unit="probability" if card.labels else target.unit or target.name,
        background_rows=len(behind),
        rows=rows[: len(values)],
        features=features[: len(values)],
        base=base,
        values=np.array(values),
    )
