"""`make demo`: start the embedded stack, do the first runs through Airflow, show what came of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
from relevo_problems import registry
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from relevo_cli.demo import report
from relevo_cli.demo.airflow import Airflow, SchedulerLostError
from relevo_cli.demo.environment import ADMIN, Environment, UnusableEnvironmentError, build
from relevo_cli.stack import running

START_SECONDS = 180
RUN_SECONDS = 600
STOP_SECONDS = 30
# Of each problem: candidates that are trained at the same time.
TRAINING_SLOTS = "2"
ENDED_WELL = frozenset({"succeeded", "exhausted"})


class DemoError(Exception):
    """The demo cannot go on; the sentence says why and what to do."""


class Demo:
    """One embedded stack, its state below `var/demo`; the first of its problems is the default one."""

    def __init__(self, console: Console, var: Path, problems: Sequence[str]) -> None:
        self._console = console
        self._var = var.resolve()
        self._problems = problems
        self._log = self._var / "demo" / "log.txt"

    def run(self, runs: int, *, keep_serving: bool) -> None:
        """Do `runs` runs of each problem, print the tables and write `var/demo.json`.

        Raises:
            DemoError: a port is taken, a service does not start, or a run failed.
        """
        _end_well()
        try:
            environment = build(Path.cwd(), self._var / "demo", self._problems)
        except UnusableEnvironmentError as error:
            raise DemoError(error) from None
        self._prepare(environment)
        with (
            self._processes(environment) as stack,
            running(environment.state, environment.variables),
            self._explained(),
        ):
            airflow = self._start(environment, stack)
            reports: dict[str, list[report.RunReport]] = {name: [] for name in self._problems}
            for number in range(runs):
                for name, done in reports.items():
                    done.append(self._one_run(environment, airflow, name, f"{number + 1} of {runs}"))
            self._show(environment, reports)
            failed = sum(item.state not in ENDED_WELL for done in reports.values() for item in done)
            if keep_serving:
                self._console.print("Everything keeps running until Ctrl-C.")
                stack.wait()
                raise DemoError(f"The services were ended by something else. {self._last_words()}")
            if failed:
                raise DemoError(
                    f"{failed} of {runs * len(reports)} runs failed, see above. All output: {self._log}"
                )

    def _prepare(self, environment: Environment) -> None:
        variables = {**os.environ, **environment.variables}
        pools = str(environment.state / "pools.json")
        with self._console.status("Preparing the databases"), self._log.open("w") as log:
            commands = [
                [sys.executable, "-m", "relevo_pipeline.migrate"],
                ["airflow", "db", "migrate"],
                [sys.executable, "-m", "relevo_pipeline.pools", TRAINING_SLOTS, pools],
                ["airflow", "pools", "import", pools],
            ]
            for command in commands:
                done = subprocess.run(  # noqa: S603 - our own commands
                    command, env=variables, stdout=log, stderr=subprocess.STDOUT, check=False
                )
                if done.returncode != 0:
                    raise DemoError(
                        f"`{' '.join(command)}` failed; its output is in {self._log}. If {environment.state} is of "
                        f"an older Relevo, start over: rm -rf '{environment.state}'"
                    )

    @contextmanager
    def _processes(self, environment: Environment) -> Iterator[subprocess.Popen[bytes]]:
        honcho = shutil.which("honcho") or "honcho"
        with self._log.open("a") as log:
            stack = subprocess.Popen(  # noqa: S603
                [honcho, "start", "--procfile", str(environment.root / "Procfile")],
                env={**os.environ, **environment.variables},
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for us: we then ask honcho to end its children.
                start_new_session=True,
            )
            try:
                yield stack
            finally:
                with self._console.status("Stopping"):
                    _stop(stack)

    def _start(self, environment: Environment, stack: subprocess.Popen[bytes]) -> Airflow:
        urls = environment.urls
        checks = {
            "data API": f"{urls['data_api']}/health",
            "MLflow": f"{urls['mlflow']}/health",
            "model server": f"{urls['inference']}/livez",
            "page": f"{urls['page']}/livez",
            "Airflow": f"{urls['airflow']}/api/v2/monitor/health",
        }
        with self._console.status("Starting") as status:
            for name, url in checks.items():
                status.update(f"Starting: waiting for the {name}")
                self._until(stack, name, partial(_answers, url))
            airflow = Airflow(urls["airflow"], ADMIN, environment.admin_password)
            status.update("Starting: waiting for Airflow to read the DAGs")
            for name in self._problems:
                self._until(stack, f"DAG {name}", partial(airflow.knows, name))
        for name in self._problems:
            airflow.unpause(name)
        return airflow

    def _until(self, stack: subprocess.Popen[bytes], name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if stack.poll() is not None:
                raise DemoError(f"A service ended before the {name} was ready. {self._last_words()}")
            try:
                if ready():
                    return
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.2)
        raise DemoError(f"The {name} was not ready within {START_SECONDS} s. {self._last_words()}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise DemoError(f"A service stopped answering ({error}). {self._last_words()}") from error
        except SchedulerLostError as error:
            raise DemoError(f"Airflow's scheduler stopped in the middle of a run. {self._last_words()}") from error
        except SQLAlchemyError as error:
            raise DemoError(
                f"The demo's databases cannot be read ({error}). If they are of an older Relevo, start over: "
                f"rm -rf '{self._var / 'demo'}'"
            ) from error

    def _last_words(self) -> str:
        """The end of the log, without what honcho says of itself."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if "system " not in line[:24]]
        return "\n".join([f"The last words in {self._log}:", *lines[-6:]])

    def _one_run(self, environment: Environment, airflow: Airflow, problem: str, which: str) -> report.RunReport:
        said = f"Run {which}" if len(self._problems) == 1 else f"Run {which} of {problem}"
        started = time.monotonic()
        dag_run_id = airflow.trigger(problem)
        with self._console.status("") as status:
            airflow.wait(problem, dag_run_id, RUN_SECONDS, lambda doing: status.update(f"{said}: {doing}"))
        found = report.read(environment, problem, dag_run_id, time.monotonic() - started)
        self._console.print(
            f"{said} ({found.state}, {found.seconds:.0f} s): {found.reason}", highlight=False, soft_wrap=True
        )
        return found

    def _show(self, environment: Environment, reports: dict[str, list[report.RunReport]]) -> None:
        figures = [report.figures(environment, name, done) for name, done in reports.items()]
        shown = {**figures[0], "others": figures[1:], "urls": environment.urls}
        (self._var / "demo.json").write_text(json.dumps(shown, indent=2) + "\n")
        for name, done in reports.items():
            self._console.print(report.table(registry.load(name), done))
        if simulated := [one["problem"] for one in figures if one["data"] == "simulated"]:
            self._console.print(
                f"The figures of {' and '.join(simulated)} are from simulated data; `make data` downloads the real "
                "ones, or says where to get them.",
                soft_wrap=True,
            )
        for name, url in environment.urls.items():
            self._console.print(f"  {name:<10} {url}")
        secrets = environment.state / "secrets.json"
        self._console.print(
            f"  Airflow's login is {ADMIN}; its password, and the operator's for the page, stand in {secrets}",
            soft_wrap=True,
        )


def _end_well() -> None:
    """Treat `kill` and a closed terminal like Ctrl-C, so that no service outlives the demo.

    A shell that starts the demo in the background has it ignore Ctrl-C; that is undone too.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _answers(url: str) -> bool:
    return httpx.get(url, timeout=5).is_success


def _stop(stack: subprocess.Popen[bytes]) -> None:
    """Ask honcho to end its children; end the whole group if it takes too long."""
    stack.send_signal(signal.SIGTERM)
    try:
        stack.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(stack.pid, signal.SIGKILL)
        stack.wait()
