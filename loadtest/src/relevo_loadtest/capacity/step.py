"""What was measured with so many users."""

from dataclasses import asdict, dataclass
from typing import Any

# Shares of what there is, from which on it is used up: a core of a client's process, cores of the server, memory.
_FULL = 0.9


@dataclass(frozen=True)
class Objective:
    """What must hold for a number of users to count."""

    p95_ms: float = 200
    error_share: float = 0.001


@dataclass(frozen=True)
class Limits:
    """What there is to use up: cores of this machine, cores and bytes that the server may use; None: not known."""

    machine_cores: int
    server_cores: float | None
    server_memory_bytes: int | None = None


@dataclass(frozen=True)
class Step:
    """Latencies are of the answers that came as they should, errors are the others.

    `rate` is in answers a second, `*_cores` in cores that were busy on average, `client_core` the share of its one
    core that the busiest client process used, `late_ms` the 95th percentile of how late the client asked.
    """

    users: int
    asked: int
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p95_ms_by_kind: dict[str, float]
    errors: dict[str, int]
    server_cores: float | None
    server_memory_bytes: float | None
    client_cores: float
    client_core: float
    machine_cores: float
    late_ms: float

    @property
    def error_share(self) -> float:
        return sum(self.errors.values()) / max(1, self.asked)

    def holds(self, objective: Objective) -> bool:
        return self.asked > 0 and self.p95_ms < objective.p95_ms and self.error_share < objective.error_share

    @property
    def client_is_full(self) -> bool:
        """Whether the client asked for all it could, so that nothing is known about the server."""
        return self.client_core >= _FULL

    def saturated(self, limits: Limits) -> str:
        """What was used up, as a phrase."""
        if self.client_is_full:
            return f"the client: a process of its used {self.client_core:.0%} of a core"
        server = "" if self.server_cores is None else f"server {self.server_cores:.2f}, "
        others = self.machine_cores - self.client_cores - (self.server_cores or 0)
        shares = f"{server}client {self.client_cores:.2f}, others {max(0, others):.2f}"
        if self.machine_cores >= _FULL * limits.machine_cores:
            return (
                f"the CPU of this machine: {self.machine_cores:.2f} of {limits.machine_cores} cores busy ({shares})"
            )
        if self._reaches(self.server_cores, limits.server_cores):
            return f"the server's CPU: {self.server_cores:.2f} of {limits.server_cores:g} cores busy"
        if self._reaches(self.server_memory_bytes, limits.server_memory_bytes):
            return "the server's memory"
        return f"neither CPU nor memory (cores: {shares}): look at registry and disk"

    @staticmethod
    def _reaches(used: float | None, limit: float | None) -> bool:
        return used is not None and limit is not None and used >= _FULL * limit

    def record(self, objective: Objective, limits: Limits) -> dict[str, Any]:
        """As it stands in capacity.json."""
        return {
            **asdict(self),
            "error_share": self.error_share,
            "holds": self.holds(objective),
            "saturated": self.saturated(limits),
        }
