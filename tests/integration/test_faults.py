"""A few of the faults of `make faults`, on the embedded stack with SQLite: real Airflow, real SIGKILL."""

from collections.abc import Iterator

import pytest

from faults.embedded import Embedded
from faults.plan import Fault, embedded
from faults.rows import Row
from faults.session import Session

CHOSEN = (
    "embedded-collect-middle2",
    "embedded-clean-middle1",
    "embedded-assess-middle1",
    "embedded-record-middle1",
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Row]]:
    by_id: dict[str, Fault] = {fault.id: fault for fault in embedded()}
    chosen = [by_id[name] for name in CHOSEN]
    with Embedded(tmp_path_factory.mktemp("faults") / "var", mysql=False) as stack:
        by_words = {fault.words: fault.id for fault in chosen}
        yield {by_words[row.fault]: row for row in Session(stack, print).rows(chosen)}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_task_that_is_killed_costs_nothing(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    assert row.dag_run_id is not None, "it was never injected"
    assert row.wrong == []
    assert (row.requests, row.lost, row.doubled) == (1, 0, 0)
    assert row.served_after_fault == "1"
    assert row.served_at_end is not None


def test_killed_and_recovered_as_planned(rows: dict[str, Row]) -> None:
    assert {name: row.recovery for name, row in rows.items()} == {
        "embedded-collect-middle2": "task cleared",
        "embedded-clean-middle1": "retried by Airflow",
        "embedded-assess-middle1": "retried by Airflow",
        "embedded-record-middle1": "retried by Airflow",
    }
