"""A command of the pipeline finds the one stack that runs, or says that there is none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from relevo_cli import stack
from relevo_cli.app import app
from typer.testing import CliRunner

SHARED = dict.fromkeys(stack.SHARED, "somewhere")
DOCKER = """#!/bin/sh
[ "$2" = ps ] && echo airflow-worker && exit
printf '%s\\n' "$@" > called
exit 3
"""
PROGRAM = """
import json, os, sys
from pathlib import Path
names = ("RAW_DB_URL", "PROMOTED_BY")
Path("said.json").write_text(json.dumps([sys.argv[1:], {name: os.environ[name] for name in names}]))
sys.exit(4)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, without Docker and without a demo; `program` is a module there."""
    (tmp_path / "var" / "demo").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setattr(
        stack.shutil, "which", lambda name: str(tmp_path / "bin" / name) if docker(tmp_path) else None
    )
    monkeypatch.setenv("PROMOTED_BY", "ana")
    return tmp_path


def docker(folder: Path) -> bool:
    return (folder / "bin" / "docker").exists()


def install_docker(folder: Path) -> None:
    file = folder / "bin" / "docker"
    file.write_text(DOCKER)
    file.chmod(0o755)


def test_nothing_runs(folder: Path) -> None:
    with pytest.raises(stack.StackError, match="No stack is running here"):
        stack.pipeline(folder / "var", "program", [])


def test_in_the_demo_a_command_runs_with_the_demo_s_addresses(folder: Path) -> None:
    with stack.running(folder / "var" / "demo", {**SHARED, "SECRET": "x"}):
        assert stack.pipeline(folder / "var", "program", ["promote", "--version=3"]) == 4
        assert "SECRET" not in (folder / "var" / "demo" / "running.json").read_text()
        with pytest.raises(stack.StackError, match="Another `make demo` has its state in"):
            stack.running(folder / "var" / "demo", SHARED).__enter__()
    arguments, environment = json.loads((folder / "said.json").read_text())
    assert arguments == ["promote", "--version=3"]
    assert environment == {"RAW_DB_URL": "somewhere", "PROMOTED_BY": "ana"}


def test_a_demo_that_was_killed_does_not_run(folder: Path) -> None:
    lasting = f"""
from pathlib import Path
from relevo_cli import stack
import os, signal
with stack.running(Path("var/demo"), {SHARED}):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", lasting], cwd=folder, check=False).returncode == -9
    assert (folder / "var" / "demo" / "running.json").exists()
    with pytest.raises(stack.StackError, match="No stack is running"):
        stack.pipeline(folder / "var", "program", [])


def test_in_docker_a_command_runs_in_the_worker(folder: Path) -> None:
    install_docker(folder)
    assert stack.pipeline(folder / "var", "program", ["rollback"]) == 3
    called = " ".join((folder / "called").read_text().split())
    assert called == "compose exec -T --env PROMOTED_BY=ana airflow-worker python -m program rollback"


def test_with_two_stacks_nobody_guesses(folder: Path) -> None:
    install_docker(folder)
    with (
        stack.running(folder / "var" / "demo", SHARED),
        pytest.raises(stack.StackError, match="Both `make demo` and the Docker stack are running"),
    ):
        stack.pipeline(folder / "var", "program", [])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["promote", "--problem", "p"], 'Missing: VERSION, REASON. Say: make promote PROBLEM="…" VERSION="…"'),
        (
            ["rollback", "--problem", "p", "--reason", " "],
            'Missing: REASON. Say: make rollback PROBLEM="…" REASON="…"',
        ),
    ],
)
def test_what_is_missing_is_named(folder: Path, arguments: list[str], sentence: str) -> None:
    done = CliRunner().invoke(app, [*arguments, "--var", str(folder / "var")])
    assert done.exit_code == 1
    assert sentence in done.output
