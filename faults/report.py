"""The rows as a page for people."""

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faults.plan import TASKS
from faults.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = """# Reliability: the pipeline under faults

This page is written by `make faults`, which injects the faults below into the real stacks, lets Airflow or an
operator recover, and then counts. It ends with an error unless every row has one request, nothing lost, nothing
doubled and a production version that answers. The same figures as JSON: `var/faults.json`.
"""

HOW = """
## How it is counted

- **Requests** are those that the data API's own log has for the run's id, which travels in a header.
- **Lost, doubled**: every row that the ledger calls received must be in `raw_<problem>` once, and the text that is
  stored must make the very body that was delivered (sha256); every good row's key must be in `clean_<problem>`
  once, every bad row in `rejected_<problem>` once; rows that no answer accounts for count as doubled.
- **Not kept**: rows of an answer that only the memory of a killed process held: an answer is written down as it
  came as soon as it is whole. The run's one request is then spent, the run fails and says so in its audit row, and
  asks no second time when it is cleared. The next run is the next try.
- **Versions**: those that the registry has for the run's id. There is one when the run was judged, none otherwise.
- **Served**: the version that answered `POST /models/<problem>/predict` right after the fault, before anybody
  recovered anything → at the end of the run, where it must be the version that the alias `production` names; that
  version's graph and card are then loaded from the registry once more.
- A row is counted when its run has ended. Several faults may hit one run, in different tasks; what is wrong with a
  run is wrong with all of its rows. A run must also have one ledger row, one audit row and one MLflow run that
  agree about its end, and one promotion if it was promoted.

## How a fault is injected

`faults/inject/` is on the worker's `PYTHONPATH` and does nothing without an order. With one, the process that runs
the task sends itself SIGKILL at the named spot; "and its supervisor" means Airflow's process above it too, "the
whole worker" the Celery worker above that, which Docker starts again. Where a service is killed, the task holds
still at the spot until the service is gone. Airflow's heartbeat timeout is {heartbeat} s here instead of 300 s, so
that it misses a worker within seconds. The batches are small and simulated ({rows} rows in ten parts). To bring
about promotions and rejections the session moves production by hand: to an earlier version, as a rollback would,
or to one that takes every label for another, which any new one beats.
"""


def page(rows: list[Row], minutes: float, command: str, *, heartbeat: str, simulated_rows: int) -> str:
    """The whole of docs/reliability.md."""
    made = f"Made {datetime.now(UTC):%Y-%m-%d} in {minutes:.0f} minutes on {os.cpu_count()} cores by `{command}`."
    how = HOW.format(heartbeat=heartbeat, rows=f"{simulated_rows:,}")
    return "\n".join([HEAD, made, "", _totals(rows), how, "## Every fault", "", _table(rows), ""])


def _totals(rows: list[Row]) -> str:
    columns: dict[str, Callable[[list[Row]], int]] = {
        "faults planned": len,
        "injected": lambda some: sum(row.dag_run_id is not None for row in some),
        "survived": lambda some: sum(row.survived for row in some),
        "rows lost": lambda some: _once(some, "lost"),
        "rows doubled": lambda some: _once(some, "doubled"),
        "rows not kept": lambda some: _once(some, "not_kept"),
    }
    groups = {name: [row for row in rows if row.stack == name] for name in dict.fromkeys(row.stack for row in rows)}
    lines = [f"| stack | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name, some in [*groups.items(), ("**all**", rows)]:
        label = f"{name}, raw and clean on {some[0].databases}" if name in groups else name
        lines.append(f"| {label} | {' | '.join(f'{figure(some):,}' for figure in columns.values())} |")
    return "\n".join(lines)


def _once(rows: list[Row], figure: str) -> int:
    """Summed over runs: several faults may have hit one."""
    return sum({row.dag_run_id: int(getattr(row, figure)) for row in rows}.values())


def _table(rows: list[Row]) -> str:
    names = (
        "stack", "task", "fault", "recovered by", "requests", "lost", "doubled", "not kept", "versions", "served",
        "the audit row says", "outcome",
    )  # fmt: skip
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    in_order = sorted(rows, key=lambda row: (row.stack != "embedded", _place(row.task)))
    lines += [f"| {' | '.join(_cells(row))} |" for row in in_order]
    return "\n".join(lines)


def _figures(row: Row) -> list[str]:
    if row.dag_run_id is None:
        return ["–"] * 6
    served = f"{row.served_after_fault or 'nobody'} → {row.served_at_end or 'nobody'}"
    counts = [str(count) for count in (row.requests, row.lost, row.doubled, row.not_kept)]
    return [*counts, ", ".join(row.versions) or "–", served]


def _place(task: str) -> int:
    return TASKS.index(task) if task in TASKS else len(TASKS)


def _cells(row: Row) -> list[str]:
    said = row.audit.replace("|", "/").replace("\n", " ")
    return [
        row.stack,
        f"`{row.task}`",
        row.fault,
        row.recovery,
        *_figures(row),
        said if len(said) < 160 else f"{said[:157]}…",
        "survived" if row.survived else f"**{'; '.join(row.wrong)}**",
    ]
