"""Load by wrk: as fast as it goes, or at a rate.

wrk has no option for a rate. Each of its connections waits a random time before each request, exponentially
distributed, so that requests come as from many people who do not know of each other (a Poisson process), in bursts,
too. wrk counts in milliseconds: at a thousand and more connections' requests a second that is fine enough.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """
local bodies = dofile("%(bodies)s")
local pause, at = %(pause)s, 0
local requests = {}
function init(args)
  math.randomseed(7)
  local headers = {["Content-Type"] = "application/json"}
  for i, body in ipairs(bodies) do requests[i] = wrk.format("POST", nil, headers, body) end
end
function request()
  at = at %% #requests + 1
  return requests[at]
end
%(delay)s
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %%d, "errors": %%d, "seconds": %%.6f, "p50_ms": %%.3f, "p99_ms": %%.3f}',
    summary.requests, errors.status + errors.timeout + errors.read + errors.write + errors.connect,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
_DELAY = "function delay() return math.floor(-pause * math.log(1 - math.random()) + 0.5) end"


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


def check() -> None:
    if shutil.which("wrk") is None:
        sys.exit("this benchmark needs wrk: apt-get install wrk (Debian, Ubuntu), brew install wrk (macOS)")


def wrk(
    url: str,
    bodies: Sequence[str],
    folder: Path,
    *,
    seconds: float,
    connections: int,
    per_second: float | None = None,
    prefix: Sequence[str] = (),
) -> Load:
    """Asks `url` with `bodies` in turn: all the time, or `per_second` times a second."""
    texts = folder / "bodies.lua"
    texts.write_text("return {" + ",".join(f"[==[{body}]==]" for body in bodies) + "}")
    pause = 0.0 if per_second is None else 1000 * connections / per_second
    script = folder / "wrk.lua"
    script.write_text(_SCRIPT % {"bodies": texts, "pause": pause, "delay": _DELAY if pause else ""})
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(script), url]
    output = subprocess.run([*prefix, *command], capture_output=True, text=True, check=True).stdout
    found: Mapping[str, float] = json.loads(output[output.index("{") :])
    if not found["requests"]:
        raise RuntimeError(f"{url} answered nothing:\n{output}")
    requests, errors = int(found["requests"]), int(found["errors"])
    return Load(requests, requests / found["seconds"], found["p50_ms"], found["p99_ms"], errors)
