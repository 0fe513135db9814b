"""What the kernel counts for each container: the files of its control group, in version 2 and version 1.

https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# `docker-<id>.scope` where systemd keeps the groups, `<id>` where Docker itself does.
CONTAINER = re.compile(r"(?:docker-)?([0-9a-f]{64})(?:\.scope)?$")
NANO, MICRO = 1e-9, 1e-6


@dataclass(frozen=True)
class Usage:
    """Of one container.

    `cpu` is in seconds since it began; `memory` in bytes, without the file cache that the kernel can take back at
    once, as `docker stats` has it; `limit` None without one; `began` in seconds since the epoch.
    """

    cpu: float
    memory: int
    limit: int | None
    killed: int
    began: float


def containers(root: Path) -> Iterator[tuple[str, Usage]]:
    """The id and the figures of every container whose group lies below `root`; not of one that ends meanwhile."""
    version_2 = (root / "cgroup.controllers").is_file()
    for group in _groups(root if version_2 else root / "memory"):
        container = CONTAINER.match(group.name)
        if container is None:
            continue
        try:
            usage = _version_2(group) if version_2 else _version_1(group, root)
        except (OSError, KeyError, ValueError):
            continue
        yield container[1], usage


def _groups(folder: Path) -> Iterator[Path]:
    """All groups, without those inside of containers."""
    try:
        below = [entry for entry in folder.iterdir() if entry.is_dir()]
    except OSError:
        return
    for group in below:
        yield group
        if not CONTAINER.match(group.name):
            yield from _groups(group)


def _version_2(group: Path) -> Usage:
    limit = (group / "memory.max").read_text().strip()
    return Usage(
        cpu=_table(group / "cpu.stat")["usage_usec"] * MICRO,
        memory=int((group / "memory.current").read_text()) - _table(group / "memory.stat")["inactive_file"],
        limit=None if limit == "max" else int(limit),
        killed=_table(group / "memory.events")["oom_kill"],
        began=group.stat().st_ctime,
    )


def _version_1(group: Path, root: Path) -> Usage:
    cpu = root / "cpuacct" / group.relative_to(root / "memory")
    limit = int((group / "memory.limit_in_bytes").read_text())
    cache = _table(group / "memory.stat")["total_inactive_file"]
    return Usage(
        cpu=int((cpu / "cpuacct.usage").read_text()) * NANO,
        memory=int((group / "memory.usage_in_bytes").read_text()) - cache,
        # "No limit" is the largest number of whole pages.
        limit=limit if limit < 2**62 else None,
        killed=_table(group / "memory.oom_control")["oom_kill"],
        began=group.stat().st_ctime,
    )


def _table(file: Path) -> Mapping[str, int]:
    """A file of lines `name value`."""
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}
