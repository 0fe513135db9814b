"""The page in Docker: its user in Airflow may do what it needs and no more, and it finds every service well."""

from typing import Any

import httpx
import pytest
from support.compose import PROBLEM
from support.processes import until

# What the page itself sees, from inside its container.
LOOK = """
import json
from relevo_ui.health.monitor import Monitor
from relevo_ui.operation.stack import checks
from relevo_ui.settings import Settings
found = Monitor(checks(Settings())).look().findings
print(json.dumps({f.service: [f.state, f.version, str(f.since), f.trouble and f.trouble.kind] for f in found}))
"""


@pytest.fixture(scope="module")
def page(stack: Any) -> Any:
    """Airflow's API, signed in as the page."""
    url = stack.url("AIRFLOW_PORT")
    login = {"username": "relevo-page", "password": stack.values["AIRFLOW_PAGE_PASSWORD"]}
    token = httpx.post(f"{url}/auth/token", json=login, timeout=60).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/api/v2", headers=headers, timeout=60) as client:
        yield client


def test_the_page_may_read_runs_and_say_whether_a_dag_is_paused(page: httpx.Client) -> None:
    assert page.get(f"/dags/{PROBLEM}").json()["is_paused"] in (True, False)
    assert page.get(f"/dags/{PROBLEM}/tasks").is_success
    assert page.get(f"/dags/{PROBLEM}/dagRuns").is_success
    alive = {job["job_type"] for job in page.get("/jobs", params={"is_alive": True}).json()["jobs"]}
    assert alive >= {"SchedulerJob", "DagProcessorJob", "TriggererJob"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/variables"),
        ("GET", "/connections"),
        ("GET", "/config"),
        ("GET", "/eventLogs"),
        ("POST", "/pools"),
        ("DELETE", f"/dags/{PROBLEM}"),
        ("DELETE", "/dags/relevo_operate/dagRuns/any"),
        ("PATCH", "/dags/relevo_operate/dagRuns/any"),
    ],
)
def test_and_nothing_else(page: httpx.Client, method: str, path: str) -> None:
    body = {"name": "mine", "slots": 1} if path == "/pools" else {"state": "failed"}
    options = {"json": body} if method in ("POST", "PATCH") else {}
    assert page.request(method, path, **options).status_code == 403


def test_a_change_that_is_refused_says_so_where_the_page_reads_it(page: httpx.Client) -> None:
    until(lambda: page.get("/dags/relevo_operate").is_success, "the reading of the DAG", 180, every=2)
    conf = {"action": "promote", "problem": PROBLEM, "version": "999", "by": "Ana", "reason": "a test"}
    asked = page.post("/dags/relevo_operate/dagRuns", json={"logical_date": None, "conf": conf})
    run = f"/dags/relevo_operate/dagRuns/{asked.raise_for_status().json()['dag_run_id']}"
    until(lambda: page.get(run).json()["state"] in ("success", "failed"), "the end of the change", 180, every=1)
    assert page.get(run).json()["state"] == "failed"
    refusal = page.get(f"{run}/taskInstances/change/xcomEntries/refusal").raise_for_status().json()["value"]
    assert f"there is no version '999' of {PROBLEM}" in refusal


def test_the_page_finds_every_service(stack: Any) -> None:
    found = stack.python("ui", LOOK)
    running = {container["Service"] for container in stack.containers() if container["State"] == "running"}
    if "grafana" not in running:
        assert found.pop("grafana")[0] == "down"
    # Before the first run there is no model, which is no fault of the server's.
    states = {name: state for name, (state, *_) in found.items()}
    trouble = found["inference"][3]
    assert trouble in (None, "no_model")
    assert {name for name, state in states.items() if state != "well"} <= {"inference"}
    assert found["raw_db"][1].startswith("MySQL")
    assert all(found[name][2] != "None" for name in ("raw_db", "clean_db", "airflow_scheduler", "prometheus"))
