"""Do predictions slow down while explanations run? Latency of /predict with and without them, as one JSON object.

A real server with a real MLflow serves XGBoost trained on simulated cover type rows. wrk asks for predictions at a
fixed pace, in rounds without and with clients that ask for one explanation after the other:

    python bench/explain_serving.py [--rounds 5] [--seconds 6] [--clients 2]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from relevo_contract.card import Card
from relevo_contract.registry import CARD_FILE, PRODUCTION
from relevo_pipeline.explanation.background import background
from relevo_pipeline.training import export
from relevo_pipeline.training.candidates import fit
from relevo_pipeline.training.fitting import Conditions
from support.processes import mlflow_server, until
from support.serving import raw_database, serving
from support.training import PROBLEM, dataset

import mlflow

# Or it would say on stdout where its pages are.
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

CONNECTIONS, PAUSE_MS = 16, 30
TRAINING_ROWS = 20_000
# wrk waits before each request; so the rate does not depend on how fast the answers are.
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[%s]]
function delay() return %d end
function done(summary, latency, requests)
  io.write(string.format('{"requests": %%d, "errors": %%d, "p50_ms": %%.3f, "p99_ms": %%.3f}',
    summary.requests, summary.errors.status + summary.errors.timeout + summary.errors.read,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


def register(url: str, folder: Path) -> dict[str, Any]:
    """Puts a model with its card into production; a row to ask about."""
    data = dataset(rows=TRAINING_ROWS)
    conditions = Conditions(os.cpu_count() or 1, 5, PROBLEM.primary_metric, PROBLEM.derived)
    graph = export.to_graph(fit("xgboost", data, conditions), len(data.inputs))
    mlflow.set_tracking_uri(url)
    client = mlflow.MlflowClient(url)
    client.create_registered_model(PROBLEM.name)
    path = folder / CARD_FILE
    with warnings.catch_warnings(action="ignore"), mlflow.start_run(experiment_id="0") as run:
        card = Card(
            problem=PROBLEM.name,
            title=PROBLEM.title,
            description=PROBLEM.description,
            task=PROBLEM.task,
            data="simulated",
            algorithm="xgboost",
            inputs=data.inputs,
            target=data.target,
            primary_metric=PROBLEM.primary_metric,
            metrics={},
            training_set=data.training_set,
            background=background(data),
            decision="train: for a benchmark",
            code_version="0",
            run_id=run.info.run_id,
            dag_run_id="bench",
            created_at=datetime.now(UTC),
        )
        path.write_text(card.model_dump_json())
        logged = mlflow.onnx.log_model(
            graph, name="model", extra_files=[str(path)], save_as_external_data=False, pip_requirements=[]
        )
    made = client.create_model_version(
        PROBLEM.name, logged.model_uri, run_id=run.info.run_id, model_id=logged.model_id
    )
    client.set_registered_model_alias(PROBLEM.name, PRODUCTION, made.version)
    return dict(zip((c.name for c in data.inputs), card.background[0], strict=True))


def predictions(url: str, script: Path, seconds: int) -> dict[str, float]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"{url}/predict"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(output[output.index("{") :])
    return figures


@dataclass
class Explaining:
    """What the clients that ask for explanations have got."""

    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0


@contextmanager
def explanations(url: str, row: dict[str, Any], clients: int) -> Iterator[Explaining]:
    found, stop = Explaining(), threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            while not stop.is_set():
                answer = http.post("/explain", json=row)
                if answer.is_success:
                    found.milliseconds.append(answer.elapsed.total_seconds() * 1000)
                else:
                    found.refused += 1

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def median(rounds: list[dict[str, float]], name: str) -> float:
    return round(statistics.median(figures[name] for figures in rounds), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--clients", type=int, default=2)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as registry, raw_database(folder):
            row = register(registry.url, folder)
            script = folder / "predict.lua"
            script.write_text(SCRIPT % (json.dumps(row), PAUSE_MS))
            with serving(folder, registry.url, DEFAULT_PROBLEM=PROBLEM.name, SHIP_SECONDS="1") as server:
                until(lambda: server.http.post("/explain", json=row).is_success, "an explanation")
                url = server.service.url
                predictions(url, script, 2)
                alone, beside, asked = [], [], Explaining()
                for _ in range(arguments.rounds):
                    alone.append(predictions(url, script, arguments.seconds))
                    with explanations(url, row, arguments.clients) as found:
                        beside.append(predictions(url, script, arguments.seconds))
                    asked.milliseconds += found.milliseconds
                    asked.refused += found.refused
                whole = server.http.post("/explain", json=row).json()
    count = len(asked.milliseconds)
    times = statistics.quantiles(asked.milliseconds, n=100)
    print(
        json.dumps(
            {
                "benchmark": "explain_serving",
                "cpus": os.cpu_count(),
                "rounds": arguments.rounds,
                "seconds_a_round": arguments.seconds,
                "predictions_per_second": round(median(alone, "requests") / arguments.seconds),
                "alone": {name: median(alone, name) for name in ("p50_ms", "p99_ms")},
                "while_explaining": {name: median(beside, name) for name in ("p50_ms", "p99_ms")},
                "p99_ratio": round(median(beside, "p99_ms") / median(alone, "p99_ms"), 2),
                "predictions_per_second_while_explaining": round(median(beside, "requests") / arguments.seconds),
                "failed_predictions": sum(int(figures["errors"]) for figures in (*alone, *beside)),
                "explanations": {
                    "clients": arguments.clients,
                    "per_second": round(count / arguments.rounds / arguments.seconds, 1),
                    "p50_ms": round(times[49], 1),
                    "p99_ms": round(times[98], 1),
                    "refused": asked.refused,
                    "background_rows": whole["background_rows"],
                    "columns": len(whole["contributions"]),
                },
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
