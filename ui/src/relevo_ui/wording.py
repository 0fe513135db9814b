"""Figures and times as people read them."""

from datetime import UTC, datetime


def figure(value: float) -> str:
    """A number without an exponent or needless zeros: `4500`, `0.5`, `-8`."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"


def score(value: float) -> str:
    """A metric: four decimals where it is a share, fewer where it is a large error."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def moment(value: datetime) -> str:
    """A time in UTC to the minute. Times without a zone are UTC, as the databases keep them."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M} UTC"
