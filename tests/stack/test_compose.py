"""What every service of the stack has, and what the stack costs before it does anything."""

import re
import subprocess
from typing import Any

import pytest
import yaml

ONE_SHOTS = {"airflow-init", "migrate", "minio-setup"}
IDLE_LIMIT = 5 * 2**30
HEALTHY_LIMIT = 180
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@pytest.fixture(scope="module")
def services(stack: Any) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(stack.compose("--profile", "*", "config").stdout)["services"])


def test_services_restart_and_have_checks_and_limits(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) > ONE_SHOTS
    for name, service in services.items():
        assert service["restart"] == ("no" if name in ONE_SHOTS else "unless-stopped"), name
        assert service["logging"]["options"]["max-size"], name
        if name not in ONE_SHOTS:
            assert service["healthcheck"]["test"], name
            assert int(service["mem_limit"]) > 0, name


def test_ports_are_open_on_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_without_the_override_no_port_is_open(stack: Any) -> None:
    command = ["docker", "compose", "--env-file", str(stack.env_file), "--file", "compose.yaml", "config"]
    alone = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not [name for name, service in yaml.safe_load(alone.stdout)["services"].items() if "ports" in service]


def test_idle_memory(stack: Any, seconds_to_healthy: float) -> None:
    """The sum over all containers, as `docker stats` counts it: what they hold without the file cache."""
    assert seconds_to_healthy < HEALTHY_LIMIT
    names = [c["Name"] for c in stack.containers() if c["State"] == "running"]
    command = ["docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    used = {}
    for line in lines:
        name, amount, unit = re.match(r"(\S+) ([\d.]+)(\w+)", line).groups()  # type: ignore[union-attr]
        used[name] = float(amount) * UNITS[unit]
    assert set(used) == set(names)
    assert sum(used.values()) < IDLE_LIMIT, lines


@pytest.mark.parametrize(
    "service",
    [
        "airflow-api-server",
        "airflow-worker",
        "mlflow",
        "inference",
        "ui",
        "datasource",
        "redis",
        "prometheus",
        "containers-exporter",
    ],
)
def test_these_do_not_run_as_root(stack: Any, service: str) -> None:
    # Process 1 is Docker's own init; what it has started is the service.
    command = ["exec", "-T", service, "sh", "-c", "for p in /proc/[0-9]*; do stat -c %u $p; done | sort -u"]
    assert "0" not in stack.compose(*command).stdout.split()
