"""Tell the runs of a problem as docs/story-<problem>.md, from the audit table alone.

    make demo RUNS=10 ONCE=1 ROTATE_SECONDS=100
    make story

`CLEAN_DB_URL` names another database than the demo's. What stands in the story is what the runs wrote down; nothing
is computed again.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from relevo_contract.assessment import ASSESSMENT, RULES, Assessment
from relevo_contract.database import connect
from relevo_contract.tables import runs
from relevo_pipeline.judgement.verdict import called
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from sqlalchemy import Row, select

DOCS = Path(__file__).parent
DEMO = f"sqlite:///{DOCS.parent}/var/demo/clean.db"
# From here on one speaks of a moderate and of a large shift; the colours end a little above.
PSI_SHOWN = 0.5

Run = Row[Any]


def main(problem: Problem) -> None:
    """Write the story and its picture."""
    engine = connect(os.environ.get("CLEAN_DB_URL", DEMO))
    query = select(runs).where(runs.c.problem == problem.name, runs.c.state != "running").order_by(runs.c.id)
    with engine.connect() as connection:
        told = connection.execute(query).all()
    engine.dispose()
    if not told:
        sys.exit(f"story: there are no finished runs of {problem.name}; `make demo RUNS=10 ONCE=1` does some.")
    picture = DOCS / "images" / f"story-{problem.name}.png"
    drawn(problem, told).savefig(picture, dpi=110)
    page = DOCS / f"story-{problem.name}.md"
    page.write_text("\n".join(lines(problem, told, picture.relative_to(DOCS))) + "\n")
    print(f"{page.relative_to(DOCS.parent)}: {len(told)} runs")


def lines(problem: Problem, told: list[Run], picture: Path) -> list[str]:
    """The page, line by line."""
    kind = "simulated data" if told[-1].data == "simulated" else "real data"
    page = [
        f"# The story of {len(told)} batches: {problem.title}, {kind}",
        "",
        "Written by `make story` from the audit table after `make demo RUNS=10 ONCE=1`; each sentence is",
        "the one that the run itself wrote down.",
        "",
        f"![Drift by column and batch, and the scores of champion and challenger]({picture})",
        "",
        "| run | part | rows (new) | decision | verdict | challenger | champion | in production |",
        "|---|---|---|---|---|---|---|---|",
    ]
    production = None
    for number, run in enumerate(told, 1):
        if run.verdict == "promoted":
            production = run.challenger_version
        page.append(
            f"| {number} | {run.batch or '–'} | {run.rows_received or 0:,} ({run.rows_new or 0:,}) "
            f"| {run.decision or run.state} "
            f"| {run.verdict or '–'} | {score(run.challenger_score)} | {score(run.champion_score)} "
            f"| {f'version {production}' if production else '–'} |"
        )
    for number, run in enumerate(told, 1):
        page += ["", f"## Run {number}", "", *sentences(run)]
    return page


def sentences(run: Run) -> list[str]:
    """What a run said of itself, as a list."""
    evidence = run.evidence or {}
    said = [("Decision", run.decision_reason), ("Verdict", run.verdict_reason), ("Error", run.error)]
    said += [("Why it answers as it does", evidence.get("explanation", {}).get("changes"))]
    others = [rule["sentence"] for rule in evidence.get(RULES, []) if not rule["fired"]]
    if run.decision == "train" and others:
        said.insert(1, ("Rules that did not fire", " · ".join(others)))
    return [f"- **{title}.** {sentence}" for title, sentence in said if sentence]


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def drawn(problem: Problem, told: list[Run]) -> Figure:
    """Above the scores, below the drift of each column against the production model's training rows."""
    columns = [column.name for column in problem.columns]
    shifts = np.full((len(columns), len(told)), np.nan)
    for position, run in enumerate(told):
        noted = (run.evidence or {}).get(ASSESSMENT)
        for column in Assessment.model_validate(noted).columns if noted else ():
            shifts[columns.index(column.column), position] = column.psi
    figure = Figure(figsize=(1.6 + 0.85 * len(told), 3.4 + 0.36 * len(columns)), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 0.4 * len(columns)])
    numbers = np.arange(len(told))
    for label, marker, of in (("challenger", "o", "challenger_score"), ("champion", "s", "champion_score")):
        scores = [np.nan if getattr(run, of) is None else getattr(run, of) for run in told]
        above.plot(numbers, scores, marker=marker, linestyle="none", label=label)
    for position, run in enumerate(told):
        what = run.verdict or run.decision or run.state
        above.annotate(what, (position, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8)
    above.set_ylabel(f"{called(problem.primary_metric)}\non the same test rows")
    above.grid(axis="y", alpha=0.3)
    above.legend(loc="lower right", fontsize=8)
    image = below.imshow(shifts, cmap="OrRd", vmin=0, vmax=PSI_SHOWN, aspect="auto")
    below.set_facecolor("0.93")  # nothing to compare with
    below.set_yticks(range(len(columns)), [name.replace("_", " ") for name in columns], fontsize=8)
    below.set_xticks(numbers, [f"run {n + 1}\npart {run.batch}" for n, run in enumerate(told)], fontsize=8)
    for (row, position), psi in np.ndenumerate(shifts):
        if not np.isnan(psi):
            colour = "white" if psi > 0.6 * PSI_SHOWN else "black"
            below.text(position, row, f"{psi:.2f}", ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, ax=below, label="PSI", extend="max", shrink=0.8)
    return figure


if __name__ == "__main__":
    main(load(os.environ.get("PROBLEM", "covertype")))
