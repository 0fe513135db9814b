"""The figures of containers, read from control groups as the kernel writes them."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from relevo_observability import cgroups, containers
from relevo_observability.cgroups import Usage
from relevo_observability.containers import Containers, served

ONE, TWO, ALIEN = ("1" * 64, "2" * 64, "3" * 64)
GIB = 2**30


def write(group: Path, **files: str) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (group / name.replace("__", ".")).write_text(content)


def version_2(root: Path, group: str, limit: str = "max") -> None:
    write(
        root / group,
        cpu__stat="usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n",
        memory__current=f"{3 * GIB}\n",
        memory__stat=f"anon 1\ninactive_file {GIB}\n",
        memory__events="low 0\noom 1\noom_kill 2\n",
        memory__max=f"{limit}\n",
    )


def version_1(root: Path, group: str, limit: int = 9223372036854771712) -> None:
    write(
        root / "memory" / group,
        memory__usage_in_bytes=f"{3 * GIB}\n",
        memory__stat=f"inactive_file 5\ntotal_inactive_file {GIB}\n",
        memory__oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        memory__limit_in_bytes=f"{limit}\n",
    )
    write(root / "cpuacct" / group, cpuacct__usage="2500000000\n")


@pytest.fixture(params=["cgroup v2 by systemd", "cgroup v2", "cgroup v1"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three containers, one of them with a limit, among groups that are none."""
    make = version_1 if request.param == "cgroup v1" else version_2
    place = "system.slice/docker-{}.scope" if "systemd" in request.param else "docker/{}"
    if make is version_2:
        write(tmp_path, cgroup__controllers="cpu memory\n")
    make(tmp_path, place.format(ONE), GIB * 4)
    make(tmp_path, place.format(TWO))
    make(tmp_path, place.format(ALIEN))
    make(tmp_path, f"{place.format(ONE)}/{'4' * 64}")
    make(tmp_path, "system.slice/ssh.service")
    return tmp_path


def test_every_container_is_found_once_with_its_figures(root: Path) -> None:
    found = dict(cgroups.containers(root))
    assert found.keys() == {ONE, TWO, ALIEN}
    began = found[ONE].began
    assert began > 0
    assert found[ONE] == Usage(cpu=2.5, memory=2 * GIB, limit=4 * GIB, killed=2, began=began)
    assert found[TWO].limit is None


def test_a_container_that_ends_meanwhile_is_left_out(root: Path) -> None:
    for file in root.rglob("*"):
        if file.name == "memory.stat" and TWO in str(file):
            file.unlink()
    assert dict(cgroups.containers(root)).keys() == {ONE, ALIEN}


def test_without_control_groups_there_is_nothing(tmp_path: Path) -> None:
    assert list(cgroups.containers(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("relevo-raw-db-1.relevo_default", "raw-db"),
        ("relevo-test-1a2b-airflow-worker-12.relevo-test-1a2b_default", "airflow-worker"),
        ("other-raw-db-1.relevo_default", None),
        ("named.relevo_default", None),
        ("host.example.org", None),
        ("containers-exporter", "containers-exporter"),
    ],
)
def test_the_service_is_in_the_name(name: str, service: str | None) -> None:
    assert served(name) == service


def scraped(collector: Containers) -> dict[tuple[str, ...], float]:
    registry = CollectorRegistry()
    registry.register(collector)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, sample.labels["service"]): sample.value for family in families for sample in family.samples
    }


def test_containers_go_by_their_services_and_others_are_not_shown(root: Path) -> None:
    found = scraped(Containers(root, {ONE: "raw-db", TWO: "redis"}.get))
    assert found["container_cpu_usage_seconds_total", "raw-db"] == 2.5
    assert found["container_memory_working_set_bytes", "redis"] == 2 * GIB
    assert found["container_oom_events_total", "redis"] == 2
    assert found["container_spec_memory_limit_bytes", "raw-db"] == 4 * GIB
    assert ("container_spec_memory_limit_bytes", "redis") not in found
    assert {service for _, service in found} == {"raw-db", "redis"}


def test_names_are_not_asked_for_at_every_scrape(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def name(container: str) -> str | None:
        asked.append(container)
        return None if container == ALIEN else "raw-db"

    collector = Containers(root, name)
    for _ in range(3):
        scraped(collector)
    assert sorted(asked) == [ONE, TWO, ALIEN]
    monkeypatch.setattr(containers, "ASK_AGAIN_SECONDS", 0)
    scraped(collector)
    assert sorted(asked) == [ONE, TWO, ALIEN, ALIEN]
