"""The background in a card: training rows as people write them."""

import numpy as np
from relevo_contract.encoding import Encoder
from relevo_pipeline.explanation.background import BACKGROUND_ROWS, background
from support.training import dataset


def test_the_background_is_encoded_back_to_training_rows() -> None:
    data = dataset()
    rows = background(data)
    assert len(rows) == BACKGROUND_ROWS
    names = [column.name for column in data.inputs]
    encoded = Encoder(data.inputs).table(dict(zip(names, zip(*rows, strict=True), strict=True)), len(rows))
    np.testing.assert_array_equal(encoded, data.parts["train"].features[:BACKGROUND_ROWS])
    kinds = {column.name: type(cell) for column, cell in zip(data.inputs, rows[0], strict=True)}
    assert (kinds["Elevation"], kinds["Soil_Type"]) == (int, str)


def test_few_rows_are_all_of_the_background() -> None:
    data = dataset(rows=60)
    assert len(background(data)) == len(data.parts["train"].labels)
