"""The DAGs are wiring: the shape they have in Airflow, read by Airflow itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[3] / "airflow" / "dags"

DESCRIBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
dag = bag.dags["covertype"]
print(json.dumps({
    "errors": bag.import_errors,
    "dags": sorted(bag.dags),
    "downstream": {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks},
    "retries": {t.task_id: t.retries for t in dag.tasks},
    "rules": {t.task_id: str(t.trigger_rule.value) for t in dag.tasks},
    "timeouts": {t.task_id: t.execution_timeout and str(t.execution_timeout) for t in dag.tasks},
    "pools": {t.task_id: t.pool for t in dag.tasks},
    "schedule": str(dag.schedule),
    "catchup": dag.catchup,
    "max_active_runs": dag.max_active_runs,
    "paused": dag.is_paused_upon_creation,
    "heavy": sorted({"pandas", "sklearn", "xgboost", "mlflow", "pandera"} & set(sys.modules)),
}))
"""


def describe(tmp_path_factory: pytest.TempPathFactory, **settings: str) -> dict:
    """In a process of its own: Airflow reads its settings from the environment when it is imported."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "SCHEDULE": "problem",
        "PROBLEMS": "covertype",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE, str(DAGS)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return describe(tmp_path_factory)


@pytest.fixture(scope="module")
def with_approval(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return describe(tmp_path_factory, PROMOTION="manual")


def test_every_installed_problem_has_a_dag(described: dict) -> None:
    assert described["errors"] == {}
    assert described["dags"] == ["covertype", "relevo_operate"]


def test_the_tasks_of_a_run(described: dict) -> None:
    assert described["downstream"] == {
        "collect": ["validate"],
        "validate": ["clean"],
        "clean": ["assess"],
        "assess": ["decide"],
        "decide": ["record", "train"],
        "train": ["judge"],
        "judge": ["promote", "reject"],
        "promote": ["record"],
        "reject": ["record"],
        "record": [],
    }


def test_only_the_request_is_never_retried(described: dict) -> None:
    assert [task for task, retries in described["retries"].items() if retries == 0] == ["collect"]


def test_a_failed_candidate_does_not_sink_the_others_and_every_run_is_recorded(described: dict) -> None:
    assert described["rules"]["judge"] == "all_done_min_one_success"
    assert described["rules"]["record"] == "all_done"
    assert described["pools"]["train"] == "training"


def test_one_run_at_a_time_and_only_when_somebody_says_so(described: dict) -> None:
    assert described["max_active_runs"] == 1
    assert described["catchup"] is False
    assert described["paused"] is True
    assert described["schedule"] == "0:06:00"


def test_reading_the_dags_imports_nothing_heavy(described: dict) -> None:
    assert described["heavy"] == []


def test_a_person_stands_between_the_verdict_and_the_promotion(described: dict, with_approval: dict) -> None:
    assert with_approval["errors"] == {}
    changed = {
        task: downstream
        for task, downstream in with_approval["downstream"].items()
        if described["downstream"].get(task) != downstream
    }
    assert changed == {
        "judge": ["approve", "promote", "reject"],
        "approve": ["answer"],
        "answer": ["promote", "reject"],
    }
    # Whoever is asked has all the time; `judge` and `answer` may each choose the ending.
    assert with_approval["timeouts"]["approve"] is None
    assert with_approval["rules"]["promote"] == with_approval["rules"]["reject"] == "none_failed_min_one_success"
    assert with_approval["heavy"] == []
