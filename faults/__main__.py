"""`make faults`: inject every fault, count, write docs/reliability.md; exit code 1 when one was not survived."""

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from faults import plan, report  # noqa: E402
from faults.composed import OwnComposed  # noqa: E402
from faults.embedded import Embedded  # noqa: E402
from faults.rows import Row  # noqa: E402
from faults.session import Session  # noqa: E402
from faults.stack import HEARTBEATS, SIMULATED_ROWS  # noqa: E402

VAR = ROOT / "var"
STACKS = ("embedded", "compose")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--stack", choices=STACKS, help="only this one")
    parser.add_argument("--only", default="", help="only faults whose id matches, such as clean-middle")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md")
    parser.add_argument("--minutes", type=float, default=60, help="start no further run after this long")
    parser.add_argument(
        "--go-on", action="store_true", help="keep what the last session has counted, inject the rest"
    )
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    # Whoever ends this ends the stacks with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    VAR.mkdir(exist_ok=True)
    if options.rows:
        inject(options.stack, options.only, options.minutes, options.rows, before(options.rows))
        return 0
    started = time.monotonic()
    stacks = [options.stack] if options.stack else list(STACKS)
    if not options.go_on:
        for name in stacks:
            _file(name).unlink(missing_ok=True)
        (VAR / "faults.json").unlink(missing_ok=True)
    rows = both(stacks, options.only, options.minutes)
    minutes = (time.monotonic() - started) / 60 + minutes_before()
    (VAR / "faults.json").write_text(
        json.dumps({"minutes": round(minutes, 1), "rows": [row.as_json() for row in rows]}, indent=2) + "\n"
    )
    heartbeat = HEARTBEATS["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]
    options.page.write_text(
        report.page(rows, minutes, "make faults", heartbeat=heartbeat, simulated_rows=SIMULATED_ROWS)
    )
    survived = sum(row.survived for row in rows)
    say(f"{len(rows)} faults, {survived} survived, {minutes:.0f} minutes; see {options.page}")
    return 0 if rows and survived == len(rows) else 1


def both(stacks: list[str], only: str, minutes: float) -> list[Row]:
    """The rows of stacks that run side by side: a session mostly waits for Airflow to notice."""
    files = {name: _file(name) for name in stacks}
    running = []
    for name, file in files.items():
        command = [sys.executable, "-m", "faults", "--stack", name, "--only", only, "--rows", str(file)]
        command += ["--minutes", str(minutes)]
        running.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))
    try:
        for one in running:
            one.wait()
    except KeyboardInterrupt:
        for one in running:
            one.terminate()
        for one in running:
            one.wait()
    return [row for name, file in files.items() for row in counted(name, only, file)]


def counted(name: str, only: str, file: Path) -> list[Row]:
    """What a session has written, and a row for every fault that it did not come to."""
    found = json.loads(file.read_text()) if file.exists() else []
    rows = [_row(one) for one in found]
    there = {(row.task, row.fault) for row in rows}
    databases = rows[0].databases if rows else "–"
    return rows + [
        Row(name, databases, fault.task, fault.words)
        for fault in getattr(plan, name)()
        if re.search(only, fault.id) and (fault.task, fault.words) not in there
    ]


def before(file: Path) -> list[Row]:
    """What an earlier session has injected and counted."""
    found = json.loads(file.read_text()) if file.exists() else []
    return [row for row in map(_row, found) if row.dag_run_id is not None]


def minutes_before() -> float:
    """How long the sessions took that this one goes on with."""
    file = VAR / "faults.json"
    return float(json.loads(file.read_text())["minutes"]) if file.exists() else 0


def inject(name: str, only: str, minutes: float, file: Path, rows: list[Row]) -> None:
    """One stack from its start to its end; what is counted goes into `file` as it comes, after `rows`."""
    done = {(row.task, row.fault) for row in rows}
    wanted = [fault for fault in getattr(plan, name)() if re.search(only, fault.id)]
    faults = [fault for fault in wanted if (fault.task, fault.words) not in done]
    if not faults:
        say(f"{name}: nothing is left to inject")
        return
    try:
        say(f"{name}: starting")
        with _stack(name) as stack:
            say(f"{name}: raw and clean on {stack.databases}")
            there = [fault for fault in faults if fault.service is None or fault.service in stack.services()]
            session = Session(stack, say, minutes)
            session.control()
            for row in session.rows(there):
                rows.append(row)
                _write(rows, file)
    except Exception as error:
        say(f"{name}: {type(error).__name__}: {error}")
        rows.append(Row(name, "–", "–", "the session", wrong=[f"the session broke off: {error}"[:300]]))
    _write(rows, file)


def _file(name: str) -> Path:
    return VAR / f"faults-{name}.json"


def _row(found: dict[str, Any]) -> Row:
    return Row(**{key: value for key, value in found.items() if key != "survived"})


def _stack(name: str) -> Embedded | OwnComposed:
    if name == "compose":
        return OwnComposed(VAR / "faults-compose.txt")
    folder = VAR / "faults"
    shutil.rmtree(folder, ignore_errors=True)
    return Embedded(folder)


def _write(rows: list[Row], file: Path) -> None:
    file.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
