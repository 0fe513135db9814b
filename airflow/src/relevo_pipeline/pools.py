"""Airflow's pools, one a problem: how many of its candidates are trained at the same time.

`python -m relevo_pipeline.pools SLOTS FILE` writes what `airflow pools import FILE` reads. A problem that trains
for hours holds up no other one.
"""

import json
import sys
from pathlib import Path

from relevo_pipeline.catalogue import names
from relevo_pipeline.settings import settings


def training_pool(problem: str) -> str:
    """The name of the pool in which the candidates of `problem` are trained."""
    return f"training_{problem}"


def pools(slots: int) -> dict[str, dict[str, object]]:
    """Every pool of this stack, as Airflow imports them."""
    return {
        training_pool(name): {
            "slots": slots,
            "description": f"Candidates of {name} that are trained at the same time",
            "include_deferred": False,
        }
        for name in names(settings())
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(pools(int(sys.argv[1]))))
