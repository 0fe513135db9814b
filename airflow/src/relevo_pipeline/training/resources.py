"""What training may take of the machine, and what it took."""

import resource
from pathlib import Path

import joblib


def threads(wanted: int) -> int:
    """As many threads as wanted, and no more than the container's share of processors allows.

    joblib knows the limits of cgroups and affinity; `os.cpu_count` counts the processors of the host.
    """
    return max(1, min(wanted, int(joblib.cpu_count())))


def peak_memory_mib() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its peak includes that of the process which started this one.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts in bytes
