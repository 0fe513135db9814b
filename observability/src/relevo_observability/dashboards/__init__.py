"""The dashboards, each a module; `make dashboards` writes them into the files that Grafana reads."""

from relevo_observability.dashboards.grafana import Dashboard
from relevo_observability.dashboards.models import MODELS
from relevo_observability.dashboards.runs import RUNS
from relevo_observability.dashboards.serving import SERVING
from relevo_observability.dashboards.stack import STACK

# By the name of the file.
DASHBOARDS: dict[str, Dashboard] = {"serving": SERVING, "models": MODELS, "runs": RUNS, "stack": STACK}
