"""Carries out fault orders in the process that runs a task: dies, or holds still, at a named spot.

An order is a file `<id>.order` in the folder RELEVO_FAULTS. It is carried out once: whoever renames the file first
does it and leaves `<id>.fired` behind. Without an order nothing of the product is touched.

    task    the task whose step is hit
    point   start: before the step · middle: at `spot` · end: after the step, before Airflow hears of it
    spot    for middle: {"commit": table, "when": before | after} of a transaction that wrote to the table, or
            {"call": "module:Class.method", "when": before | after, "argument": only with this one}
    deed    kill: SIGKILL · hold: until `<id>.release` appears, at most HOLD_SECONDS
    whom    for kill: task (this process) · supervisor (and its parent) · worker (and that one's parent)
"""

import functools
import importlib
import importlib.util
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["RELEVO_FAULTS"])
# Where Airflow's tasks enter the product.
SEAM = "relevo_pipeline.task"
HOLD_SECONDS = 90


def watch() -> None:
    """Wait for the seam to be imported."""
    sys.meta_path.insert(0, _Seam())


class _Seam(MetaPathFinder):
    def find_spec(self, name: str, *_: Any) -> Any:
        if name != SEAM:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        execute = spec.loader.exec_module

        def execute_and_wrap(module: Any) -> None:
            execute(module)
            module.perform = _ordered(module.perform)

        spec.loader.exec_module = execute_and_wrap  # type: ignore[method-assign]
        return spec


def _ordered(perform: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(perform)
    def perform_with_faults(task: str, step: Callable[..., Any], problem: str, dag_run_id: str, *part: str) -> Any:
        orders = [_Order(path, problem, dag_run_id) for path in sorted(FOLDER.glob("*.order"))]
        mine = [order for order in orders if order.text.get("task") == task]
        for order in mine:
            order.arm()
        _fire(mine, "start")
        result = perform(task, step, problem, dag_run_id, *part)
        _fire(mine, "end")
        return result

    return perform_with_faults


def _fire(orders: list["_Order"], point: str) -> None:
    for order in orders:
        if order.text["point"] == point:
            order.fire()


class _Order:
    def __init__(self, path: Path, problem: str, dag_run_id: str) -> None:
        self._path, self._problem, self._dag_run_id = path, problem, dag_run_id
        try:
            self.text: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:  # carried out by another task in this moment
            self.text = {}

    def arm(self) -> None:
        """Patch the spot of a fault in the middle."""
        if self.text["point"] != "middle":
            return
        spot = self.text["spot"]
        if "commit" in spot:
            self._arm_commit(spot["commit"].format(problem=self._problem), spot["when"])
        else:
            self._arm_call(spot)

    def _arm_commit(self, table: str, when: str) -> None:
        from sqlalchemy import Engine, event
        from sqlalchemy.engine import Connection

        written: set[str] = set()
        writes = re.compile(rf"\s*(?:INSERT|UPDATE|DELETE|LOAD DATA)\b.*\b{re.escape(table)}\b", re.DOTALL)
        commit = Connection._commit_impl

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if writes.match(statement):
                written.add(table)

        def commit_with_fault(connection: Any) -> None:
            hit = table in written
            written.clear()
            if hit and when == "before":
                self.fire()
            commit(connection)
            if hit and when == "after":
                self.fire()

        event.listen(Engine, "before_cursor_execute", note)
        Connection._commit_impl = commit_with_fault  # type: ignore[method-assign]

    def _arm_call(self, spot: dict[str, Any]) -> None:
        module, _, path = spot["call"].partition(":")
        *owners, name = path.split(".")
        owner = functools.reduce(getattr, owners, importlib.import_module(module))
        called = getattr(owner, name)

        @functools.wraps(called)
        def call_with_fault(*arguments: Any, **named: Any) -> Any:
            wanted = spot.get("argument")
            hit = wanted is None or wanted in arguments or wanted in named.values()
            if hit and spot["when"] == "before":
                self.fire()
            result = called(*arguments, **named)
            if hit and spot["when"] == "after":
                self.fire()
            return result

        setattr(owner, name, call_with_fault)

    def fire(self) -> None:
        """Do it, unless somebody else has."""
        claimed = self._path.with_suffix(".claimed")
        try:
            self._path.rename(claimed)
        except FileNotFoundError:
            return
        victims = _victims(self.text.get("whom", "task"))
        deed = {"dag_run_id": self._dag_run_id, "pids": victims, "at": time.time()}
        # A file of its own: the order may belong to another user than the worker's.
        done = self._path.with_suffix(".done")
        done.write_text(json.dumps(deed))
        done.rename(self._path.with_suffix(".fired"))
        if self.text["deed"] == "hold":
            self._hold()
            return
        for pid in victims:
            os.kill(pid, signal.SIGKILL)

    def _hold(self) -> None:
        end = time.monotonic() + HOLD_SECONDS
        while time.monotonic() < end and not self._path.with_suffix(".release").exists():
            time.sleep(0.05)


def _victims(whom: str) -> list[int]:
    """Process ids, the oldest first, so that no parent lives to tell; this process is the last."""
    pids = [os.getpid()]
    for _ in range(["task", "supervisor", "worker"].index(whom)):
        stat = Path(f"/proc/{pids[0]}/stat").read_text()
        parent = int(stat.rpartition(")")[2].split()[1])
        if parent <= 1:
            raise RuntimeError(f"process {pids[0]} has no parent that could be ended")
        pids.insert(0, parent)
    return pids
