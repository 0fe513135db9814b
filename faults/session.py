"""Injects faults into the runs of one stack, recovers as an operator would, and counts."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from faults.airflow import FINAL, Try
from faults.plan import Fault
from faults.rows import Injected, Row, by_itself, row_of, wrong_with
from faults.stack import Stack

RUN_SECONDS = 900
# How long a service stays away when its absence ends no task.
OUTAGE_SECONDS = 8
POLL_SECONDS = 0.5
# The data has ten parts, and each run takes one.
PARTS = 9
FAULTS_PER_TASK = 2
# Runs beyond what the faults need, for tasks that a run does not come to.
SPARE_RUNS = 12
BROKEN = frozenset({"up_for_retry", "failed"})


class Session:
    """The runs of one stack, one after the other."""

    def __init__(self, stack: Stack, say: Callable[[str], None], minutes: float = 600) -> None:
        """After `minutes` no further run is started; the faults that are left are rows that were not injected."""
        self._stack, self._say = stack, say
        self._end = time.monotonic() + 60 * minutes
        self._runs, self._newest = 0, 1
        self._beaten: str | None = None
        self._waiting: list[Row] = []

    def control(self) -> None:
        """A run without a fault: what is counted here must come out right before it can be blamed on a fault."""
        self._one_run([])

    def rows(self, faults: Iterable[Fault]) -> Iterator[Row]:
        """Inject every fault, several in one run where they do not keep each other from happening."""
        pending = list(faults)
        enough = len(pending) + SPARE_RUNS
        while pending and self._runs < enough and time.monotonic() < self._end:
            chosen = _choose(pending)
            try:
                self._arrange(pending)
                done = self._one_run(chosen)
            except (httpx.HTTPError, RuntimeError) as error:
                done = self._broken_off(chosen, error)
            for fault, row in done:
                pending.remove(fault)
                if row not in self._waiting:
                    yield row
                self._say(
                    f"  {'ok' if row.survived else row.wrong}: {fault.id}, {row.recovery}; audit: {row.audit}"
                )
            yield from self._next_run_came()
        if self._waiting:
            self._one_run([])
            yield from self._next_run_came()
        for fault in pending:
            yield Row(self._stack.name, self._stack.databases, fault.task, fault.words)

    def _broken_off(self, chosen: list[Fault], error: Exception) -> list[tuple[Fault, Row]]:
        """Rows for what was injected when the session could not count: they were not survived."""
        self._say(f"{self._stack.name}: {type(error).__name__}: {error}")
        self._runs += 1
        for fault in chosen:
            self._stack.withdraw(fault)
        reason = [f"not counted: {error}"[:300]]
        fired = [fault for fault in chosen if self._stack.fired(fault)]
        name, databases = self._stack.name, self._stack.databases
        return [(fault, Row(name, databases, fault.task, fault.words, wrong=reason)) for fault in fired]

    def _next_run_came(self) -> list[Row]:
        ready = [row for row in self._waiting if row.recovery != "next run"]
        self._waiting = [row for row in self._waiting if row.recovery == "next run"]
        return ready

    def _arrange(self, pending: list[Fault]) -> None:
        """Move production by hand, as an operator may, so that runs come to the tasks that are left.

        Any version wins against one that takes every label for another. Against a middle one there are enough new
        rows to train and seldom enough to win.
        """
        waited_for = {fault.task for fault in pending}
        if "promote" in waited_for:
            self._beaten = self._beaten or self._stack.register_beaten()
            self._stack.point("production", self._beaten)
        elif "reject" in waited_for:
            self._stack.point("production", str(max(1, self._newest * 2 // 3)))

    def _one_run(self, faults: list[Fault]) -> list[tuple[Fault, Row]]:
        stack = self._stack
        if self._runs % PARTS == PARTS - 1:
            stack.rewind()
        self._runs += 1
        for fault in faults:
            stack.order(fault)
        started = time.monotonic()
        run = stack.airflow.trigger()
        self._say(f"{stack.name}: {run} with {len(faults)} orders")
        injected = self._attend(run, faults)
        for fault in faults:
            stack.withdraw(fault)
        counted = self._count(run)
        self._newest = max([self._newest, *map(int, counted["versions"])])
        served = self._served()
        wrong = wrong_with(counted, served, failing=any(i.fault.recovery == "next" for i in injected))
        self._say(
            f"{stack.name}: {run} took {time.monotonic() - started:.0f} s: {wrong or 'nothing lost or doubled'}"
        )
        if not wrong:
            for row in self._waiting:
                row.recovery = f"next run ({run}); cleared, it sent no second request"
        rows = []
        for one in injected:
            row = row_of(stack, one, run, counted, served, wrong)
            if one.fault.recovery == "next":
                row.recovery = "next run"
                self._waiting.append(row)
            rows.append((one.fault, row))
        if not faults and wrong:
            raise RuntimeError(f"a run without a fault went wrong: {wrong}\n{counted}")
        return rows

    # --- while a run goes on -------------------------------------------------------------------------

    def _attend(self, run: str, faults: list[Fault]) -> list[Injected]:
        """Watch a run to its end, recover what does not recover by itself."""
        airflow = self._stack.airflow
        injected: list[Injected] = []
        rescued = False
        end = time.monotonic() + RUN_SECONDS
        while time.monotonic() < end:
            self._notice(run, faults, injected)
            tries = airflow.tries(run)
            state = airflow.state(run)
            if self._clear_tasks(run, injected, tries, ended=state in FINAL):
                continue
            if state in FINAL:
                todo = [one for one in injected if one.recovered is None]
                whole = [one for one in todo if one.fault.recovery in {"run", "next"}]
                if not whole and state == "failed" and not rescued and not any(i.fault.alone for i in injected):
                    rescued, whole = True, todo
                if whole:
                    airflow.clear_run(run)
                    for one in whole:
                        one.recovered = "next run" if one.fault.recovery == "next" else "whole run cleared"
                elif self._settled(run):
                    for one in todo:
                        one.recovered = by_itself(one, tries)
                    return injected
            time.sleep(POLL_SECONDS)
        airflow.fail(run)
        for one in injected:
            one.recovered = f"none: the run was still going on after {RUN_SECONDS} s"
        return injected

    def _settled(self, run: str) -> bool:
        """Whether the run has really ended: what was cleared a moment ago may not show yet."""
        time.sleep(POLL_SECONDS)
        return self._stack.airflow.state(run) in FINAL

    def _notice(self, run: str, faults: list[Fault], injected: list[Injected]) -> None:
        for fault in faults:
            if any(one.fault is fault for one in injected) or self._stack.fired(fault) is None:
                continue
            hit = [t for t in self._stack.airflow.tries(run) if t.task == fault.task]
            # What callers of the model server get in this very moment.
            one = Injected(fault, time.monotonic(), self._served(), hit)
            injected.append(one)
            if fault.service:
                self._outage(run, fault, one)

    def _outage(self, run: str, fault: Fault, one: Injected) -> None:
        """End the service while the task holds still, let the task run into it, start the service again."""
        stack = self._stack
        assert fault.service
        stack.kill(fault.service)
        one.served = self._served()
        stack.release(fault)
        end = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < end:
            time.sleep(POLL_SECONDS)
            if any(t.task == fault.task and t.state in BROKEN for t in stack.airflow.tries(run)):
                break
        stack.start(fault.service)

    def _clear_tasks(self, run: str, injected: list[Injected], tries: list[Try], *, ended: bool) -> bool:
        """Whether anything was cleared."""
        cleared = False
        for one in injected:
            if one.fault.recovery != "task" or one.recovered is not None:
                continue
            broken = [t for t in tries if t.task == one.fault.task and t.state in BROKEN]
            # While a run is failing, its other tasks are still being marked; an operator sees it fail first.
            if broken and (ended or all(t.state == "up_for_retry" for t in broken)):
                self._stack.airflow.clear(run, broken)
                cleared = True
                for other in injected:
                    if other.fault.task == one.fault.task and other.recovered is None:
                        other.recovered = "task cleared"
            elif ended and not broken:
                one.recovered = by_itself(one, tries)
        return cleared

    # --- afterwards ----------------------------------------------------------------------------------

    def _count(self, run: str) -> dict[str, Any]:
        counted = self._stack.count(run)
        log = self._stack.requests(run)
        counted["requests"] = log["count"]
        counted["sent"] = sum(request["row_count"] for request in log["requests"])
        return counted

    def _served(self) -> str | None:
        """The version that answered a prediction; None when nobody did."""
        try:
            model = self._stack.predict()["model"]
        except (httpx.HTTPError, KeyError):
            return None
        return f"{model['version']}{' (stale)' if model['stale'] else ''}"


def _choose(pending: list[Fault]) -> list[Fault]:
    """The first faults that are left for each task; one that ends its run goes alone."""
    if pending[0].alone:
        return pending[:1]
    chosen: dict[str, list[Fault]] = {}
    for fault in pending:
        of_task = chosen.setdefault(fault.task, [])
        # One more than Airflow's retries would end the run.
        if not fault.alone and len(of_task) < FAULTS_PER_TASK:
            of_task.append(fault)
    return [fault for of_task in chosen.values() for fault in of_task]
