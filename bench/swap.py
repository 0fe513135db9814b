"""Does anybody notice a promotion? Latency while the alias moves back and forth beside latency while it does not.

`python bench/swap.py` starts a real MLflow and a model server, asks over 64 connections at full speed, and prints
one JSON object: failed requests, answers of a version that the alias had left, and p99 of both, which take turns.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np
import uvloop
from support.animals import Registry
from support.processes import mlflow_server
from support.serving import raw_database, serving
from support.swaps import Answer, Promoter, Traffic, ask, back_and_forth, outdated

MAX_AGE_MS = 100
VERSIONS = ("2", "1")


def figures(answers: list[Answer], seconds: float) -> dict[str, Any]:
    """Milliseconds from sending a request to having its answer."""
    p50, p99, most = np.quantile([(a.received - a.sent) * 1000 for a in answers], [0.5, 0.99, 1]).round(2).tolist()
    return {"per_second": round(len(answers) / seconds), "p50_ms": p50, "p99_ms": p99, "max_ms": most}


async def measure(url: str, arguments: argparse.Namespace, promoter: Promoter) -> dict[str, Any]:
    traffic, stop = Traffic(), asyncio.Event()
    asking = asyncio.create_task(ask(url, arguments.connections, traffic, stop))
    await asyncio.sleep(2)
    parts: dict[str, list[Answer]] = {"without": [], "swapping": []}
    seconds = dict.fromkeys(parts, 0.0)

    async def part(name: str, rest: float, promotions: int) -> None:
        began, first = time.monotonic(), len(traffic.answers)
        await back_and_forth(promoter, VERSIONS, promotions, traffic, arguments.pause)
        await asyncio.sleep(rest)
        parts[name] += traffic.answers[first:]
        seconds[name] += time.monotonic() - began

    half = arguments.promotions // 4 * 2
    for promotions in (half, arguments.promotions - half):
        await part("without", promotions * arguments.pause, 0)
        await part("swapping", 0, promotions)
    stop.set()
    await asking
    said = {name: figures(answers, seconds[name]) for name, answers in parts.items()}
    return {
        "connections": arguments.connections,
        "promotions": len(promoter.moves) - 1,
        "answers": len(traffic.answers),
        "failed": len(traffic.failed),
        "stale": sum(answer.stale for answer in traffic.answers),
        "outdated": len(outdated(traffic.answers, promoter.moves, MAX_AGE_MS / 1000)),
        **said,
        "p99_ratio": round(said["swapping"]["p99_ms"] / said["without"]["p99_ms"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--promotions", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds after each promotion")
    parser.add_argument("--workers", default="2")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as mlflow, raw_database(folder):
            registry = Registry(mlflow.url, folder)
            for seed in (1, 2):
                registry.register(seed=seed)
            promoter = Promoter(registry.promote)
            promoter.to("1")
            with serving(folder, mlflow.url, WORKERS=arguments.workers, ALIAS_MAX_AGE_MS=str(MAX_AGE_MS)) as server:
                found = uvloop.run(measure(server.service.url, arguments, promoter))
    print(json.dumps({**found, "workers": int(arguments.workers)}, indent=2))
    sys.exit(bool(found["failed"] or found["outdated"]))


if __name__ == "__main__":
    main()
