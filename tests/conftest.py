"""For all tests, before any of them imports MLflow: as `relevo_pipeline` has it."""

import os

from hypothesis import settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# A time limit on an example fails on a machine that is busy with something else.
settings.register_profile("relevo", deadline=None)
settings.load_profile("relevo")
