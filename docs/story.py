"""Tell the runs of a problem as docs/story-<problem>.md, from the audit table alone.

    make demo RUNS=10 ONCE=1 ROTATE_SECONDS=100
    make story
    make demo PROBLEM=realestate RUNS=6 ONCE=1
    make story PROBLEM=realestate

`CLEAN_DB_URL` names another database than the demo's. What stands in the story is what the runs wrote down; nothing
is computed again.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from relevo_contract.assessment import ASSESSMENT, RULES, Assessment
from relevo_contract.database import connect
from relevo_contract.metrics import METRICS, metric
from relevo_contract.tables import runs
from relevo_problems.problem import Problem
from relevo_problems.registry import load
from sqlalchemy import Row, select

DOCS = Path(__file__).parent
DEMO = f"sqlite:///{DOCS.parent}/var/demo/clean.db"
# From here on one speaks of a moderate and of a large shift; the colours end a little above.
PSI_SHOWN = 0.5
SHARE_SHOWN = 0.4

Run = Row[Any]


def main(problem: Problem) -> None:
    """Write the story and its picture."""
    engine = connect(os.environ.get("CLEAN_DB_URL", DEMO))
    query = select(runs).where(runs.c.problem == problem.name, runs.c.state != "running").order_by(runs.c.id)
    with engine.connect() as connection:
        told = connection.execute(query).all()
    engine.dispose()
    if not told:
        sys.exit(
            f"story: there are no finished runs of {problem.name}; `make demo PROBLEM={problem.name} ONCE=1` does."
        )
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
        f"Written by `make story PROBLEM={problem.name}` from the audit table after",
        f"`make demo PROBLEM={problem.name} RUNS={len(told)} ONCE=1`; each sentence is the one that the run itself",
        "wrote down.",
        "",
        f"Scores are {metric(problem.primary_metric).title} on the test rows of all batches so far, the same ones",
        "for challenger and champion.",
        "",
        f"![Scores of champion and challenger, drift by column, and what counts in each challenger]({picture})",
        "",
        "| run | batch | rows (new) | decision | verdict | challenger | champion | in production |",
        "|---|---|---|---|---|---|---|---|",
    ]
    production = None
    for number, run in enumerate(told, 1):
        if run.verdict == "promoted":
            production = run.challenger_version
        page.append(
            f"| {number} | {run.batch or '–'} | {run.rows_received or 0:,} ({run.rows_new or 0:,}) "
            f"| {run.decision or run.state} "
            f"| {run.verdict or '–'} "
            f"| {score(problem, run.challenger_score)} | {score(problem, run.champion_score)} "
            f"| {f'version {production}' if production else '–'} |"
        )
    page += before_training(problem, told)
    for number, run in enumerate(told, 1):
        page += ["", f"## Run {number}", "", *sentences(run)]
    return page


def before_training(problem: Problem, told: list[Run]) -> list[str]:
    """How the model that was in production did on each batch, of which it had seen nothing."""
    noted = [(number, (run.evidence or {}).get("production_on_new_rows")) for number, run in enumerate(told, 1)]
    found = [(number, scores) for number, scores in noted if scores]
    names = [name for name in METRICS if found and name in found[0][1]]
    if not names:
        return []
    table = [
        f"| {number} | {' | '.join(METRICS[name].shown(scores[name], problem.target.unit) for name in names)} |"
        for number, scores in found
    ]
    return [
        "",
        "What the model in production at that time made of each batch before anything was trained on it:",
        "",
        f"| run | {' | '.join(METRICS[name].title for name in names)} |",
        f"|---|{'---|' * len(names)}",
        *table,
    ]


def sentences(run: Run) -> list[str]:
    """What a run said of itself, as a list."""
    evidence = run.evidence or {}
    said = [("Decision", run.decision_reason), ("Verdict", run.verdict_reason), ("Error", run.error)]
    if excluded := evidence.get("excluded"):
        said.insert(0, ("Left out", ", ".join(f"{reason} ({rows:,})" for reason, rows in excluded.items())))
    said += [("Why it answers as it does", evidence.get("explanation", {}).get("changes"))]
    others = [rule["sentence"] for rule in evidence.get(RULES, []) if not rule["fired"]]
    if run.decision == "train" and others:
        said.insert(-3, ("Rules that did not fire", " · ".join(others)))
    return [f"- **{title}.** {sentence}" for title, sentence in said if sentence]


def score(problem: Problem, value: float | None) -> str:
    return "–" if value is None else metric(problem.primary_metric).shown(value, problem.target.unit)


def drawn(problem: Problem, told: list[Run]) -> Figure:
    """Scores above; the drift of each column against the production model's training rows; what each model uses."""
    columns = [column.name for column in problem.columns]
    shifts, shares = (np.full((len(columns), len(told)), np.nan) for _ in range(2))
    for position, run in enumerate(told):
        evidence = run.evidence or {}
        noted = evidence.get(ASSESSMENT)
        for column in Assessment.model_validate(noted).columns if noted else ():
            shifts[columns.index(column.column), position] = column.psi
        importance = evidence.get("explanation", {}).get("importance", {})
        for name, size in importance.items():
            shares[columns.index(name), position] = size / (sum(importance.values()) or 1.0)
    height = 0.3 * len(columns)
    figure = Figure(figsize=(max(7.0, 2.6 + 0.85 * len(told)), 3.0 + 2 * height), layout="constrained")
    above, below, used = figure.subplots(3, 1, sharex=True, height_ratios=[2.4, height, height])
    numbers = np.arange(len(told))
    scores_drawn(problem, told, above)
    heat(below, columns, shifts, "PSI", PSI_SHOWN, "OrRd")
    heat(used, columns[:-1], shares[:-1], "share of mean |SHAP|", SHARE_SHOWN, "PuBu")
    used.set_xticks(numbers, [f"run {n + 1}\nbatch {run.batch}" for n, run in enumerate(told)], fontsize=8)
    return figure


def scores_drawn(problem: Problem, told: list[Run], axes: Axes) -> None:
    """Champion and challenger on the same test rows, run by run, and what came of it."""
    numbers = np.arange(len(told))
    for label, marker, of in (("challenger", "o", "challenger_score"), ("champion", "s", "champion_score")):
        scores = [np.nan if getattr(run, of) is None else getattr(run, of) for run in told]
        axes.plot(numbers, scores, marker=marker, linestyle="none", label=label)
    for position, run in enumerate(told):
        what = run.verdict or run.decision or run.state
        axes.annotate(what, (position, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8)
    axes.set_ylabel(f"{metric(problem.primary_metric).title}\non the same test rows")
    axes.yaxis.set_major_formatter(lambda value, _: score(problem, value))
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="best", fontsize=8)


def heat(axes: Axes, names: list[str], figures: Any, title: str, most: float, colours: str) -> None:
    """A coloured table of figures, shape (names, runs); grey where there is none."""
    image = axes.imshow(figures, cmap=colours, vmin=0, vmax=most, aspect="auto")
    axes.set_facecolor("0.93")
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=8)
    for (row, position), value in np.ndenumerate(figures):
        if not np.isnan(value):
            colour = "white" if value > 0.6 * most else "black"
            axes.text(position, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
    axes.figure.colorbar(image, ax=axes, label=title, extend="max", shrink=0.8)


if __name__ == "__main__":
    main(load(os.environ.get("PROBLEM", "covertype")))
