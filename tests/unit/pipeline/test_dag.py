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
    "titles": {d.dag_id: d.dag_display_name for d in bag.dags.values()},
    "descriptions": {d.dag_id: d.description for d in bag.dags.values()},
    "schedules": {d.dag_id: str(d.schedule) for d in bag.dags.values()},
    "training_pools": {d.dag_id: [t.pool for t in d.tasks if t.task_id == "train"] for d in bag.dags.values()},
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
    assert described["pools"]["train"] == "training_covertype"


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


FLOWERS = """
from dataclasses import replace
from datetime import timedelta
from relevo_problems.covertype import PROBLEM as COVERTYPE

PROBLEM = replace(COVERTYPE, name="flowers", title="Flowers", schedule=timedelta(hours=3))
"""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """An installed problem, two files of the user's, of which one is wrong, and a name without a problem."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "flowers.py").write_text(FLOWERS)
    (folder / "weeds.py").write_text(FLOWERS.replace('name="flowers"', 'name="weeds", candidates=("oracle",)'))
    problems = "covertype,flowers,weeds,weather"
    return describe(tmp_path_factory, PROBLEMS=problems, PROBLEMS_DIR=str(folder))


def test_each_problem_has_its_own_dag_schedule_and_pool(several: dict) -> None:
    assert several["errors"] == {}
    assert {"covertype", "flowers"} <= set(several["dags"])
    assert several["schedules"]["flowers"] == "3:00:00"
    assert several["schedules"]["covertype"] == "0:06:00"
    assert several["training_pools"]["covertype"] == ["training_covertype"]
    assert several["training_pools"]["flowers"] == ["training_flowers"]


def test_a_problem_that_cannot_be_used_says_so_in_its_own_dag(several: dict) -> None:
    assert several["titles"]["weeds"] == "weeds: cannot be used"
    assert "candidates: there is no 'oracle'" in several["descriptions"]["weeds"]
    assert several["descriptions"]["weather"].startswith(
        "there is no problem called 'weather'; there are: covertype"
    )
    assert several["schedules"]["weeds"] == "None"
