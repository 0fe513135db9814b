"""For all tests, before any of them imports MLflow: as `relevo_pipeline` has it."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# A time limit, on an example or on making them, fails on a machine that is busy with something else.
settings.register_profile("relevo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("relevo")


@pytest.fixture
def logs_as_they_were() -> Iterator[None]:
    """For who makes an app, which sends all logs of the process to stdout."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
