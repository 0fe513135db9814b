"""`make capacity`: how many users the running model server holds. Settings come from the environment."""

import os
import sys
from pathlib import Path

import psutil
from pydantic import Field, field_validator
from relevo_contract.settings import ServiceSettings, load

from relevo_loadtest.capacity.crowd import check_files, crowd
from relevo_loadtest.capacity.report import Finding
from relevo_loadtest.capacity.search import most_users
from relevo_loadtest.capacity.step import Limits, Objective, Step
from relevo_loadtest.traffic import TrafficError, questions


class Settings(ServiceSettings):
    """What the search may be told; every one has a default."""

    # Where the model server is: that of `make demo` or of `make up`, or another machine's.
    url: str = "http://127.0.0.1:8000"
    inference_api_key: str = ""
    start_users: int = Field(default=500, ge=1)
    most_users: int = Field(default=20_000, ge=1)
    # How close the answer has to be, as a share of itself.
    precision: float = Field(default=0.05, gt=0, lt=1)
    step_seconds: float = Field(default=15, gt=0)
    # Client processes; without it one for each core.
    clients: int | None = Field(default=None, ge=1)
    p95_ms: float = Field(default=200, gt=0)
    error_share: float = Field(default=0.001, gt=0, le=1)
    # How many cores the server may use, where it is not this machine's.
    server_cores: float | None = Field(default=None, gt=0)
    relevo_var: Path = Path("var")

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not url.startswith("http://"):
            raise ValueError("give the http:// URL of a model server; this client speaks no TLS")
        return url.rstrip("/")


def find(settings: Settings) -> Finding:
    """Search, with a line on standard output for every step.

    Raises:
        TrafficError: the server cannot be asked, or the system allows too few connections.
    """
    clients = settings.clients or len(os.sched_getaffinity(0))
    check_files(settings.most_users, clients)
    pool = questions(settings.url, settings.inference_api_key)
    objective = Objective(settings.p95_ms, settings.error_share)
    cores = psutil.cpu_count() or 1
    limits = Limits(cores, settings.server_cores or cores)
    steps: list[Step] = []
    with crowd(settings.url, settings.inference_api_key, pool, clients, settings.step_seconds) as users:

        def holds(count: int) -> bool:
            step = users.step(count)
            steps.append(step)
            _say(_line(step, objective))
            return step.holds(objective)

        most = most_users(holds, settings.start_users, settings.most_users, settings.precision)
    return Finding(settings.url, steps, most, settings.most_users, objective, limits)


def _line(step: Step, objective: Objective) -> str:
    verdict = "holds" if step.holds(objective) else "breaks"
    server = "" if step.server_cores is None else f", server {step.server_cores:.2f}"
    return (
        f"{step.users:>7,} users: {step.rate:>7,.0f}/s, p95 {step.p95_ms:>7.1f} ms, errors {step.error_share:.2%}"
        f"{server} and client {step.client_cores:.2f} cores: {verdict}"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    settings = load(Settings)
    try:
        finding = find(settings)
    except TrafficError as error:
        sys.stderr.write(f"capacity: {error}\n")
        return 1
    folder = settings.relevo_var / "capacity"
    finding.write(folder)
    _say(f"\n{finding.sentence}\n\nThe curve: {folder}/capacity.png, the figures: {folder}/capacity.json")
    return 1 if finding.client_is_full else 0


if __name__ == "__main__":
    sys.exit(main())
