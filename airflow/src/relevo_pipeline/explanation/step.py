"""Explain a challenger before it is registered: pictures and their values beside the run that trained it."""

import logging
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import BaseModel
from relevo_contract.explanation import (
    BEESWARM_FILE,
    BEESWARM_PICTURE,
    CHANGES_FILE,
    CHANGES_PICTURE,
    CHANGES_TABLE,
    FOLDER,
    IMPORTANCE_FILE,
    IMPORTANCE_PICTURE,
)
from relevo_contract.shapley import Matrix, Predict
from sqlalchemy import select

from relevo_pipeline import audit, batches, tracking
from relevo_pipeline.explanation import pictures
from relevo_pipeline.explanation.changes import compare, table
from relevo_pipeline.explanation.explained import Explained, explain_rows
from relevo_pipeline.problem_tables import clean_table
from relevo_pipeline.run import Run
from relevo_pipeline.served_model import ServedModel, answered
from relevo_pipeline.tracking import Candidate

# Enough for an importance to be known to a few per cent, few enough for seconds.
TEST_ROWS = 200
_MARKER = f"{FOLDER}/{IMPORTANCE_FILE}"


def explain(run: Run, challenger: Candidate) -> None:
    """Explain a challenger once, and note in the audit's evidence what counts and what changed.

    An explanation is evidence about a model that has been judged without it: when it fails, the run goes on, and
    the evidence says why there is none. Clearing the task tries it again.
    """
    files = tracking.client(run).list_artifacts(challenger.run_id, FOLDER)
    if _MARKER in [file.path for file in files]:
        return
    try:
        found = _explain(run, challenger)
    except Exception as error:
        logging.getLogger(__name__).exception("the challenger could not be explained")
        found = {"error": f"the challenger could not be explained: {type(error).__name__}: {error}"}
    audit.add_evidence(run, explanation=found)


def _explain(run: Run, challenger: Candidate) -> dict[str, object]:
    model = ServedModel.load(run, f"models:/{challenger.model_id}")
    rows = _test_rows(run)
    after = _explained(run, model, rows, model)
    record = _Record(run, challenger.run_id)
    found: dict[str, object] = {}
    entry = audit.read(run)
    if entry.verdict == "promoted" and entry.champion_version:
        previous = str(entry.champion_version)
        champion = ServedModel.load(run, f"models:/{run.problem.name}/{previous}")
        # The same rows against the same background: what differs is the model.
        before = _explained(run, champion, after.rows, model)
        changes = compare(previous, before, after)
        record.picture(pictures.changes_picture(changes), CHANGES_PICTURE)
        record.text(table(changes), CHANGES_TABLE)
        record.document(changes, CHANGES_FILE)
        found["changes"] = changes.sentence
    importance = after.importance()
    title = f"{run.problem.title}: {challenger.name}, {importance.rows:,} test rows"
    record.picture(pictures.importance_picture(after, title), IMPORTANCE_PICTURE)
    record.picture(pictures.beeswarm_picture(after, title), BEESWARM_PICTURE)
    record.document(after.beeswarm(), BEESWARM_FILE)
    record.document(importance, IMPORTANCE_FILE)  # the marker, last
    return {"importance": importance.overall, **found}


def _explained(run: Run, model: ServedModel, rows: pd.DataFrame, background: ServedModel) -> Explained:
    return explain_rows(
        model.card,
        _predict(model),
        rows,
        background.card,
        seed=run.settings.seed,
        seconds=run.settings.explain_seconds,
    )


def _predict(model: ServedModel) -> Predict:
    double = model.session.get_inputs()[0].type == "tensor(double)"

    def predict(matrix: Matrix) -> Matrix:
        answers = answered(model.session, matrix if double else matrix.astype(np.float32))
        return answers.reshape(len(matrix), -1).astype(np.float64)

    return predict


def _test_rows(run: Run) -> pd.DataFrame:
    """Test rows up to this run's batch in the order of their keys: keys are digests, so a random sample of them."""
    clean = clean_table(run.problem)
    query = (
        select(*(clean.c[column.name] for column in run.problem.inputs))
        .where(clean.c.split == "test", clean.c.collection_id <= batches.collection_id(run))
        .order_by(clean.c.row_key)
        .limit(TEST_ROWS)
    )
    with run.stores.clean.connect() as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=[column.name for column in run.problem.inputs])


class _Record:
    """Where an explanation is kept: the folder `explanation` among the artifacts of a run."""

    def __init__(self, run: Run, run_id: str) -> None:
        self._mlflow, self._run_id = tracking.client(run), run_id

    def picture(self, figure: Figure, name: str) -> None:
        self._mlflow.log_figure(self._run_id, figure, _path(name), save_kwargs={"dpi": 110})

    def document(self, document: BaseModel, name: str) -> None:
        self._mlflow.log_text(self._run_id, document.model_dump_json(), _path(name))

    def text(self, text: str, name: str) -> None:
        self._mlflow.log_text(self._run_id, text, _path(name))


def _path(name: str) -> str:
    return str(PurePosixPath(FOLDER, name))
