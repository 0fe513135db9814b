"""The laboratory: its notebook on a real run of the pipeline, and JupyterLab behind its password."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
from relevo_lab.__main__ import NOTEBOOK
from support.processes import free_port, until
from support.runs import Stack, finish, rows

PASSWORD = "of-the-laboratory"


def test_the_notebook_reads_compares_and_logs_an_experiment(stack: Stack, tmp_path: Path) -> None:
    finish(stack.until_decided("first", rows(600, seed=1), batch=1))
    env = {
        "CLEAN_DB_URL": stack.settings.clean_db_url.get_secret_value(),
        "DEFAULT_PROBLEM": stack.problem.name,
        "MLFLOW_TRACKING_URI": stack.settings.mlflow_tracking_uri,
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", str(NOTEBOOK)]
    done = subprocess.run(command, env={**os.environ, **env}, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = {cell["id"]: cell for cell in json.loads(done.stdout)["cells"]}
    assert any("image/png" in output.get("data", {}) for output in cells["picture"]["outputs"])
    assert "Version 1 is in production: random_forest" in _text(cells["card"])

    experiment = stack.mlflow.get_experiment_by_name(f"lab-{stack.problem.name}")
    (run,) = stack.mlflow.search_runs([experiment.experiment_id])
    assert run.info.run_id in _text(cells["log"])
    assert 0 < run.data.metrics["validation_macro_f1"] <= 1
    assert run.data.tags["relevo.compared_with"] == "1"
    assert [file.path for file in stack.mlflow.list_artifacts(run.info.run_id)] == ["answers.json"]
    assert stack.alias("production") == "1"
    stack.mlflow.delete_experiment(experiment.experiment_id)


def _text(cell: dict[str, list[dict[str, object]]]) -> str:
    return "".join(line for output in cell["outputs"] for line in output.get("text", ()))  # type: ignore[attr-defined]


def test_the_notebook_is_kept_without_anybodys_results() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if "outputs" in cell)


def test_jupyterlab_opens_on_the_notebook_behind_its_password(tmp_path: Path) -> None:
    port, own = free_port(), tmp_path / "notebooks" / NOTEBOOK.name
    own.parent.mkdir()
    own.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    command = [sys.executable, "-m", "relevo_lab", "--port", str(port), "--folder", str(own.parent), "--allow-root"]
    env = {**os.environ, "JUPYTER_TOKEN": PASSWORD, "HOME": str(tmp_path)}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, env=env, stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as page,
    ):
        try:
            until(lambda: page.get("/api").is_success, "JupyterLab")
            assert page.get("/").headers["location"].startswith("/lab/tree/start.ipynb")
            assert page.get("/lab/tree/start.ipynb").headers["location"].startswith("/login")
            assert page.get("/api/contents").status_code == 403
            signed_in = {"Authorization": f"token {PASSWORD}"}
            assert page.get("/lab/tree/start.ipynb", headers=signed_in).is_success
            (listed,) = page.get("/api/contents", headers=signed_in).json()["content"]
            assert listed["name"] == "start.ipynb"
        finally:
            process.terminate()
    # What somebody has made of it stays.
    assert json.loads(own.read_text())["cells"] == []
    assert PASSWORD not in (tmp_path / "log").read_text()


def test_jupyterlab_does_not_open_without_a_password() -> None:
    env = {**os.environ, "JUPYTER_TOKEN": ""}
    done = subprocess.run([sys.executable, "-m", "relevo_lab"], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "JUPYTER_TOKEN is not set" in done.stderr
