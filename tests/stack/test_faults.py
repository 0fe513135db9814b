"""Two of the faults of `make faults`, on the compose stack that the other tests use."""

from pathlib import Path
from typing import Any

from faults.composed import Composed
from faults.plan import compose
from faults.session import Session

CHOSEN = ("compose-validate-end", "compose-clean-supervisor")


def test_a_killed_celery_process_costs_nothing(stack: Any, runs: tuple[str, str], tmp_path: Path) -> None:
    assert runs
    chosen = [fault for fault in compose() if fault.id in CHOSEN]
    with Composed(tmp_path, stack) as faulty:
        faulty.rewind()
        rows = list(Session(faulty, print).rows(chosen))
    assert len(rows) == len(CHOSEN)
    for row in rows:
        assert row.dag_run_id is not None, "it was never injected"
        assert row.wrong == []
        assert (row.requests, row.lost, row.doubled) == (1, 0, 0)
        assert row.served_after_fault
