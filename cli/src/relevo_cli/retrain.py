"""`make retrain`: the report of a version that was trained again, in the terminal and below var/."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from relevo_cli import stack

MODULE = "relevo_pipeline.retrain"


def retrain(console: Console, var: Path, problem: str, version: str) -> int:
    """Train a version again where the stack's settings are; the report goes to `var/retrain/`.

    Returns:
        0: equal within tolerance; 1: it could not be done, and standard error says why; 2: different.

    Raises:
        StackError: no stack is running.
    """
    code, output = stack.answer(var, MODULE, [f"--problem={problem}", f"--version={version}"])
    if output.strip():
        report = json.loads(output)
        folder = var / "retrain"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{report['problem']}-{report['version']}.json"
        file.write_text(json.dumps(report, indent=2) + "\n")
        console.print(table(report))
        console.print(report["sentence"], highlight=False, soft_wrap=True)
        console.print(f"The report: {file}", highlight=False, soft_wrap=True)
    return code


def table(report: dict[str, Any]) -> Table:
    """What it was trained on and with, and how far its answers are from the registered ones."""
    shown = Table(show_header=False, title=f"Version {report['version']} of {report['problem']}, trained again")
    shown.add_row("model", f"{report['algorithm']}, {report['seconds']} s")
    shown.add_row("training set", report["training_set"])
    shown.add_row("rows", ", ".join(f"{split} {rows:,}" for split, rows in report["rows"].items()))
    shown.add_row("parameters", ", ".join(f"{name} {value:g}" for name, value in report["parameters"].items()))
    shown.add_row("seed, threads", f"{report['seed']}, {report['threads']}")
    changed = [(package, *versions) for package, versions in report["packages"].items()]
    if report["code"]:
        changed.append(("Relevo", *report["code"]))
    shown.add_row("changed since", "\n".join(f"{name} {then} → {now}" for name, then, now in changed) or "nothing")
    shown.add_row("rows compared", f"{report['compared_rows']:,}")
    shown.add_row("labels that differ", f"{report['different_labels']:,}")
    difference = f"{report['max_difference']:.2g} (tolerance {report['tolerance']:.0e})"
    shown.add_row("largest difference", difference)
    return shown
