"""How long the Docker stack takes to become healthy, and what it holds when it is idle. Prints JSON.

With the images built and nothing else running: python bench/stack.py [service to leave out ...]
"""

import json
import os
import re
import subprocess
import sys
import time

IDLE_SECONDS = 60
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def compose(*arguments: str) -> str:
    done = subprocess.run(["docker", "compose", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def memory_mib() -> dict[str, float]:
    """By service, what Docker counts as used."""
    found = {}
    for line in compose("stats", "--no-stream", "--format", "json").splitlines():
        container = json.loads(line)
        value, unit = re.match(r"([\d.]+)(\w+)", container["MemUsage"]).groups()  # type: ignore[union-attr]
        found[container["Name"]] = round(float(value) * UNITS[unit] / 2**20, 1)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def main(left_out: list[str]) -> None:
    if compose("ps", "--quiet").strip():
        sys.exit("The stack is running. `make down` first: this measures its start.")
    services = [name for name in compose("config", "--services").split() if name not in left_out]
    started = time.monotonic()
    try:
        compose("up", "--detach", "--wait", *services)
        healthy = time.monotonic() - started
        time.sleep(IDLE_SECONDS)
        memory = memory_mib()
    finally:
        compose("down")
    figures = {
        "benchmark": "stack",
        "cpus": os.cpu_count(),
        "left_out": left_out,
        "healthy_seconds": round(healthy, 1),
        "idle_mib": round(sum(memory.values())),
        "idle_mib_by_service": memory,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
