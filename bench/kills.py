"""Kill the model server a hundred times under load: does every answered prediction reach the database?

`python bench/kills.py` starts a real MLflow, registers a small model, and prints one JSON object. The same with
fewer kills is part of `make test`.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.animals import Registry
from support.kills import kill_under_load
from support.processes import mlflow_server
from support.serving import raw_database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as mlflow, raw_database(folder) as raw_db:
            registry = Registry(mlflow.url, folder)
            registry.promote(registry.register(seed=1))
            outcome = kill_under_load(arguments.kills, folder, mlflow.url, raw_db, arguments.seed)
    print(json.dumps(asdict(outcome)))
    sys.exit(bool(outcome.lost))


if __name__ == "__main__":
    main()
