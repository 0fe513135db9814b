"""Users against what they got and what it took."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from relevo_loadtest.capacity.step import Limits, Objective, Step

_INK, _GREY = "#1f2933", "#9aa5b1"
_BLUE, _ORANGE, _RED, _GREEN = "#1f77b4", "#e07b00", "#c0392b", "#2e8b57"


def draw(steps: Sequence[Step], objective: Objective, limits: Limits, file: Path) -> None:
    """Three panels over one axis of users: latency, rate with errors, CPU."""
    ordered = sorted(steps, key=lambda step: step.users)
    users = [step.users for step in ordered]
    figure = Figure(figsize=(9, 9), layout="constrained")
    latency, rate, cpu = figure.subplots(3, 1, sharex=True)
    for name, values, colour in (
        ("p99", [s.p99_ms for s in ordered], _RED),
        ("p95", [s.p95_ms for s in ordered], _ORANGE),
        ("p50", [s.p50_ms for s in ordered], _BLUE),
    ):
        latency.plot(users, values, "o-", color=colour, label=name)
    latency.axhline(objective.p95_ms, color=_GREY, linestyle="--", label=f"objective {objective.p95_ms:g} ms")
    latency.set_yscale("log")
    latency.set_ylabel("latency, ms")

    rate.plot(users, [s.rate for s in ordered], "o-", color=_BLUE, label="answers/s")
    rate.set_ylabel("answers/s")
    rate.set_ylim(bottom=0)
    errors = rate.twinx()
    errors.plot(users, [100 * s.error_share for s in ordered], "x-", color=_RED, label="errors, %")
    errors.set_ylabel("errors, %", color=_RED)
    errors.set_ylim(0, max(1, *(110 * s.error_share for s in ordered)))

    known = [(s.users, s.server_cores) for s in ordered if s.server_cores is not None]
    cpu.plot(*zip(*known, strict=True) if known else ([], []), "o-", color=_GREEN, label="server")
    cpu.plot(users, [s.client_cores for s in ordered], "o-", color=_ORANGE, label="client")
    cpu.plot(users, [s.machine_cores for s in ordered], "o-", color=_INK, label="machine")
    cpu.axhline(limits.machine_cores, color=_GREY, linestyle="--", label=f"{limits.machine_cores} cores")
    cpu.set_ylabel("busy cores")
    cpu.set_ylim(bottom=0)
    cpu.set_xlabel("users")

    for axes in (latency, rate, cpu):
        axes.grid(color="#e4e7eb")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", frameon=False)
    errors.spines["top"].set_visible(False)
    errors.legend(loc="center right", frameon=False)
    figure.savefig(file, dpi=130)
