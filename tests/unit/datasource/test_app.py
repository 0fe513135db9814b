"""The routes, as a pipeline and a person meet them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from relevo_datasource.app import build
from relevo_datasource.settings import Settings
from relevo_problems import registry
from relevo_problems.simulator import simulate

COLUMNS = len(registry.load("covertype").columns)
GROUP = {"group_number": 3}


def part_of_source(settings: Settings, part: int) -> Counter[tuple[str, ...]]:
    rows = simulate(registry.load("covertype"), settings.simulated_rows // 10, settings.seed, part - 1, 10)
    return Counter(map(tuple, rows))


def test_a_batch_is_a_tenth_of_the_current_part(client: TestClient, settings: Settings) -> None:
    answer = client.get("/data", params=GROUP)
    assert answer.status_code == 200
    assert answer.headers["X-Relevo-Data"] == "simulated"
    body = answer.json()
    assert list(body) == ["group_number", "batch_number", "data"]
    assert (body["group_number"], body["batch_number"]) == (3, 1)
    assert len(body["data"]) == settings.simulated_rows // 100
    assert all(len(row) == COLUMNS and all(isinstance(cell, str) for cell in row) for row in body["data"])


def test_all_ten_parts_then_the_end_for_good(client: TestClient, clock: Any, settings: Settings) -> None:
    for part in range(1, 11):
        for _ in range(2):
            body = client.get("/data", params=GROUP).json()
            assert body["batch_number"] == part
            # As a multiset: never more of a row than the current part has.
            assert Counter(map(tuple, body["data"])) <= part_of_source(settings, part)
        clock.now += settings.rotate_seconds + 0.001
    for _ in range(2):
        answer = client.get("/data", params=GROUP)
        assert answer.status_code == 400
        assert answer.json() == {"detail": "Ya se recolectó toda la información mínima necesaria"}
        assert answer.headers["X-Relevo-Data"] == "simulated"
        clock.now += settings.rotate_seconds + 0.001


def test_two_calls_in_the_same_part_get_different_portions(client: TestClient) -> None:
    one, other = (client.get("/data", params=GROUP).json()["data"] for _ in range(2))
    assert one != other


@pytest.mark.parametrize("group", [0, 11, -1, 10**30])
@pytest.mark.parametrize("path", ["/data", "/restart_data_generation"])
def test_a_wrong_group_is_refused(client: TestClient, path: str, group: int) -> None:
    answer = client.get(path, params={"group_number": group})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Número de grupo inválido"}
    assert client.get("/requests").json()["requests"][0]["status"] == 400


@pytest.mark.parametrize("params", [{}, {"group_number": "three"}, {"group_number": ""}])
def test_a_missing_or_unreadable_group_is_refused_and_logged(client: TestClient, params: dict[str, str]) -> None:
    answer = client.get("/data", params=params, headers={"X-Relevo-Run-Id": "run"})
    assert answer.status_code == 422
    log = client.get("/requests", params={"run_id": "run"}).json()
    assert log["count"] == 1
    assert (log["requests"][0]["status"], log["requests"][0]["group_number"]) == (422, None)


def test_groups_do_not_disturb_each_other(client: TestClient, clock: Any, settings: Settings) -> None:
    client.get("/data", params={"group_number": 1})
    clock.now += settings.rotate_seconds + 1
    batches = [client.get("/data", params={"group_number": group}).json()["batch_number"] for group in (1, 2, 10)]
    assert batches == [2, 1, 1]
    client.get("/restart_data_generation", params={"group_number": 2})
    assert client.get("/data", params={"group_number": 1}).json()["batch_number"] == 2


def test_a_restart_begins_again_from_the_first_part_even_after_the_end(client: TestClient, clock: Any) -> None:
    for _ in range(11):
        client.get("/data", params=GROUP)
        clock.now += 301
    assert client.get("/data", params=GROUP).status_code == 400
    answer = client.get("/restart_data_generation", params=GROUP)
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "group_number": 3}
    assert client.get("/data", params=GROUP).json()["batch_number"] == 1


def test_progress_and_log_survive_another_process(client: TestClient, clock: Any, settings: Settings) -> None:
    first = client.get("/data", params=GROUP).json()
    clock.now += settings.rotate_seconds + 1
    client.get("/data", params=GROUP)
    with TestClient(build(settings, clock)) as later:
        body = later.get("/data", params=GROUP).json()
        assert body["batch_number"] == 2
        clock.now += settings.rotate_seconds + 1
        assert later.get("/data", params=GROUP).json()["batch_number"] == 3
        assert later.get("/requests", params=GROUP).json()["count"] == 4
    assert first["batch_number"] == 1


def test_the_log_proves_how_often_a_run_asked(client: TestClient, clock: Any) -> None:
    client.get("/data", params=GROUP, headers={"X-Relevo-Run-Id": "run-a"})
    client.get("/data", params={"group_number": 4}, headers={"X-Relevo-Run-Id": "run-a"})
    client.get("/data", params=GROUP, headers={"X-Relevo-Run-Id": "run-b"})
    client.get("/restart_data_generation", params=GROUP)
    assert client.get("/requests", params={"run_id": "run-a"}).json()["count"] == 2
    assert client.get("/requests", params={"run_id": "nobody"}).json() == {"count": 0, "requests": []}
    of_run_and_group = client.get("/requests", params={"run_id": "run-a", "group_number": 3}).json()
    assert of_run_and_group == {
        "count": 1,
        "requests": [
            {
                "at": clock.now,
                "path": "/data",
                "group_number": 3,
                "run_id": "run-a",
                "status": 200,
                "batch_number": 1,
                "row_count": 10,
            }
        ],
    }
    newest = client.get("/requests", params={"limit": 1}).json()
    assert newest["count"] == 4
    assert [line["path"] for line in newest["requests"]] == ["/restart_data_generation"]


def test_concurrent_requests_are_each_counted_and_open_a_part_once(
    client: TestClient, clock: Any, settings: Settings
) -> None:
    client.get("/data", params=GROUP)
    clock.now += settings.rotate_seconds + 1
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: client.get("/data", params=GROUP), range(64)))
    assert [answer.status_code for answer in answers] == [200] * 64
    assert {answer.json()["batch_number"] for answer in answers} == {2}
    assert len({answer.content for answer in answers}) == 64
    assert client.get("/requests", params=GROUP).json()["count"] == 65


def test_the_root_page_says_what_is_served(client: TestClient) -> None:
    page = client.get("/").json()
    assert page["problem"] == "covertype"
    assert page["data"] == "simulated data"
    assert (page["rows"], page["parts"], page["rows_per_part"], page["rows_per_request"]) == (1000, 10, 100, 10)
    assert page["rotate_seconds"] == 300
    health = client.get("/health").json()
    assert (health["status"], health["data"], health["problems"]) == ("ok", "simulated", {"covertype": "simulated"})
    assert health["version"]
    assert datetime.fromisoformat(health["started_at"]) <= datetime.now(UTC)


def test_a_fresh_start_with_the_same_seed_repeats_itself(settings: Settings, clock: Any, tmp_path: Path) -> None:
    bodies = []
    for name in ("one", "two"):
        fresh = settings.model_copy(update={"state_dir": tmp_path / name})
        with TestClient(build(fresh, clock)) as client:
            bodies.append([client.get("/data", params=GROUP).content for _ in range(2)])
    assert bodies[0] == bodies[1]
