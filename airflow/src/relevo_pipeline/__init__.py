"""The steps of a run as plain functions; `airflow/dags` wires them."""

import os

# MLflow counts its use with its makers unless told otherwise before it is imported. Its threads also change the
# environment while others read it, which ends requests with KeyError('_MLFLOW_TELEMETRY_SESSION_ID').
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
