"""`make faults`: inject every fault, count, write docs/reliability.md; exit code 1 when one was not survived."""

import argparse
import json
import re
import shutil
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from faults import plan, report  # noqa: E402
from faults.composed import Composed, OwnComposed, logs  # noqa: E402
from faults.embedded import Embedded  # noqa: E402
from faults.session import Row, Session  # noqa: E402
from faults.stack import HEARTBEATS, SIMULATED_ROWS, Stack  # noqa: E402

VAR = ROOT / "var"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--stack", choices=("embedded", "compose"), help="only this one")
    parser.add_argument("--only", default="", help="only faults whose id matches, such as clean-middle")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    options = parser.parse_args(arguments)
    # Whoever ends this ends the stacks with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    rows: list[Row] = []
    for name in [options.stack] if options.stack else ["embedded", "compose"]:
        faults = [fault for fault in getattr(plan, name)() if re.search(options.only, fault.id)]
        try:
            _inject(_stack(name), faults, rows)
        except Exception as error:
            say(f"{name}: {type(error).__name__}: {error}")
            rows.append(Row(name, "–", "–", "the session", wrong=[f"the session broke off: {error}"[:300]]))
        _write(rows, (time.monotonic() - started) / 60, options.page)
    failed = [row for row in rows if not row.survived]
    survived = len(rows) - len(failed)
    say(f"{len(rows)} faults, {survived} survived, {time.monotonic() - started:.0f} s; see {options.page}")
    return 1 if failed or not rows else 0


def _stack(name: str) -> Embedded | Composed:
    if name == "compose":
        return OwnComposed()
    folder = VAR / "faults"
    shutil.rmtree(folder, ignore_errors=True)
    return Embedded(folder)


def _inject(stack: Embedded | Composed, faults: list[plan.Fault], rows: list[Row]) -> None:
    say(f"{stack.name}: starting")
    with stack:
        say(f"{stack.name}: raw and clean on {stack.databases}")
        try:
            _session(stack, [f for f in faults if f.service is None or f.service in stack.services()], rows)
        finally:
            if isinstance(stack, Composed):
                (VAR / "faults-compose.txt").write_text(logs(stack))


def _session(stack: Stack, faults: list[plan.Fault], rows: list[Row]) -> None:
    session = Session(stack, say)
    session.control()
    for row in session.rows(faults):
        rows.append(row)
        (VAR / "faults.json").write_text(json.dumps([one.as_json() for one in rows], indent=2) + "\n")


def _write(rows: list[Row], minutes: float, page: Path) -> None:
    heartbeat = HEARTBEATS["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]
    figures = {"minutes": round(minutes, 1), "rows": [row.as_json() for row in rows]}
    (VAR / "faults.json").write_text(json.dumps(figures, indent=2) + "\n")
    text = report.page(rows, minutes, "make faults", heartbeat=heartbeat, simulated_rows=SIMULATED_ROWS)
    page.write_text(text)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
