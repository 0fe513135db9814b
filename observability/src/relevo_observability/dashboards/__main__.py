"""Write the dashboards: `python -m relevo_observability.dashboards [folder]`."""

import json
import sys
from pathlib import Path

from relevo_observability.dashboards import DASHBOARDS
from relevo_observability.dashboards.grafana import Dashboard

FOLDER = Path(__file__).parents[4] / "observability" / "grafana" / "dashboards"


def text(dashboard: Dashboard) -> str:
    """The content of a dashboard's file."""
    return json.dumps(dashboard.json(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write each dashboard into the folder that Grafana reads, or into the one named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, dashboard in DASHBOARDS.items():
        (folder / f"{name}.json").write_text(text(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
