"""Pictures of an explanation. Figures without pyplot, which keeps every figure of a process alive; shap's own
plots draw on pyplot's current figure."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from relevo_contract.explanation import Changes
from relevo_contract.shapley import Matrix

from relevo_pipeline.explanation.changes import amount, ordinal
from relevo_pipeline.explanation.explained import Explained

_MOST_COLUMNS = 20
_MOST_IN_A_SWARM = 8
_LOW_TO_HIGH = LinearSegmentedColormap.from_list("low to high", ["#1e88e5", "#8e5bb5", "#d81b60"])
_NO_ORDER = "#8a8a8a"
_BEFORE, _AFTER = "#9db4c8", "#1f5f8b"
# Okabe & Ito's colours, which people with any colour vision tell apart.
_CLASSES = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7A7A7A"]


def importance_picture(explained: Explained, title: str) -> Figure:
    """One bar a column: what it moves on average, by class where there are several."""
    order = np.argsort(-explained.moved().mean(axis=0))[:_MOST_COLUMNS]
    several = len(explained.outputs) > 1
    shares = np.abs(explained.values).mean(axis=0)[order] / (2 if several else 1)
    figure = Figure(figsize=(10, 1.8 + 0.36 * len(order)), layout="constrained")
    axes = figure.subplots()
    left = np.zeros(len(order))
    for output, name in enumerate(explained.names):
        width = shares[:, output]
        axes.barh(
            range(len(order)), width, left=left, color=_class_colour(output, len(explained.names)), label=name
        )
        left += width
    for place, total in enumerate(left):
        axes.annotate(
            amount(float(total)), (total, place), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    _name_columns(axes, [explained.columns[column].name for column in order])
    axes.set_xlim(0, float(left.max(initial=0)) * 1.12 or 1)
    rest = len(explained.columns) - len(order)
    axes.set_title(title + (f" (and {rest} columns that count less)" if rest else ""), loc="left")
    if several:
        axes.set_xlabel("Probability that the column moves between classes, mean over the rows")
        figure.legend(frameon=False, loc="outside right center")
    else:
        axes.set_xlabel(f"Mean |SHAP value|, {explained.unit}")
    return figure


def beeswarm_picture(explained: Explained, title: str) -> Figure:
    """One point a row: what a column adds to the answer, coloured by the column's value.

    A panel for each class of several; of two classes the second says everything.
    """
    several = len(explained.outputs) > 1
    shown = range(1, 2) if len(explained.outputs) == 2 else range(len(explained.outputs))
    wide = 2 if len(shown) > 1 else 1
    high = -(-len(shown) // wide)
    most = _MOST_IN_A_SWARM if len(shown) > 1 else _MOST_COLUMNS
    bars = min(most, len(explained.columns))
    figure = Figure(figsize=(8.5 * wide, 1.2 + high * (1.0 + 0.36 * bars)), layout="constrained")
    panels = figure.subplots(high, wide, squeeze=False).ravel()
    for axes, output in zip(panels, shown, strict=False):
        values = explained.values[:, :, output]
        order = np.argsort(-np.abs(values).mean(axis=0))[:most]
        for place, column in enumerate(order):
            _swarm(axes, place, values[:, column], _colours(explained, int(column)))
        _name_columns(axes, [explained.columns[column].name for column in order])
        axes.axvline(0, color="#444444", linewidth=0.8, zorder=0)
        axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
        axes.set_axisbelow(True)
        if several:
            axes.set_title(explained.names[output], loc="left")
        axes.set_xlabel(f"SHAP value: what the column adds to the {explained.unit}")
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.suptitle(f"{title}. Colour: the column's value among these rows; grey: a category", x=0.01, ha="left")
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), _LOW_TO_HIGH), ax=list(panels), shrink=0.5, aspect=40, pad=0.01
    )
    bar.set_ticks([0, 1], labels=["low", "high"])
    return figure


def changes_picture(changes: Changes) -> Figure:
    """What each column moved in the previous model and moves in this one, with the ranks."""
    shown = changes.columns[:_MOST_COLUMNS]
    figure = Figure(figsize=(10, 1.9 + 0.46 * len(shown)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(shown))
    before, after = ([getattr(change, side) or 0.0 for change in shown] for side in ("before", "after"))
    axes.barh(places - 0.2, before, height=0.38, color=_BEFORE, label=f"version {changes.previous}")
    axes.barh(places + 0.2, after, height=0.38, color=_AFTER, label="this version")
    for place, change in enumerate(shown):
        text = f"{amount(change.before)} → {amount(change.after)}"
        if change.rank_before != change.rank_after:
            text += f", {ordinal(change.rank_before)} → {ordinal(change.rank_after)}"
        weight = "bold" if change.is_distinguishable else "normal"
        end = max(before[place], after[place])
        axes.annotate(
            text, (end, place), (5, 0), textcoords="offset points", va="center", fontsize=9, fontweight=weight
        )
    _name_columns(axes, [change.column for change in shown])
    axes.set_xlim(0, max([*before, *after, 1e-9]) * 1.3)
    axes.set_xlabel(f"Importance on the same {changes.rows:,} test rows, {changes.unit}")
    axes.set_title(f"What changed since version {changes.previous} (bold: more than chance explains)", loc="left")
    figure.legend(frameon=False, loc="outside lower right", ncols=2)
    return figure


def _name_columns(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.invert_yaxis()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _class_colour(position: int, classes: int) -> object:
    if classes == 1:
        return _AFTER
    return _CLASSES[position] if classes <= len(_CLASSES) else colormaps["turbo"](position / (classes - 1))


def _colours(explained: Explained, column: int) -> object:
    """By the place of each value among the others, so that a few large ones do not leave the rest one colour."""
    if explained.columns[column].is_category:
        return _NO_ORDER
    values = explained.features[:, column]
    distinct, places = np.unique(values, return_inverse=True)
    return _LOW_TO_HIGH(places / max(len(distinct) - 1, 1))


def _swarm(axes: Axes, place: int, values: Matrix, colours: object) -> None:
    axes.scatter(values, place + _spread(values), c=colours, s=9, linewidths=0, alpha=0.85)


def _spread(values: Matrix, bins: int = 80, half_height: float = 0.38) -> NDArray[np.float64]:
    """Offsets that put values of the same bin above and below one another, the densest bin filling the height."""
    width = float(np.ptp(values)) or 1.0
    bin_of = np.minimum((bins * (values - values.min()) / width).astype(int), bins - 1)
    order = np.argsort(bin_of, kind="stable")
    counts = np.bincount(bin_of)
    firsts = np.repeat(np.cumsum(counts) - counts, counts)
    nth = np.empty(len(values), dtype=np.int64)
    nth[order] = np.arange(len(values)) - firsts
    layer = np.where(nth % 2 == 0, -(nth // 2), nth // 2 + 1)
    offsets: NDArray[np.float64] = layer * (2 * half_height / max(int(counts.max()), 8))
    return offsets
