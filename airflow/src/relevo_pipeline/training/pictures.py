"""Pictures that are logged with a model."""

from matplotlib.figure import Figure
from relevo_contract.columns import Column

from relevo_pipeline.training.dataset import Labels
from relevo_pipeline.training.metrics import Probabilities, confusion


def confusion_picture(target: Column, labels: Labels, probabilities: Probabilities) -> Figure:
    """The confusion matrix: each row's share by colour, counts as text."""
    counts = confusion(labels, probabilities)
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
