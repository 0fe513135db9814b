"""Which stack runs, and how a command of the pipeline gets to its databases and its registry."""

import fcntl
import getpass
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What the pipeline's own commands need to know of the demo.
SHARED = ("RAW_DB_URL", "CLEAN_DB_URL", "MLFLOW_TRACKING_URI", "PROBLEMS", "PROBLEMS_DIR", "DEFAULT_PROBLEM")
WORKER = "airflow-worker"


class StackError(Exception):
    """There is no stack, or more than one; the sentence says what to do."""


@contextmanager
def running(state: Path, variables: dict[str, str]) -> Iterator[None]:
    """Tell other commands where the demo is while this process lives: the system drops the lock together with it.

    Raises:
        StackError: another demo has its state there.
    """
    # The caller may have given the demo databases of their own, and their addresses hold passwords.
    (state / "running.json").touch(mode=0o600)
    with (state / "running.json").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"Another `make demo` has its state in {state}. End it, or set RELEVO_VAR.") from None
        file.truncate(0)
        json.dump({name: variables[name] for name in SHARED}, file)
        file.flush()
        yield


def pipeline(var: Path, module: str, arguments: list[str]) -> int:
    """Run a module of the pipeline where the stack's settings are; its output goes to ours.

    Returns:
        Its exit code.

    Raises:
        StackError: not exactly one of the demo and the Docker stack is running.
    """
    command, environment = _command(var, module, arguments)
    return subprocess.call(command, env=environment)  # noqa: S603


def answer(var: Path, module: str, arguments: list[str]) -> tuple[int, str]:
    """As `pipeline`, but what it writes to standard output is returned beside the exit code."""
    command, environment = _command(var, module, arguments)
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout


def _command(var: Path, module: str, arguments: list[str]) -> tuple[list[str], dict[str, str] | None]:
    """The command that runs a module of the pipeline in the stack, and its environment if not ours."""
    demo, docker = _demo(var), _docker()
    if demo is not None and docker:
        raise StackError("Both `make demo` and the Docker stack are running. Stop one of them, then say it again.")
    by = os.environ.get("PROMOTED_BY") or getpass.getuser()
    if demo is not None:
        return [sys.executable, "-m", module, *arguments], {**os.environ, **demo, "PROMOTED_BY": by}
    if docker:
        compose = ["docker", "compose", "exec", "-T", "--env", f"PROMOTED_BY={by}", WORKER]
        return [*compose, "python", "-m", module, *arguments], None
    raise StackError("No stack is running here. Start `make demo` (and leave it running) or `make up` first.")


def _demo(var: Path) -> dict[str, str] | None:
    """What a demo below `var` shares; None when none is running."""
    try:
        with (var / "demo" / "running.json").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        shared: dict[str, str] = json.loads((var / "demo" / "running.json").read_text())
        return shared
    return None


def _docker() -> bool:
    """Whether the worker of the compose project of this folder is running."""
    if shutil.which("docker") is None:
        return False
    listed = subprocess.run(
        ["docker", "compose", "ps", "--status", "running", "--services"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.returncode == 0 and WORKER in listed.stdout.split()
