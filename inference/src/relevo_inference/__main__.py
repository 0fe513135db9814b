"""The model server in as many processes as it may use cores: `python -m relevo_inference --port 8000`."""

import argparse
import math
import os
import resource
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from relevo_contract import logs

# Of cgroup v2: what a container's CPU limit becomes. "max 100000", or microseconds of CPU in so many.
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
# Its memory limit: "max", or bytes.
_MEMORY = Path("/sys/fs/cgroup/memory.max")
_PROCESS_BYTES = 192 * 2**20
# A connection stays open for longer than people pause, and than proxies keep theirs (nginx: 60): whoever closes it
# first may close it on a request that is under way.
_IDLE_SECONDS = 75
# As the app is served everywhere, also where it is compared with others (bench/peers).
UVICORN: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "access_log": False,
    "proxy_headers": False,
    "timeout_keep_alive": _IDLE_SECONDS,
}


def cores(quota: Path = _QUOTA) -> int:
    """How many this process may use at the same time: by its affinity, and by its container's limit."""
    count = len(os.sched_getaffinity(0))
    try:
        share, period = quota.read_text().split()
    except (OSError, ValueError):
        return count
    return count if share == "max" else max(1, min(count, math.ceil(int(share) / int(period))))


def room(memory: Path = _MEMORY) -> int | None:
    """How many processes the container's memory has room for; None where it has no limit."""
    try:
        return max(1, int(memory.read_text()) // _PROCESS_BYTES)
    except (OSError, ValueError):
        return None


def workers() -> int:
    """`WORKERS`, or one for each core, as many as there is memory for."""
    wanted = os.environ.get("WORKERS", "").strip()
    if not wanted:
        return min(cores(), room() or cores())
    if not wanted.isdecimal() or int(wanted) < 1:
        raise SystemExit(
            f"WORKERS must be a number of processes, at least 1, not {wanted!r}; unset: one for each core"
        )
    return int(wanted)


def open_files() -> None:
    """Allow as many connections as the system does: usual shells allow a program 1,024 files until it asks."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS says "unlimited" and takes no more than this.
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 10_240
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    parser = argparse.ArgumentParser(prog="relevo_inference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    count = workers()
    open_files()
    logs.configure("model-server", "WARNING")
    with TemporaryDirectory(prefix="relevo-metrics-") as folder:
        if count > 1:
            # Where the processes keep their figures (exposition.py); before they import what counts.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run(
            "relevo_inference.app:create_process_app",
            factory=True,
            host=given.host,
            port=given.port,
            workers=count,
            # Before the app there is nobody to say more than that something is wrong.
            log_config=None,
            **UVICORN,
        )


if __name__ == "__main__":
    main()
