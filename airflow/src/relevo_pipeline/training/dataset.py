"""The rows a model is trained, tuned and judged on, read from the clean table by name."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.card import TrainingSet
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder
from sqlalchemy import select

from relevo_pipeline import batches, ledger
from relevo_pipeline.errors import StepError
from relevo_pipeline.problem_tables import clean_table
from relevo_pipeline.run import Run
from relevo_pipeline.splits import SPLIT_RULE, SPLITS, Split

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """The rows of one split in the order of their keys: `frame` as people read them."""

    frame: pd.DataFrame
    features: Matrix
    labels: Labels


@dataclass(frozen=True)
class Dataset:
    """All rows up to `training_set.last_collection_id`.

    `inputs` list every category that occurs in any split's rows; `target` only the classes that occur in
    training, which are the classes a model can answer with.
    """

    inputs: tuple[Column, ...]
    target: Column
    training_set: TrainingSet
    parts: dict[Split, Part]


def read(run: Run) -> Dataset:
    """Read the training set of this run: every row up to the batch it received.

    Raises:
        StepError: a split has no rows, or training has fewer than two classes.
    """
    last = batches.collection_id(run)
    frames = {split: _frame(run, split, last) for split in SPLITS}
    if empty := [split for split, frame in frames.items() if frame.empty]:
        raise StepError(
            f"there are no rows in {', '.join(empty)} yet ({sum(map(len, frames.values()))} rows in all): too few "
            "to train and judge a model; the next run brings more."
        )
    everything = pd.concat(frames.values())
    inputs = tuple(
        column.with_choices(set(everything[column.name])) if column.is_category else column
        for column in run.problem.inputs
    )
    seen = set(frames["train"][run.problem.target.name])
    trained = tuple(choice for choice in run.problem.target.choices if choice in seen)
    if len(trained) < 2:
        raise StepError(f"all rows to train on are of one class ({', '.join(trained)}); the next run brings more.")
    names = {choice: run.problem.target.display(choice) for choice in trained}
    target = run.problem.target.model_copy(update={"choices": trained, "choice_names": names})
    entry = ledger.find(run)
    training_set = TrainingSet(
        name=f"{run.problem.name}-{last}-{SPLIT_RULE}",
        last_collection_id=last,
        split_rule=SPLIT_RULE,
        rows=len(frames["train"]),
        digest=_digest(frames["train"].index),
        batch=str(entry.batch_label) if entry is not None else "",
    )
    encoder = Encoder(inputs)
    parts = {split: part(encoder, target, frame) for split, frame in frames.items()}
    return Dataset(inputs, target, training_set, parts)


def part(encoder: Encoder, target: Column, frame: pd.DataFrame) -> Part:
    """Encode typed rows. A label that `target` does not list becomes -1: never the right answer."""
    codes = {label: code for code, label in enumerate(target.choices)}
    labels = np.fromiter((codes.get(label, -1) for label in frame[target.name]), np.int64, count=len(frame))
    return Part(frame, encoder.table(frame, len(frame)), labels)


def _frame(run: Run, split: Split, last: int) -> pd.DataFrame:
    table = clean_table(run.problem)
    names = [column.name for column in run.problem.columns]
    query = (
        select(table.c.row_key, *(table.c[name] for name in names))
        .where(table.c.split == split, table.c.collection_id <= last)
        .order_by(table.c.row_key)
    )
    with run.stores.clean.connect() as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=["row_key", *names]).set_index("row_key")


def _digest(keys: pd.Index) -> str:
    digest = hashlib.sha256()
    for key in keys:
        digest.update(key.encode())
    return digest.hexdigest()
