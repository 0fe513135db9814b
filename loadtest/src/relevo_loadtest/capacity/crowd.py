"""So many users at the same time, over several client processes, and what machine and server did meanwhile."""

import math
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import numpy as np
import psutil
from numpy.typing import NDArray

from relevo_loadtest.capacity import server
from relevo_loadtest.capacity.step import Step
from relevo_loadtest.capacity.users import Plan, Tally, run
from relevo_loadtest.traffic import PAUSE_SECONDS, Question, TrafficError

# Until a process has started, and until the ways of the server are warm after everybody has come.
_START_SECONDS, _SETTLE_SECONDS = 1.0, 2.0
# Files of a process besides the connections of its users.
_OTHER_FILES = 100


@dataclass
class Crowd:
    """Client processes, used again for every step."""

    url: str
    key: str
    pool: Sequence[Question]
    clients: int
    executor: ProcessPoolExecutor
    http: httpx.Client
    seconds: float
    pause: tuple[float, float] = PAUSE_SECONDS
    timeout: float = 10
    steps: int = 0

    def step(self, users: int) -> Step:
        """Let so many users come, and measure them for `seconds` once all are there."""
        self.steps += 1
        begin = time.monotonic() + _START_SECONDS + self.pause[1] + _SETTLE_SECONDS
        shares = [share for share in _shares(users, self.clients) if share]
        plans = [
            Plan(
                url=self.url,
                key=self.key,
                pool=self.pool,
                users=share,
                pause=self.pause,
                seed=1000 * self.steps + number,
                begin=begin,
                end=begin + self.seconds,
                timeout=self.timeout,
            )
            for number, share in enumerate(shares)
        ]
        tallies = [self.executor.submit(run, plan) for plan in plans]
        time.sleep(begin - time.monotonic())
        psutil.cpu_percent()
        before = server.use(self.http)
        time.sleep(max(0, begin + self.seconds - time.monotonic()))
        busy, after = psutil.cpu_percent() / 100, server.use(self.http)
        return summary(users, [t.result() for t in tallies], self.seconds, before, after, busy)


@contextmanager
def crowd(url: str, key: str, pool: Sequence[Question], clients: int, seconds: float) -> Iterator[Crowd]:
    """Processes for the users, until the block ends."""
    with (
        ProcessPoolExecutor(clients, multiprocessing.get_context("spawn")) as executor,
        httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {key}"} if key else {}) as http,
    ):
        yield Crowd(url, key, pool, clients, executor, http, seconds)


def check_files(users: int, clients: int) -> None:
    """Every user is an open file of its process.

    Raises:
        TrafficError: the system allows fewer.
    """
    needed = math.ceil(users / clients) + _OTHER_FILES
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        raise TrafficError(
            f"{users:,} users in {clients} processes need {needed:,} open files each, and the system allows "
            f"{allowed:,} (`ulimit -Hn`). Say MOST_USERS={(allowed - _OTHER_FILES) * clients}, or more CLIENTS."
        )


def _shares(users: int, clients: int) -> list[int]:
    return [users // clients + (number < users % clients) for number in range(clients)]


def summary(
    users: int, tallies: Sequence[Tally], seconds: float, before: server.Use, after: server.Use, busy: float
) -> Step:
    """One step of what all processes have seen; `busy` is the share of this machine's CPU that was in use."""
    kinds = sorted({kind for tally in tallies for kind in tally.latencies})
    by_kind = {k: np.concatenate([np.asarray(t.latencies.get(k, ())) for t in tallies]) for k in kinds}
    latencies = np.concatenate(list(by_kind.values())) if by_kind else np.empty(0)
    late = np.concatenate([np.asarray(tally.late) for tally in tallies])
    errors = sum((tally.errors for tally in tallies), Counter[str]())
    clients = [tally.cpu_seconds / seconds for tally in tallies]
    p50, p95, p99 = (_percentile_ms(latencies, q) for q in (50, 95, 99))
    return Step(
        users=users,
        asked=len(latencies) + sum(errors.values()),
        rate=len(latencies) / seconds,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        p95_ms_by_kind={kind: _percentile_ms(values, 95) for kind, values in by_kind.items()},
        errors=dict(errors),
        server_cores=after.cores_since(before),
        server_memory_bytes=after.memory_bytes,
        client_cores=sum(clients),
        client_core=max(clients),
        machine_cores=busy * (psutil.cpu_count() or 1),
        late_ms=_percentile_ms(late, 95),
    )


def _percentile_ms(seconds: NDArray[np.float64], q: float) -> float:
    """NaN would be no JSON: without a single answer, or question, it is 0."""
    return round(float(np.percentile(seconds, q)) * 1000, 3) if len(seconds) else 0.0
