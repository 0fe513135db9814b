"""The page about itself: if somebody reads it, it is well."""

from datetime import UTC, datetime
from importlib.metadata import version

from relevo_ui.health.finding import Finding

_STARTED = datetime.now(UTC)


def itself() -> list[Finding]:
    return [Finding("page", "well", version=version("relevo-ui"), since=_STARTED)]
