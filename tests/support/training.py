"""A training set of simulated rows, as the pipeline would read it, without a database."""

import pandas as pd
from relevo_contract.card import TrainingSet
from relevo_contract.encoding import Encoder
from relevo_pipeline.splits import SPLITS, row_keys, splits
from relevo_pipeline.training.dataset import Dataset, part
from relevo_pipeline.validation import validate
from relevo_problems.registry import load
from relevo_problems.simulator import simulate

PROBLEM = load("covertype")


def dataset(inputs=PROBLEM.inputs, rows: int = 1500) -> Dataset:
    delivered = pd.DataFrame(
        [list(row) for row in simulate(PROBLEM, rows, seed=9)],
        columns=[column.name for column in PROBLEM.columns],
        dtype="object",
    )
    good = validate(PROBLEM, delivered).good
    found = splits(PROBLEM, good, row_keys(PROBLEM, good))
    trained = sorted(set(good[PROBLEM.target.name][found == "train"]))
    names = {label: PROBLEM.target.display(label) for label in trained}
    target = PROBLEM.target.model_copy(update={"choices": tuple(trained), "choice_names": names})
    named = TrainingSet(name="t", last_collection_id=1, split_rule="r", rows=1, digest="d", batch="1")
    encoder = Encoder(inputs)
    parts = {split: part(encoder, target, good[found == split]) for split in SPLITS}
    return Dataset(inputs, target, named, parts)
