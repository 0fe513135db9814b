"""Metrics: which task they are for, which way is better, and how people read them."""

from dataclasses import dataclass
from typing import Literal

from relevo_contract.card import Task

_CLASSES: tuple[Task, ...] = ("multiclass", "binary")
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(frozen=True)
class Metric:
    """One metric. `scale` is how its figures read: as a `share`, in `percent`, or in the `target`'s unit."""

    name: str
    title: str
    tasks: tuple[Task, ...]
    higher_is_better: bool = True
    scale: Literal["share", "percent", "target"] = "share"

    @property
    def sign(self) -> int:
        """1 or −1: a difference times this is a gain."""
        return 1 if self.higher_is_better else -1

    def shown(self, value: float, unit: str | None = None) -> str:
        """`0.8412`, `23.1 %`, `$83,120`, `12.4 m`; `unit` is the target's."""
        match self.scale:
            case "share":
                return f"{value:.4f}"
            case "percent":
                return f"{100 * value:.2f} %"
            case "target":
                return in_unit(value, unit)

    def change(self, value: float) -> str:
        """A difference, always with its sign (a real minus) and without a unit: `+0.0004`, `−2,280`."""
        match self.scale:
            case "share":
                text = f"{value:+.4f}"
            case "percent":
                text = f"{100 * value:+.2f}"
            case "target":
                text = ("-" if value < 0 else "+") + amount(abs(value))
        return text.replace("-", "−")


def amount(value: float) -> str:
    """A figure in some unit: thousands as they are, small ones with four digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def in_unit(value: float, unit: str | None) -> str:
    """`$83,120`, `−$12`, `12.4 m`, or the figure alone. Nobody writes a tenth of a hundred dollars."""
    sign, figure = "−" if value < 0 else "", amount(abs(value))
    if unit in _SYMBOLS:
        return f"{sign}{_SYMBOLS[unit]}{f'{abs(value):.0f}' if 100 <= abs(value) < 1000 else figure}"
    return f"{sign}{figure} {unit}" if unit else f"{sign}{figure}"


_ALL = (
    Metric("macro_f1", "macro F1", ("multiclass",)),
    Metric("accuracy", "accuracy", _CLASSES),
    Metric("lowest_recall", "lowest recall", ("multiclass",)),
    # Of each class in turn; of two classes, of the positive one at the threshold.
    Metric("recall", "recall", _CLASSES),
    Metric("precision", "precision", ("binary",)),
    Metric("auroc", "AUROC", ("binary",)),
    Metric("average_precision", "average precision", ("binary",)),
    Metric("brier", "Brier score", ("binary",), higher_is_better=False),
    Metric("calibration_error", "calibration error", ("binary",), higher_is_better=False),
    Metric("log_loss", "log loss", _CLASSES, higher_is_better=False),
    Metric("mae", "MAE", ("regression",), higher_is_better=False, scale="target"),
    Metric("rmse", "RMSE", ("regression",), higher_is_better=False, scale="target"),
    Metric("mape", "MAPE", ("regression",), higher_is_better=False, scale="percent"),
    Metric("r2", "R²", ("regression",)),
)
METRICS = {metric.name: metric for metric in _ALL}


def metric(name: str) -> Metric:
    """The metric of that name; one that nobody knows (in an old record) reads as a share."""
    return METRICS.get(name) or Metric(name, name.replace("_", " "), ())
