"""A fault order is carried out once, at its spot; without one nothing happens."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from relevo_pipeline.migrate import upgrade
from relevo_pipeline.settings import Settings
from relevo_pipeline.stores import Stores
from sqlalchemy import text

INJECT = Path(__file__).parents[3] / "faults" / "inject"
# What a task does: it writes two rows in two transactions.
STEP = """
import sys
from relevo_pipeline import audit
from relevo_pipeline.task import perform

def step(run):
    audit.begin(run)
    audit.note(run, batch="7")
    return "done"

print(perform("clean", step, "covertype", "manual-1"))
"""


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    settings = Settings(raw_db_url=f"sqlite:///{tmp_path}/raw.db", clean_db_url=f"sqlite:///{tmp_path}/clean.db")
    stores = Stores.open(settings)
    upgrade(stores.raw, "raw")
    upgrade(stores.clean, "clean")
    yield stores
    stores.close()


def perform(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "RAW_DB_URL": f"sqlite:///{tmp_path}/raw.db",
        "CLEAN_DB_URL": f"sqlite:///{tmp_path}/clean.db",
        "PYTHONPATH": str(INJECT),
        "RELEVO_FAULTS": str(tmp_path),
    }
    return subprocess.run(
        [sys.executable, "-c", STEP], env=environment, capture_output=True, text=True, check=False
    )


def order(tmp_path: Path, **changes: object) -> None:
    text = {"task": "clean", "point": "start", "spot": None, "deed": "kill", "whom": "task", **changes}
    (tmp_path / "one.order").write_text(json.dumps(text))


def audit_row(stores: Stores) -> tuple[object, ...] | None:
    with stores.clean.connect() as connection:
        row = connection.execute(text("SELECT state, batch FROM runs")).one_or_none()
    return tuple(row) if row else None


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"point": "middle", "spot": {"commit": "runs", "when": "before"}}, None),
        (
            {"point": "middle", "spot": {"call": "relevo_pipeline.audit:note", "when": "after", "argument": "7"}},
            ("running", "7"),
        ),
        ({"point": "end"}, ("running", "7")),
    ],
)
def test_it_kills_once_and_there(
    tmp_path: Path, stores: Stores, changes: dict[str, object], left: tuple[object, ...] | None
) -> None:
    order(tmp_path, **changes)
    assert perform(tmp_path).returncode == -signal.SIGKILL
    assert audit_row(stores) == left
    assert json.loads((tmp_path / "one.fired").read_text())["dag_run_id"] == "manual-1"
    again = perform(tmp_path)
    assert (again.returncode, again.stdout) == (0, "done\n"), again.stderr
    assert audit_row(stores) == ("running", "7")


def test_another_task_s_order_waits_and_a_hold_ends(tmp_path: Path, stores: Stores) -> None:
    order(tmp_path, deed="hold")
    (tmp_path / "one.order").rename(tmp_path / "held.order")
    (tmp_path / "held.release").touch()
    order(tmp_path, task="train")
    assert perform(tmp_path).stdout == "done\n"
    assert (tmp_path / "held.fired").exists()
    assert (tmp_path / "one.order").exists()
    assert audit_row(stores) == ("running", "7")
