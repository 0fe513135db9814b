"""One run of a problem's pipeline: what every step gets."""

from dataclasses import dataclass

from relevo_problems.problem import Problem
from relevo_problems.registry import load

from relevo_pipeline.settings import Settings
from relevo_pipeline.stores import Stores


@dataclass(frozen=True)
class Run:
    """`dag_run_id` names the run everywhere: ledger, audit row, MLflow tags, and the data API's own log."""

    problem: Problem
    dag_run_id: str
    stores: Stores
    settings: Settings

    @classmethod
    def open(cls, problem: str, dag_run_id: str, settings: Settings) -> "Run":
        return cls(load(problem), dag_run_id, Stores.open(settings), settings)
