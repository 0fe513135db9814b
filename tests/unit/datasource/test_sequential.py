"""The sequential and the daily protocol: all rows once, as designed, for every group on its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from relevo_contract.data_api import END_OF_DATA
from relevo_datasource.app import build
from relevo_datasource.datasets import open_table
from relevo_datasource.settings import Settings
from relevo_problems import diabetes, realestate
from relevo_problems.problem import Problem

# Few enough rows for a test, and with more than one batch to train on.
ROWS = 20_000
END = {"detail": END_OF_DATA}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Simulated data, whatever the environment of the test run says."""
    folder = tmp_path_factory.mktemp("sequential")
    return Settings(
        default_problem="diabetes",
        problems=("diabetes", "realestate"),
        relevo_datasets=None,
        data_dir=folder / "no-data",
        state_dir=folder / "state",
        simulated_rows=ROWS,
    )


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(build(settings)) as client:
        yield client


def until_the_end(client: TestClient, path: str, **params: Any) -> list[dict[str, Any]]:
    bodies = []
    while (answer := client.get(path, params=params)).status_code == 200:
        assert answer.headers["X-Relevo-Data"] == "simulated"
        bodies.append(answer.json())
    assert (answer.status_code, answer.json()) == (400, END)
    assert client.get(path, params=params).json() == END
    return bodies


def table(problem: Problem, settings: Settings) -> list[list[str]]:
    return list(open_table(problem, settings))


def test_every_part_is_delivered_whole_and_in_order(client: TestClient, settings: Settings) -> None:
    rows = table(diabetes.PROBLEM, settings)
    divided = diabetes.PROBLEM.source.divide(rows)
    counts = client.get("/diabetes/batches", params={"group_number": 1}).json()["batches"]
    delivered = 0
    for part, batches in divided.items():
        bodies = until_the_end(client, "/diabetes/data", group_number=1, part=part)
        assert [body["data"] for body in bodies] == [[rows[at] for at in batch] for batch in batches]
        assert [body["batch_number"] for body in bodies] == list(range(1, len(batches) + 1))
        assert counts[part] == len(bodies)
        delivered += sum(len(body["data"]) for body in bodies)
    assert delivered == ROWS
    assert [len(batch) for batch in divided["train"]][:-1] == [15_000]


def test_a_day_delivers_every_batch_as_designed(client: TestClient, settings: Settings) -> None:
    bodies = until_the_end(client, "/realestate/data", group_number=2, day="Tuesday")
    assert [body["batch_number"] for body in bodies] == list(range(6))
    assert {body["day"] for body in bodies} == {"Tuesday"}
    names = [column.name for column in realestate.PROBLEM.delivered]
    for number, body in enumerate(bodies):
        assert all(list(row) == names for row in body["data"])
        assert {realestate.batch([str(cell) for cell in row.values()]) for row in body["data"]} == {number}
        assert all(isinstance(row["price"], float) and isinstance(row["bed"], int) for row in body["data"])
    complete = [row for row in table(realestate.PROBLEM, settings) if realestate.batch(row) is not None]
    assert sum(len(body["data"]) for body in bodies) == len(complete)


def test_groups_days_and_parts_do_not_disturb_each_other(client: TestClient) -> None:
    def batch(path: str, **params: Any) -> int:
        return int(client.get(path, params=params).json()["batch_number"])

    assert batch("/diabetes/data", group_number=4) == 1
    assert batch("/diabetes/data", group_number=4) == 2
    assert batch("/diabetes/data", group_number=5) == 1
    assert batch("/diabetes/data", group_number=4, part="test") == 1
    assert batch("/realestate/data", group_number=4, day="Monday") == 0
    assert batch("/realestate/data", group_number=4, day="Monday") == 1
    assert batch("/realestate/data", group_number=4, day="Sunday") == 0


def test_a_restart_begins_again_even_after_the_end(client: TestClient) -> None:
    first = until_the_end(client, "/diabetes/data", group_number=6)
    assert client.get("/diabetes/restart_data_generation", params={"group_number": 6}).json()["ok"]
    assert until_the_end(client, "/diabetes/data", group_number=6) == first
    of_day = {"group_number": 6, "day": "Friday"}
    for again in ({}, {"day": "Friday"}):
        assert client.get("/realestate/data", params=of_day).json()["batch_number"] == 0
        restarted = client.get("/realestate/restart_data_generation", params={"group_number": 6, **again})
        assert restarted.json() == {"ok": True, "group_number": 6}
    other = {"group_number": 6, "day": "Monday"}
    client.get("/realestate/data", params=of_day)
    client.get("/realestate/restart_data_generation", params=other)
    assert client.get("/realestate/data", params=of_day).json()["batch_number"] == 1


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/diabetes/data", {"group_number": 11}, 400, "Número de grupo inválido"),
        ("/diabetes/batches", {"group_number": 0}, 400, "Número de grupo inválido"),
        (
            "/diabetes/data",
            {"group_number": 1, "part": "all"},
            400,
            "No existe 'all'; hay: test, train",
        ),
        ("/realestate/data", {"group_number": 11, "day": "Monday"}, 400, "Número de grupo inválido"),
        ("/realestate/data", {"group_number": 1, "day": "monday"}, 400, "No existe 'monday'; hay: Monday"),
        ("/realestate/restart_data_generation", {"group_number": 1, "day": "?"}, 400, "No existe '?'"),
        ("/realestate/data", {"group_number": 1}, 422, "day"),
        ("/diabetes/data", {}, 422, "group_number"),
    ],
)
def test_a_wrong_request_is_refused_and_logged_with_its_problem(
    client: TestClient, path: str, params: dict[str, Any], status: int, said: str
) -> None:
    problem = path.split("/")[1]
    run_id = f"{path} {params}"
    answer = client.get(path, params=params, headers={"X-Relevo-Run-Id": run_id})
    assert answer.status_code == status
    assert said in str(answer.json()["detail"])
    logged = client.get(f"/{problem}/requests", params={"run_id": run_id}).json()
    assert logged["count"] == (0 if path.endswith("/batches") else 1)
    if logged["count"]:
        assert (logged["requests"][0]["status"], logged["requests"][0]["path"]) == (
            status,
            path.removeprefix(f"/{problem}"),
        )


def test_the_default_problem_is_at_the_root_too(client: TestClient) -> None:
    first = client.get("/data", params={"group_number": 9}).json()
    second = client.get("/diabetes/data", params={"group_number": 9}).json()
    assert (first["batch_number"], second["batch_number"]) == (1, 2)
    page = client.get("/").json()
    assert (page["problem"], page["problems"]) == ("diabetes", ["/diabetes", "/realestate"])
    assert client.get("/realestate").json()["rows_per_batch"]
    assert client.get("/health").json()["problems"] == {"diabetes": "simulated", "realestate": "simulated"}


def test_a_users_own_file_is_served_and_called_what_it_is(settings: Settings, tmp_path: Path) -> None:
    names = [column.name for column in realestate.PROBLEM.delivered]
    row = "1,for_sale,100000,3,2,0.2,17,Springfield,Ohio,45501,1800,2019-06-03"
    (tmp_path / "realtor-data.csv").write_text("\n".join([",".join(names), row, ""]))
    own = settings.model_copy(update={"relevo_datasets": tmp_path, "default_problem": "realestate", "problems": ()})
    with TestClient(build(own.model_copy(update={"problems": ("realestate",)}))) as client:
        page = client.get("/").json()
        assert (page["data"], page["rows"], page["rows_per_batch"]) == ("real data", 1, [1, 0, 0, 0, 0, 0])
        assert page["data_set"].startswith("USA real estate listings (realtor.com, Kaggle), sha256 ")
        (found,) = client.get("/data", params={"group_number": 1, "day": "Tuesday"}).json()["data"]
        assert (found["zip_code"], found["prev_sold_date"]) == (45501.0, "2019-06-03")
