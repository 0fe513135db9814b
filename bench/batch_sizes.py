"""What a row costs alone and among others, from checked row to answer. Prints JSON.

One model (100 trees), 1,000 different rows, in process, on one thread: microseconds a row by how many go together.

    python bench/batch_sizes.py [--repeats 9]
"""

import argparse
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from peers import trees
from relevo_contract.registry import CARD_FILE, MODEL_FILE
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.model import LoadedModel

ROWS = 1000
SIZES = (1, 2, 8, 32, 128, ROWS)


def opened(folder: Path) -> LoadedModel:
    trained, run_id = trees.train(seed=7), "r" * 32
    (folder / MODEL_FILE).write_bytes(trained.graph.SerializeToString())
    (folder / CARD_FILE).write_text(trees.card(trained, run_id).model_dump_json())
    return LoadedModel.open(folder, ModelVersion(trees.PROBLEM.name, "1", run_id, "", 0))


def seconds(model: LoadedModel, rows: list[trees.Row], size: int) -> float:
    """For all rows, so many at a time."""
    began = time.perf_counter()
    for first in range(0, len(rows), size):
        if size == 1:
            model.predict_one(rows[first])
        else:
            model.predict_many(rows[first : first + size])
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    with TemporaryDirectory() as name:
        model = opened(Path(name))
        rows = trees.rows(ROWS, seed=8)
        best = {size: min(seconds(model, rows, size) for _ in range(repeats)) for size in SIZES}
    microseconds = {size: round(1e6 * spent / ROWS, 1) for size, spent in best.items()}
    print(json.dumps({"benchmark": "batch_sizes", "microseconds_a_row": microseconds}, indent=2))


if __name__ == "__main__":
    main()
