"""How fast the model server is beside an empty handler and beside its peers, in one run. Prints JSON.

A real MLflow, one model (100 trees in two forms), the same rows for all. Every server has one process and one core,
wrk and the registry have the others:

    make bench-serving        or: python bench/serving.py [--rounds 3] [--seconds 4] [--only ours,empty_handler]

- empty_handler: FastAPI with nothing in it, under our settings of uvicorn
- ours: alias, validation, journal (shipped to SQLite), metrics
- mlflow_sklearn, mlflow_onnx: `mlflow models serve` with the scikit-learn pipeline, and with the graph we serve
- bentoml_onnx, mlserver_onnx: in virtual environments of their own, which this makes below var/bench. They and
  mlflow_onnx get rows that are encoded already, and check nothing: less work than ours

Run it with nothing else on the machine. Rounds go over all servers in turn, while the others hold still; figures
are medians over rounds. `cpu_us_a_request` of ours includes the way into the database, which has to be at its end
before the next server's turn (`drained_seconds` after the load's end; turns of that way come once a second).
"""

import argparse
import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from peers import load, servers, trees
from support.processes import Service, free_port, mlflow_server, until
from support.serving import raw_database

# Or MLflow would say on stdout where its pages are.
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

CONNECTIONS = 64
DISTINCT_ROWS = 200
MANY, MANY_CONNECTIONS = 1000, 4
STARTS = 3


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def median(values: Sequence[float], digits: int = 3) -> float:
    return round(statistics.median(values), digits)


def agree(found: dict[str, servers.Server], rows: list[trees.Row]) -> None:
    """Every server must answer the same, or the comparison would be one of apples and pears."""
    answers = {}
    for name, server in found.items():
        headers = {"Content-Type": "application/json"}
        answer = httpx.post(server.url, content=server.body(rows), headers=headers, timeout=60)
        answers[name] = probabilities(answer.raise_for_status().json())
    wanted = answers.pop("ours")
    for name, values in answers.items():
        if values is not None and any(abs(a - b) > 1e-5 for a, b in zip(wanted, values, strict=True)):
            raise SystemExit(f"{name} answers {values}, ours {wanted}")


def probabilities(answer: Any) -> list[float] | None:
    """Of the first row, from any of their answers; None of an empty one."""
    match answer:
        case {"predictions": [{"probabilities": dict(labels)}, *_]}:
            return list(labels.values())
        case {"predictions": {"probabilities": [row, *_]}} | {"predictions": [row, *_]}:
            return row
        case {"probabilities": [row, *_]}:
            return row
        case {"outputs": [{"shape": [_, width], "data": values}, *_]}:
            return values[:width]
        case _ if answer:
            raise SystemExit(f"unexpected answer: {json.dumps(answer)[:300]}")
    return None


def starts(folder: Path, registry: str, prefix: Sequence[str]) -> list[float]:
    """Seconds from the start of our server to ready, with the model on its disk."""
    service: Service = servers.ours(folder, registry, "start").service
    service.command[:0] = prefix
    seconds = []
    for _ in range(STARTS + 1):
        began = time.perf_counter()
        service.port = free_port()
        service.command[-1] = str(service.port)
        with service:
            seconds.append(time.perf_counter() - began)
            until(lambda: httpx.get(service.url + "/models").is_success, "an answer")
    return seconds[1:]


def drain(server: servers.Server) -> float:
    """Seconds until all that was answered is in the database: what is put off until after the load is no gain."""
    began = time.perf_counter()

    def all_shipped() -> bool:
        text = httpx.get(server.service.url + "/metrics", timeout=60).text
        return counted(text, "relevo_journal_shipped_total") == counted(text, "relevo_predictions_total")

    until(all_shipped, "an empty outbox", every=0.2)
    return time.perf_counter() - began


def counted(exposition: str, name: str) -> float:
    """The sum of all series of a metric."""
    series = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", exposition, re.MULTILINE)
    return sum(map(float, series))


def measure(arguments: argparse.Namespace, folder: Path, registry: str, prefixes: dict[str, list[str]]) -> Any:
    if arguments.only and "ours" not in arguments.only:
        raise SystemExit("ours is what the others are compared with: name it, too")
    say("training …")
    model = trees.train(seed=7)
    trees.register(registry, model, folder)
    rows = trees.rows(MANY, seed=8)
    ready = starts(folder, registry, prefixes["server"])
    with servers.running(folder, registry, model, prefixes["server"], arguments.only) as found:
        agree(found, rows)
        one = {name: [s.body([row]) for row in rows[:DISTINCT_ROWS]] for name, s in found.items()}

        def ask(name: str, **how: Any) -> load.Load:
            how = {"connections": CONNECTIONS, "bodies": one[name], "seconds": arguments.seconds, **how}
            with servers.alone(name, found):
                run = load.wrk(found[name].url, folder=folder, prefix=prefixes["client"], **how)
                if name == "ours":
                    drained.append(drain(found[name]))
            return run

        drained: list[float] = []
        full: dict[str, list[load.Load]] = {name: [] for name in found}
        cpu_us: dict[str, list[float]] = {name: [] for name in found}
        many: list[load.Load] = []
        for name in found:
            say(f"warming up {name} …")
            ask(name, seconds=2)
        for turn in range(arguments.rounds):
            for name in found:
                before = found[name].cpu_seconds()
                full[name].append(ask(name))
                cpu_us[name].append(1e6 * (found[name].cpu_seconds() - before) / full[name][-1].requests)
                say(f"round {turn + 1}: {name}: {full[name][-1].per_second:.0f} a second")
            bodies = [found["ours"].body(rows)]
            many.append(ask("ours", bodies=bodies, connections=MANY_CONNECTIONS))
        rates = {name: median([run.per_second for run in runs]) for name, runs in full.items()}
        half: dict[str, list[load.Load]] = {name: [] for name in found}
        for _ in range(arguments.rounds):
            for name in found:
                half[name].append(ask(name, per_second=rates[name] / 2))
        memory = {name: server.megabytes() for name, server in found.items()}
    figures = {
        name: {
            "per_second": round(rates[name]),
            "p50_ms": median([run.p50_ms for run in full[name]]),
            "p99_ms": median([run.p99_ms for run in full[name]]),
            "half_rate": {
                "per_second": round(median([run.per_second for run in half[name]])),
                "p50_ms": median([run.p50_ms for run in half[name]]),
                "p99_ms": median([run.p99_ms for run in half[name]]),
            },
            "cpu_us_a_request": median(cpu_us[name], 1),
            "errors": sum(run.errors for run in (*full[name], *half[name])),
            "rss_mib": memory[name],
        }
        for name in found
    }
    row_us = {"one_row": 1e6 / rates["ours"], "many_rows": 1e6 / MANY / median([r.per_second for r in many])}
    return figures, row_us, ready, drained


def ratios(rate: dict[str, float]) -> dict[str, float]:
    """Throughput of ours over that of others; the journal's cost is a share of what there would be without it."""
    served = {name: found for name, found in rate.items() if name.startswith("mlflow_")}
    peers = served | {name: found for name, found in rate.items() if name.startswith(("bentoml_", "mlserver_"))}
    others = {
        "to_empty_handler": rate.get("empty_handler"),
        "to_fastest_peer": max(peers.values(), default=None),
        "to_mlflow_models_serve": max(served.values(), default=None),
        **{f"to_{name}": found for name, found in peers.items()},
    }
    found = {name: round(rate["ours"] / other, 2) for name, other in others.items() if other}
    if without := rate.get("ours_without_journal"):
        found["journal_costs"] = round(1 - rate["ours"] / without, 3)
    return found


def cores() -> dict[str, list[str]]:
    """The command that gives the servers one core, and the load and the registry the others."""
    server, *others = sorted(os.sched_getaffinity(0))
    if not others:
        sys.exit("this benchmark needs two cores: one for the server, one for the load")
    return {"server": ["taskset", "-c", str(server)], "client": ["taskset", "-c", ",".join(map(str, others))]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", type=lambda text: text.split(","), help="these servers instead of all")
    arguments = parser.parse_args()
    load.check()
    prefixes = cores()
    with TemporaryDirectory() as name:
        folder = Path(name)
        registry = mlflow_server(folder)
        registry.command[:0] = prefixes["client"]
        with registry, raw_database(folder):
            figures, row_us, ready, drained = measure(arguments, folder, registry.url, prefixes)
    rate = {name: figure["per_second"] for name, figure in figures.items()}
    result = {
        "benchmark": "serving",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "versions": {
            name: servers.installed(name) for name in ("bentoml", "mlserver") if f"{name}_onnx" in figures
        },
        "ratios": ratios(rate),
        "microseconds_a_row": {
            "one_row": round(row_us["one_row"], 1),
            f"{MANY}_rows": round(row_us["many_rows"], 1),
            "ratio": round(row_us["one_row"] / row_us["many_rows"], 1),
        },
        "drained_seconds": [round(seconds, 2) for seconds in drained],
        "ready_seconds": [round(seconds, 2) for seconds in ready],
        "servers": figures,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
