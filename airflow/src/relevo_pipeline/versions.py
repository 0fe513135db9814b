"""Versions in the registry: what is in production, and the one version a run may register."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import pandas as pd
from mlflow.artifacts import download_artifacts
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode
from numpy.typing import NDArray
from pydantic import ValidationError
from relevo_contract.card import Card
from relevo_contract.encoding import Encoder
from relevo_contract.registry import (
    CARD_PATH,
    CHALLENGER,
    GRAPH_INPUT,
    MODEL_FILE,
    PRODUCTION,
    TAG_BATCH,
    TAG_DAG_RUN,
    TAG_DATA,
    TAG_DECISION_REASON,
    TAG_VERDICT,
    TAG_VERDICT_REASON,
)

from mlflow import MlflowClient
from relevo_pipeline import audit, tracking
from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run
from relevo_pipeline.tracking import Candidate

_ABSENT = {ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), ErrorCode.Name(INVALID_PARAMETER_VALUE)}


@dataclass(frozen=True)
class ServedModel:
    """A model in the form in which it is served: the graph and the card that came with it."""

    card: Card
    session: onnxruntime.InferenceSession

    @classmethod
    def load(cls, run: Run, uri: str) -> "ServedModel":
        """Load `models:/name/version` or `models:/model_id` from the tracking server.

        Raises:
            StepError: what is there is not a model of ours.
        """
        try:
            return cls._load(run, uri)
        except (OSError, ValidationError) as error:
            raise StepError(
                f"{uri} has no card and graph that can be read ({error}). If it was registered by hand, move the "
                f"alias {PRODUCTION} in MLflow back to a version that the pipeline registered."
            ) from error

    @classmethod
    def _load(cls, run: Run, uri: str) -> "ServedModel":
        with TemporaryDirectory() as folder:
            local = Path(
                download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=run.settings.mlflow_tracking_uri)
            )
            card = Card.model_validate_json((local / CARD_PATH).read_bytes())
            session = onnxruntime.InferenceSession(
                (local / MODEL_FILE).read_bytes(), providers=["CPUExecutionProvider"]
            )
        return cls(card, session)

    def probabilities(self, rows: pd.DataFrame) -> NDArray[np.floating]:
        """Class probabilities of typed rows, shape (rows, classes of the card)."""
        features = Encoder(self.card.inputs).table(rows, len(rows))
        double = self.session.get_inputs()[0].type == "tensor(double)"
        found: NDArray[np.floating] = self.session.run(
            None, {GRAPH_INPUT: features if double else features.astype(np.float32)}
        )[1]
        return found


def production(run: Run) -> ModelVersion | None:
    """The version in production, or None."""
    try:
        return tracking.client(run).get_model_version_by_alias(run.problem.name, PRODUCTION)
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        raise


def of_run(run: Run) -> ModelVersion | None:
    """The version that this run has registered, or None."""
    condition = f"name = '{run.problem.name}' and tags.`{TAG_DAG_RUN}` = '{run.dag_run_id}'"
    found = tracking.client(run).search_model_versions(condition, max_results=1)
    return found[0] if found else None


def register(run: Run, candidate: Candidate) -> ModelVersion:
    """Register a candidate as this run's one version and point the alias `challenger` at it.

    The model server loads a challenger ahead, so that a promotion finds it in memory. A run that is cleared finds
    its version again and moves no alias.
    """
    mlflow = tracking.client(run)
    _ensure_model(mlflow, run)
    if (registered := of_run(run)) is not None:
        return registered
    entry = audit.read(run)
    version = mlflow.create_model_version(
        run.problem.name,
        source=f"models:/{candidate.model_id}",
        run_id=candidate.run_id,
        model_id=candidate.model_id,
        tags={
            TAG_DAG_RUN: run.dag_run_id,
            TAG_BATCH: str(entry.batch),
            TAG_DATA: str(entry.data),
            TAG_DECISION_REASON: str(entry.decision_reason),
            TAG_VERDICT: str(entry.verdict),
            TAG_VERDICT_REASON: str(entry.verdict_reason),
        },
    )
    mlflow.set_registered_model_alias(run.problem.name, CHALLENGER, version.version)
    return version


def _ensure_model(mlflow: MlflowClient, run: Run) -> None:
    try:
        mlflow.get_registered_model(run.problem.name)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        mlflow.create_registered_model(run.problem.name, description=run.problem.description)
