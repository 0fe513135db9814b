"""reject: keep the challenger's version, with the reason why it is not in production."""

from relevo_pipeline.run import Run
from relevo_pipeline.steps.promote import register_challenger


def reject(run: Run) -> str:
    """Register the challenger without moving production.

    Returns:
        The version that was registered.
    """
    return str(register_challenger(run).version)
