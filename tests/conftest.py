"""Before any test imports MLflow: as `relevo_pipeline` has it."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
