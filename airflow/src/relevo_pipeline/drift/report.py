"""Evidently's report: the same two samples as pictures, for people who want to look for themselves."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from relevo_contract.columns import Column
from relevo_problems.problem import Problem

# Evidently tells its makers when its own server is used, unless this is set. A report tells nobody anything.
os.environ.setdefault("DO_NOT_TRACK", "1")


def write_report(
    problem: Problem, columns: Sequence[Column], reference: pd.DataFrame, current: pd.DataFrame, path: Path
) -> None:
    """Write one self-contained HTML page (about 4.4 MB, nearly all of it Plotly) that compares two samples.

    It holds the problem's thresholds against Evidently's own index of the samples; what decides is all rows.
    """
    # Three seconds and 200 MB to import: only where a report is written. It warns about its own imports.
    with warnings.catch_warnings(action="ignore"):
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        definition = DataDefinition(
            numerical_columns=[column.name for column in columns if not column.is_category],
            categorical_columns=[column.name for column in columns if column.is_category],
        )
        samples = (
            Dataset.from_pandas(_typed(columns, rows), data_definition=definition) for rows in (current, reference)
        )
        share = next((rule.threshold for rule in problem.training_rules if rule.name == "drift"), 1.0)
        preset = DataDriftPreset(method="psi", threshold=problem.drift.psi, drift_share=share)
        Report([preset]).run(*samples).save_html(str(path))


def _typed(columns: Sequence[Column], rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {column.name: rows[column.name].astype("str" if column.is_category else "float64") for column in columns}
    )
