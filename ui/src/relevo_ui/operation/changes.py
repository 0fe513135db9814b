"""Promotion and rollback from the page: a run of the DAG `relevo_operate`, which does what `make promote` does.

The page itself can neither move an alias nor write into a database.
"""

from dataclasses import dataclass
from typing import Literal

from relevo_ui.operation.airflow import Airflow
from relevo_ui.operation.gate import Operator

DAG_ID = "relevo_operate"
TASK = "change"
Action = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Change:
    """A change that was asked for, by the id of the run that makes it."""

    problem: str
    dag_run_id: str


@dataclass(frozen=True)
class Progress:
    """How far a change is: `state` is the run's, `sentence` what the pipeline said about it once it has ended."""

    state: str
    sentence: str = ""


@dataclass(frozen=True)
class Changes:
    """Asks for changes and sees what became of them; errors are `AirflowError`s."""

    airflow: Airflow

    def ask(self, action: Action, problem: str, version: str | None, operator: Operator, reason: str) -> Change:
        asked = {
            "action": action,
            "problem": problem,
            "version": version,
            "by": operator.name,
            "reason": reason.strip(),
        }
        return Change(problem, self.airflow.start(DAG_ID, asked))

    def progress(self, change: Change) -> Progress:
        run = self.airflow.run(DAG_ID, change.dag_run_id)
        if not run.ended:
            return Progress(run.state)
        key = "return_value" if run.state == "success" else "refusal"
        return Progress(run.state, self.airflow.xcom(DAG_ID, change.dag_run_id, TASK, key) or "")
