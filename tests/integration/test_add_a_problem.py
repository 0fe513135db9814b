"""What `docs/add-a-problem.md` says, done word for word in a clone: commands and file are read from the page.

Only the ports are the test's own, and the clone shares the environment of the tests: `make setup` finds it made.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from relevo_cli.demo.environment import PORTS
from relevo_contract.database import connect
from sqlalchemy import inspect, select
from sqlalchemy.sql import func, table
from support.chromium import chromium
from support.processes import BIN, free_port, until

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "add-a-problem.md"
SECONDS = 300


@dataclass(frozen=True)
class Told:
    """The page's blocks: its shell commands in their order, and the file with its place."""

    prepare: str
    start: str
    ask: str
    place: str
    file: str
    # What is said about a definition that cannot work.
    refusal: str

    @classmethod
    def read(cls) -> "Told":
        text = PAGE.read_text()
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        (file,) = (content for language, content in blocks if language == "python")
        prepare, start, ask = (content for language, content in blocks if language == "sh")
        (place,) = re.findall(r"^`(problems/own/\w+\.py)`; its name", text, re.MULTILINE)
        (refusal,) = re.findall(r"^    (problems/own/.*), …$", text, re.MULTILINE)
        return cls(prepare, start, ask, place, file, refusal)


TOLD = Told.read()
NAME = Path(TOLD.place).stem


@dataclass(frozen=True)
class Clone:
    """A folder as `git clone` makes it, with what is not committed yet."""

    folder: Path
    ports: dict[str, int]

    def shell(self, command: str) -> subprocess.Popen[str]:
        """In a session of its own, so that it can be ended with everything it started."""
        given = {name: value for name, value in os.environ.items() if not name.startswith(("RELEVO_", "PROBLEM"))}
        ports = {name: str(port) for name, port in self.ports.items()}
        return subprocess.Popen(
            ["bash", "-euc", command],
            cwd=self.folder,
            env={**given, **ports, "PATH": f"{BIN}:{given['PATH']}", "TRAIN_SECONDS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def done(self, command: str) -> str:
        with self.shell(command) as running:
            output, _ = running.communicate(timeout=SECONDS)
        assert running.returncode == 0, output
        return output

    def url(self, port: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: what belongs to a clone cannot be told")
    if not (BIN.parent / "relevo-setup").is_file():
        pytest.skip("the tests do not run in the .venv of `make setup`, which the clone would share")
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(BIN.parent)
    return Clone(folder, {name: free_port() for name in PORTS})


@pytest.fixture(scope="module")
def demo(clone: Clone) -> Iterator[dict[str, Any]]:
    """What stands on the page up to the runs; everything keeps running. The figures that the demo leaves."""
    clone.done(TOLD.prepare)
    (clone.folder / TOLD.place).write_text(TOLD.file)
    figures = clone.folder / "var" / "demo.json"
    running = clone.shell(TOLD.start)
    try:
        until(lambda: figures.exists() or running.poll() is not None, "the end of the runs", SECONDS, every=0.5)
        if running.poll() is not None:
            assert running.stdout is not None
            pytest.fail(running.stdout.read())
        yield json.loads(figures.read_text())
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGTERM)
        running.communicate(timeout=60)


def test_a_definition_that_cannot_work_is_refused_as_the_page_says(clone: Clone) -> None:
    place, metric = clone.folder / TOLD.place, 'primary_metric="auroc"'
    assert metric in TOLD.file
    place.write_text(TOLD.file.replace(metric, 'primary_metric="mae"'))
    with clone.shell(f"relevo demo --problem {NAME}") as refused:
        output, _ = refused.communicate(timeout=SECONDS)
    place.unlink()
    assert refused.returncode == 1
    assert TOLD.refusal in output
    assert "Traceback" not in output


def test_each_run_of_the_dag_brings_a_batch(demo: dict[str, Any]) -> None:
    assert (demo["problem"], demo["data"]) == (NAME, "real")
    assert [run["state"] for run in demo["runs"]] == ["succeeded"] * 2
    assert [run["api_requests"] for run in demo["runs"]] == [1, 1]
    assert [run["batch"] for run in demo["runs"]] == ["1", "2"]
    assert demo["runs"][0]["verdict"] == "promoted"


def test_it_has_tables_of_its_own(demo: dict[str, Any], clone: Clone) -> None:
    for store, names in {"raw": [f"raw_{NAME}"], "clean": [f"clean_{NAME}", f"rejected_{NAME}"]}.items():
        engine = connect(f"sqlite:///{clone.folder}/var/demo/{store}.db")
        assert set(names) <= set(inspect(engine).get_table_names())
        with engine.connect() as connection:
            rows = connection.scalar(select(func.count()).select_from(table(names[0])))
        engine.dispose()
        assert rows == sum(run["rows"] for run in demo["runs"])


def test_a_model_answers_what_the_page_asks(demo: dict[str, Any], clone: Clone) -> None:
    answer = json.loads(
        clone.done(TOLD.ask.replace("localhost:8000", f"127.0.0.1:{clone.ports['INFERENCE_PORT']}"))
    )
    assert answer["label"] == "malignant"
    assert answer["model"]["name"] == NAME
    assert answer["model"]["version"] == demo["production"]["version"]


def test_its_series_are_what_the_dashboards_choose_from(demo: dict[str, Any], clone: Clone) -> None:
    assert demo["production"]
    dashboard = json.loads((ROOT / "observability/grafana/dashboards/serving.json").read_text())
    asked = {variable["name"]: variable["query"]["query"] for variable in dashboard["templating"]["list"]}
    (metric,) = re.findall(r"label_values\((\w+), problem\)", asked["problem"])
    series = httpx.get(f"{clone.url('INFERENCE_PORT')}/metrics").text
    assert re.search(rf'^{metric}{{[^}}]*problem="{NAME}"', series, re.MULTILINE)


def test_it_has_a_form(demo: dict[str, Any], clone: Clone) -> None:
    assert demo["production"]
    with chromium() as browser:
        page = browser.new_page()
        expect.set_options(timeout=30_000)
        page.goto(f"{clone.url('UI_PORT')}/en/")
        field = page.get_by_label("radius", exact=True)
        expect(field).to_have_value("13.4")
        field.fill("25")
        page.get_by_role("button", name="Predict").click()
        expect(page.locator(".answer").first).to_have_text(re.compile("benign|malignant"))
