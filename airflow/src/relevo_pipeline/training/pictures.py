"""Pictures that are logged with a model."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from relevo_contract.card import ReliabilityBin
from relevo_contract.columns import Column
from relevo_contract.metrics import amount

from relevo_pipeline.scoring.classes import Codes, confusion
from relevo_pipeline.scoring.scorer import Answers
from relevo_pipeline.training.dataset import Values

# More points would only paint over one another.
_POINTS = 3000


def confusion_picture(target: Column, labels: Codes, answered: Codes) -> Figure:
    """The confusion matrix: each row's share by colour, counts as text."""
    counts = confusion(labels, answered, len(target.choices))
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    names = [target.display(choice) for choice in target.choices]
    # Not pyplot: it keeps every figure of a process alive.
    figure = Figure(figsize=(1.6 + 0.85 * len(names), 1.4 + 0.7 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("Predicted")
    axes.set_ylabel("True")
    axes.set_title(f"{target.description}: test rows, colour is the share of the true class")
    for (row, column), count in ((index, counts[index]) for index in zip(*counts.nonzero(), strict=True)):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour, fontsize=9)
    return figure


def reliability_picture(target: Column, bins: Sequence[ReliabilityBin], base: float) -> Figure:
    """How often what was said to be likely happened; `base` is the share of positive rows."""
    figure = Figure(figsize=(6, 5.6), layout="constrained")
    axes = figure.subplots()
    probability, positive = ([getattr(one, name) for one in bins] for name in ("probability", "positive"))
    largest = max([*probability, *positive, base]) * 1.08 or 1.0
    axes.plot([0, largest], [0, largest], color="#999999", linewidth=1, label="believe every word")
    axes.axhline(base, color="#E69F00", linewidth=1, linestyle="--", label=f"all rows: {base:.1%}")
    error = [1.96 * (max(p * (1 - p), 0) / one.rows) ** 0.5 for p, one in zip(positive, bins, strict=True)]
    axes.errorbar(
        probability, positive, yerr=error, fmt="o-", color="#0072B2", capsize=3, label="test rows, in bins"
    )
    axes.set_xlim(0, largest)
    axes.set_ylim(0, largest)
    axes.set_xlabel(f"Probability of {target.display(target.choices[1])}, as the model says it")
    axes.set_ylabel("Share of the rows for which it came true")
    axes.set_title(f"{target.description}: {sum(one.rows for one in bins):,} test rows, 95 % intervals", loc="left")
    axes.legend(frameon=False)
    return figure


def values_picture(target: Column, truth: Values, values: Answers, *, log: bool) -> Figure:
    """Answers against the truth; on the diagonal they are right."""
    step = max(1, len(truth) // _POINTS)
    figure = Figure(figsize=(6.4, 6), layout="constrained")
    axes = figure.subplots()
    axes.scatter(truth[::step], values[::step], s=7, alpha=0.35, linewidths=0, color="#0072B2")
    ends = [min(truth.min(), values.min()), max(truth.max(), values.max())]
    axes.plot(ends, ends, color="#444444", linewidth=1)
    if log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))
    unit = f", {target.unit}" if target.unit else ""
    axes.set_xlabel(f"True{unit}")
    axes.set_ylabel(f"Predicted{unit}")
    axes.set_title(f"{target.description}: {len(truth[::step]):,} of {len(truth):,} test rows", loc="left")
    return figure
