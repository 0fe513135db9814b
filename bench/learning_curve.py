"""What each of the ten rotating batches of the real cover type adds. Prints JSON.

    RELEVO_DATASETS=… python bench/learning_curve.py [--seconds 10] [--candidate xgboost]

Batch by batch as the data API draws them, each from the next tenth of the published rows. After each, the candidate
is searched and fitted on everything so far and scored on the test rows of the whole published set, none of which is
ever trained on.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from relevo_contract.encoding import Encoder
from relevo_datasource.protocols.rotating import PARTS, part_rows, sample
from relevo_pipeline.run import Run
from relevo_pipeline.scoring.scores import scores as scores_of
from relevo_pipeline.splits import row_keys, splits
from relevo_pipeline.training import dataset
from relevo_pipeline.training.candidates import fit
from relevo_pipeline.training.fitting import Conditions
from relevo_pipeline.training.resources import threads
from relevo_pipeline.training.search import SearchBudget, Trial, search
from relevo_problems.registry import load
from stored import open_stores, published, receive

PROBLEM = load("covertype")


def ignored(trial: Trial) -> None:
    """The curve is about the best one only."""


def curve(candidate: str, seconds: float) -> Iterator[dict[str, Any]]:
    rows = published(PROBLEM)
    split = splits(PROBLEM, rows, row_keys(PROBLEM, rows))
    held_out = rows[split == "test"]
    with TemporaryDirectory() as folder:
        settings, stores = open_stores(Path(folder), train_seconds=seconds)
        conditions = Conditions(threads(2), settings.seed, PROBLEM.primary_metric, PROBLEM.derived)
        for number in range(1, PARTS + 1):
            drawn = np.sort(sample(part_rows(number, len(rows)), f"curve/{number}"))
            run = Run(PROBLEM, f"batch-{number}", stores, settings)
            receive(run, str(number), rows.iloc[drawn], split[drawn])
            began = time.monotonic()
            data = dataset.read(run)
            budget = SearchBudget(settings.train_seconds, settings.train_trials)
            found = search(candidate, data, conditions, budget, ignored)
            fitted = fit(candidate, data, conditions, found.parameters)
            test = dataset.part(Encoder(data.inputs), data.target, held_out)
            scores = scores_of("multiclass", test.labels, fitted.answers(test))
            yield {
                "batch": number,
                "rows": {name: len(part.labels) for name, part in data.parts.items()},
                "classes": len(data.target.choices),
                "trials": len(found.trials),
                "seconds": round(time.monotonic() - began, 1),
                "held_out_rows": len(test.labels),
                "macro_f1": round(scores["macro_f1"], 4),
                "accuracy": round(scores["accuracy"], 4),
            }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--candidate", default="xgboost")
    given = parser.parse_args()
    print(
        json.dumps(
            {
                "benchmark": "learning_curve",
                "cpus": os.cpu_count(),
                "candidate": given.candidate,
                "train_seconds": given.seconds,
                "batches": list(curve(given.candidate, given.seconds)),
            },
            indent=2,
        )
    )
