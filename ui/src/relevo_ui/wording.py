"""Figures and times as people read them."""

from datetime import UTC, datetime

from relevo_contract.columns import Column
from relevo_contract.metrics import in_unit


def figure(value: float) -> str:
    """A number to six digits, without needless zeros: `4500`, `0.5`, `-8`; large ones to the whole: `1234568`."""
    return f"{value:.0f}" if float(value).is_integer() or abs(value) >= 1e5 else f"{value:.6g}"


def change_in_unit(value: float, unit: str) -> str:
    """A difference in the target's unit, with its sign (a real minus): `+$3,372`, `−$12`, `+0.5 m`."""
    return f"{'−' if value < 0 else '+'}{in_unit(abs(value), unit)}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def label(column: Column) -> str:
    """A column's name as a label, with its unit."""
    name = column.name.replace("_", " ")
    return f"{name} ({column.unit})" if column.unit else name


def score(value: float) -> str:
    """A metric: four decimals where it is a share, fewer where it is a large error."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def signed(value: float) -> str:
    """A difference of scores: `+0.0004`, `−0.0011`, with a real minus sign."""
    return f"{'−' if value < 0 else '+'}{score(abs(value))}"


def called(metric: str) -> str:
    """A metric as people write it: `macro F1`."""
    return metric.replace("_", " ").replace("f1", "F1").replace("auroc", "AUROC")


def capitalised(text: str, *names: str | None) -> str:
    """With a capital first, unless one of `names` stands there: a column or an algorithm is spelt as it is."""
    return text if text.startswith(tuple(filter(None, names))) else text[:1].upper() + text[1:]


def moment(value: datetime) -> str:
    """A time in UTC to the minute. Times without a zone are UTC, as the databases keep them."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M} UTC"


def clock(value: datetime) -> str:
    """The time of day in UTC to the second."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc:%H:%M:%S} UTC"


def size(count: int) -> str:
    """Bytes as people read them: `812 B`, `4.1 kB`, `2.3 MB`."""
    for unit, one in (("MB", 1e6), ("kB", 1e3)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count} B"
