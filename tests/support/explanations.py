"""Explanations by hand, and of a model that was trained on simulated rows."""

import numpy as np
import pandas as pd
from relevo_contract.columns import Column
from relevo_contract.shapley import Matrix
from relevo_pipeline.explanation.explained import Explained


def explained(values: Matrix, columns: tuple[Column, ...], outputs: tuple[str, ...] = ("a", "b")) -> Explained:
    """With the given SHAP values, shape (rows, columns, outputs), of rows of zeros or first choices."""
    rows = len(values)
    return Explained(
        columns=columns,
        outputs=outputs,
        names=tuple(f"class {output}" for output in outputs),
        unit="probability" if len(outputs) > 1 else "USD",
        background_rows=5,
        rows=pd.DataFrame({c.name: [c.choices[0] if c.is_category else 0] * rows for c in columns}),
        features=np.zeros((rows, len(columns))),
        base=np.full(len(outputs), 0.5),
        values=np.asarray(values, dtype=np.float64),
    )
