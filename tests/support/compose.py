"""The real compose project, under a name and on ports of its own."""

import json
import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relevo_cli import env as dotenv

ROOT = Path(__file__).parents[2]
PROBLEM = "covertype"


@dataclass(frozen=True)
class Project:
    """A compose project that runs with the settings of `values`, which are those of `env_file`."""

    project: str
    env_file: Path
    values: dict[str, str]
    # Further compose files, over the two that are always there.
    over: tuple[Path, ...] = ()

    def compose(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run docker compose on this project; its output is captured as text."""
        all_files = (ROOT / "compose.yaml", ROOT / "compose.override.yaml", *self.over)
        files = [part for file in all_files for part in ("--file", str(file))]
        named = ["--project-name", self.project, "--env-file", str(self.env_file)]
        # What the caller's shell has exported would win over the file.
        environment = {name: value for name, value in os.environ.items() if name not in self.values}
        defaults: dict[str, Any] = {"capture_output": True, "text": True, "check": True, "env": environment}
        return subprocess.run(["docker", "compose", *named, *files, *arguments], **{**defaults, **options})

    def containers(self) -> list[dict[str, Any]]:
        """What `docker compose ps` knows about every container, also of those that have ended."""
        listed = self.compose("ps", "--all", "--format", "json").stdout
        return [json.loads(line) for line in listed.splitlines()]

    def python(self, service: str, code: str) -> Any:
        """Run Python in a service's container, with its environment; the JSON it prints comes back."""
        done = self.compose("exec", "-T", service, "python", "-c", code, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.values[port]}"

    def secrets(self) -> dict[str, str]:
        """By name, what `make env` made up."""
        example = dotenv.parse((ROOT / ".env.example").read_text(), ".env.example")
        return {setting.name: self.values[setting.name] for setting in example if setting.generate}

    def troubles(self) -> str:
        """State and last words of every container that is not well; of all of them when each one is."""
        containers = self.containers()
        ill = [c for c in containers if c["ExitCode"] or c["Health"] == "unhealthy" or c["State"] == "restarting"]
        services = [c["Service"] for c in ill]
        states = "\n".join(f"{c['Service']}: {c['Status']}" for c in containers)
        logs = self.compose("logs", "--no-color", "--tail", "60" if ill else "15", *services, check=False)
        return f"{states}\n\n{logs.stdout}{logs.stderr}"


def missing() -> str | None:
    """Why no stack can be started on this machine; None when it can."""
    if shutil.which("docker") is None:
        return "there is no docker on this machine"
    for command in (["docker", "info"], ["docker", "compose", "version"], ["docker", "buildx", "version"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            return f"`{' '.join(command)}` fails: {' '.join(last)}"
    return None


def obtainable(image: str) -> bool:
    """Whether the image is on this machine or its registry gives it."""
    here = subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False)
    if here.returncode == 0:
        return True
    return subprocess.run(["docker", "pull", image], capture_output=True, check=False).returncode == 0


def free_ports(names: list[str], opened: ExitStack) -> dict[str, str]:
    """A free port for each name; they stay taken until `opened` is closed, so that all differ."""
    ports = {}
    for name in names:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        ports[name] = str(listener.getsockname()[1])
    return ports


def settings(folder: Path) -> dict[str, str]:
    """A `.env` of its own in `folder`, made as `make env` makes it; the settings in it."""
    shutil.copy(ROOT / ".env.example", folder)
    assert dotenv.main(["--root", str(folder)]) == 0
    values = {s.name: s.value for s in dotenv.parse((folder / ".env").read_text(), ".env")}
    with ExitStack() as opened:
        values |= free_ports([name for name in values if name.endswith("_PORT")], opened)
    values |= {
        "DEFAULT_PROBLEM": PROBLEM,
        "PROBLEMS": PROBLEM,
        "RELEVO_DATASETS": os.environ.get("RELEVO_DATASETS", ""),
        "RELEVO_TAG": "test",
        "ROTATE_SECONDS": "1",
        # No run but those of the tests.
        "SCHEDULE": "manual",
        "TRAIN_SECONDS": "1",
    }
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return values
