"""Addresses in the other services' own pages, for people to follow."""

from dataclasses import dataclass
from urllib.parse import quote

from relevo_ui.settings import Settings


@dataclass(frozen=True)
class Links:
    """`airflow`, `mlflow` and `inference` are public addresses without a slash at their end."""

    airflow: str
    mlflow: str
    inference: str

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        inference = settings.inference_public_url or settings.inference_url
        return cls(settings.airflow_url.rstrip("/"), settings.mlflow_url.rstrip("/"), inference.rstrip("/"))

    def dag(self, problem: str) -> str:
        """The pipeline of a problem, or the list of pipelines when no problem is known."""
        return f"{self.airflow}/dags/{_part(problem)}" if problem else f"{self.airflow}/dags"

    def dag_run(self, problem: str, dag_run_id: str) -> str:
        return f"{self.airflow}/dags/{_part(problem)}/runs/{_part(dag_run_id)}"

    def tracked_run(self, run_id: str) -> str:
        """A run in MLflow by its id alone: its page finds the experiment and moves on to it."""
        return f"{self.mlflow}/#/runs/{_part(run_id)}"

    def drift_report(self, experiment_id: str, run_id: str) -> str:
        """Evidently's page about a batch, as MLflow shows it."""
        folder = f"{self.mlflow}/#/experiments/{_part(experiment_id)}/runs/{_part(run_id)}/artifacts"
        return f"{folder}/assessment/drift.html"

    def required_actions(self) -> str:
        """Where people approve or reject in Airflow."""
        return f"{self.airflow}/required_actions"

    def version(self, model: str, version: str) -> str:
        return f"{self.mlflow}/#/models/{_part(model)}/versions/{_part(version)}"


def _part(text: str) -> str:
    return quote(text, safe="")
