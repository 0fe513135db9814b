"""The rows a model is trained, tuned and judged on, read from the clean table by name."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_contract.card import TrainingSet
from relevo_contract.columns import Column
from relevo_contract.encoding import Encoder

from relevo_pipeline import batches, ledger, typed_rows
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.splits import SPLIT_RULE, SPLITS, Split

# A judgement costs no more when history grows, nor a score on new rows when a batch is large; with so many rows the
# interval is narrow enough for every guard.
JUDGED_ROWS = 50_000

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """The rows of one split in the order of their keys: `frame` as people read them, in typed columns.

    `labels` are codes of the target's choices, or for a regression the target's values.
    """

    frame: pd.DataFrame
    features: Matrix
    labels: Labels | Values


@dataclass(frozen=True)
class Dataset:
    """All rows up to `training_set.last_collection_id`.

    `inputs` list every category that occurs in any split's rows; `target` only the classes that occur in
    training, which are the classes a model can answer with. For a regression it is the problem's own.
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
    rows = typed_rows.read(run, lambda columns: columns.collection_id <= last)
    counts = np.bincount(rows.splits, minlength=len(SPLITS))
    if empty := [split for split, count in zip(SPLITS, counts, strict=True) if not count]:
        raise StepError(
            f"there are no rows in {', '.join(empty)} yet ({len(rows.keys)} rows in all): too few "
            "to train and judge a model; the next run brings more."
        )
    inputs = tuple(
        column.with_choices(set(rows.frame[column.name].cat.categories)) if column.is_category else column
        for column in run.problem.inputs
    )
    keys, train = rows.of("train")
    target = _trained(run.problem.target, train)
    entry = ledger.find(run)
    training_set = TrainingSet(
        name=f"{run.problem.name}-{last}-{SPLIT_RULE}",
        last_collection_id=last,
        split_rule=SPLIT_RULE,
        rows=len(keys),
        # Keys are all of one length: these are the same bytes as those of one key after the other.
        digest=hashlib.sha256(keys.tobytes()).hexdigest(),
        batch=str(entry.batch_label) if entry is not None else "",
    )
    encoder = Encoder(inputs)
    frames = {split: train if split == "train" else rows.of(split)[1] for split in SPLITS}
    parts = {split: part(encoder, target, frame) for split, frame in frames.items()}
    return Dataset(inputs, target, training_set, parts)


def judged(run: Run) -> pd.DataFrame:
    """The rows on which this run's models are judged: test rows up to its batch, `JUDGED_ROWS` of them at most.

    They are the first in the order of their keys, which are digests: a random sample, and the same rows in every
    run but for those that new ones displace.
    """
    last = batches.collection_id(run)
    return typed_rows.read(
        run, lambda columns: (columns.collection_id <= last) & (columns.split == "test"), first=JUDGED_ROWS
    ).frame


def _trained(target: Column, train: pd.DataFrame) -> Column:
    """The target with the classes that occur in training, or as it is where it is a number."""
    if not target.is_category:
        return target
    seen = set(train[target.name].unique())
    trained = tuple(choice for choice in target.choices if choice in seen)
    if len(trained) < 2:
        raise StepError(f"all rows to train on are of one class ({', '.join(trained)}); the next run brings more.")
    names = {choice: target.display(choice) for choice in trained}
    return target.model_copy(update={"choices": trained, "choice_names": names})


def part(encoder: Encoder, target: Column, frame: pd.DataFrame) -> Part:
    """Encode typed rows. A label that `target` does not list becomes -1: never the right answer."""
    values = Encoder((target,)).table(frame, len(frame))[:, 0]
    labels = values.astype(np.int64) if target.is_category else values
    return Part(frame, encoder.table(frame, len(frame)), labels)
