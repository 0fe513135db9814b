"""How long `make demo ONCE=1` takes once everything is installed. Prints JSON.

Run it with nothing else on the machine: python bench/demo.py [runs]
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from relevo_cli.demo.environment import PORTS

ROOT = Path(__file__).parents[1]


def main(runs: int) -> None:
    """Time the whole command; the runs time themselves."""
    with ExitStack() as opened:
        listeners = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        ports = {name: str(listener.getsockname()[1]) for name, listener in zip(PORTS, listeners, strict=True)}
    with tempfile.TemporaryDirectory() as var:
        environment = {**os.environ, **ports, "RELEVO_VAR": var}
        started = time.monotonic()
        subprocess.run(
            ["make", "demo", "ONCE=1", f"RUNS={runs}", f"PYTHON={sys.executable}"],
            cwd=ROOT,
            env=environment,
            stdout=sys.stderr,
            check=True,
        )
        total = time.monotonic() - started
        figures = json.loads((Path(var) / "demo.json").read_text())
    seconds = [run["seconds"] for run in figures["runs"]]
    print(
        json.dumps(
            {
                "benchmark": "demo",
                "cpus": os.cpu_count(),
                "data": figures["data"],
                "total_seconds": round(total, 1),
                "run_seconds": seconds,
                "start_and_stop_seconds": round(total - sum(seconds), 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
