"""The training rows that stand in for a column that is left out of an explanation."""

from relevo_contract.columns import Column

from relevo_pipeline.training.dataset import Dataset

# More would make every explanation dearer, and move the base value by less than the classes differ in it.
BACKGROUND_ROWS = 50


def background(data: Dataset) -> tuple[tuple[int | float | str, ...], ...]:
    """Training rows in the problem's own values, columns in the order of the inputs.

    Rows are in the order of their keys, which are digests: the first ones are a random sample, and mostly the same
    from one version to the next, so that two versions' explanations differ by their models.
    """
    rows = data.parts["train"].features[:BACKGROUND_ROWS]
    return tuple(
        tuple(_value(column, float(cell)) for column, cell in zip(data.inputs, row, strict=True)) for row in rows
    )


def _value(column: Column, encoded: float) -> int | float | str:
    if column.is_category:
        return column.choices[int(encoded)]
    return int(encoded) if column.kind == "integer" else encoded
