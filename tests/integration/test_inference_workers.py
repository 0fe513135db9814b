"""The model server in several processes: one set of figures, one outbox, one answer to where the alias points."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from relevo_contract.reference import CategoryCounts, NumberCounts, Reference
from relevo_contract.tables import predictions
from sqlalchemy import Engine, select
from support.animals import INPUTS, ROW, Registry, card
from support.kills import Client
from support.processes import until
from support.serving import FRESH, Server, serving

_SCRAPES = 12
_SECONDS = 60
WIDTH, COLOUR = INPUTS[0].name, INPUTS[2].name


@pytest.fixture
def server(registry: Registry, tmp_path: Path, raw_db: Engine) -> Iterator[Server]:  # noqa: ARG001
    with serving(tmp_path, registry.url, WORKERS="2") as server:
        until(lambda: len(_workers(server)) == 2, "a second process")
        yield server


def _workers(server: Server) -> list[int]:
    assert server.service.running
    pid = server.service.running.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _scraped(server: Server) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Over a connection of its own, which either process may get."""
    text = httpx.get(f"{server.service.url}/metrics", timeout=_SECONDS).raise_for_status().text
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def _ask(server: Server, count: int) -> set[str]:
    """Each over a connection of its own; the predictions' ids."""
    url = f"{server.service.url}/predict"
    answers = [
        httpx.post(url, json=ROW, headers=FRESH, timeout=_SECONDS).raise_for_status().json() for _ in range(count)
    ]
    return {answer["prediction_id"] for answer in answers}


def _answered(server: Server) -> float:
    return sum(value for _, value in _scraped(server).get("relevo_predictions_total", []))


def test_whoever_is_scraped_says_the_same_of_all(server: Server) -> None:
    _ask(server, 40)
    scrapes = [_scraped(server) for _ in range(_SCRAPES)]
    for scrape in scrapes:
        assert sum(value for _, value in scrape["relevo_predictions_total"]) == 40
        asked = [v for labels, v in scrape["http_requests_total"] if labels["handler"] == "/predict"]
        assert sum(asked) == 40
        counted = scrape["http_request_duration_seconds_count"]
        assert [v for labels, v in counted if labels["handler"] == "/predict"] == [40]
        assert [labels["version"] for labels, value in scrape["relevo_model_info"] if value == 1] == ["1"]
        assert scrape["relevo_model_stale"] == [({"problem": "animals"}, 0.0)]
        assert len(scrape["relevo_journal_cap_bytes"]) == 1
        assert len(scrape["process_resident_memory_bytes"]) == 1


def _in_flight(server: Server) -> float:
    ((labels, value),) = _scraped(server)["http_requests_in_flight"]
    assert labels == {}
    return value


def test_requests_that_have_not_ended_are_in_flight(server: Server) -> None:
    _ask(server, 2)
    assert _in_flight(server) == 0
    head = b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{"
    with ExitStack() as opened:
        for _ in range(6):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", server.service.port)))
            connection.sendall(head)
        until(lambda: _in_flight(server) == 6, "all of them in flight")
    until(lambda: _in_flight(server) == 0, "none in flight")


def test_the_drift_is_that_of_all_processes_rows(registry: Registry, tmp_path: Path, raw_db: Engine) -> None:  # noqa: ARG001
    widths = NumberCounts(edges=tuple(map(float, range(100))), counts=(10,) * 100)
    counted = Reference(rows=1000, columns={WIDTH: widths, COLOUR: CategoryCounts(counts={"r": 500, "g": 500})})
    registry.promote(registry.register(seed=7, says=card(reference=counted)))
    with serving(tmp_path, registry.url, WORKERS="2", DRIFT_ROWS="200") as server:
        until(lambda: len(_workers(server)) == 2, "a second process")
        _ask(server, 200)

        def all_of_them() -> bool:
            scrape = _scraped(server)
            return [value for _, value in scrape.get("relevo_input_drift_rows", [])] == [200]

        until(all_of_them, "the drift of all rows", 30)
        scrapes = [_scraped(server) for _ in range(_SCRAPES)]
    for scrape in scrapes:
        drifted = {labels["column"]: value for labels, value in scrape["relevo_input_drift_psi"]}
        assert drifted.keys() == {WIDTH, COLOUR}
        assert min(drifted.values()) > 1, "one row again and again is not what the training rows were like"
        assert sum(value for _, value in scrape["relevo_predicted_labels_total"]) == 200
        assert len(scrape["relevo_model_since_timestamp_seconds"]) == 1


def test_a_swap_is_one_in_every_process(server: Server, registry: Registry) -> None:
    for version in ("2", "1", "2"):
        registry.promote(version)
        for _ in range(_SCRAPES):
            assert httpx.post(f"{server.service.url}/predict", json=ROW, headers=FRESH, timeout=_SECONDS).json()[
                "model"
            ] == {
                "name": "animals",
                "version": version,
                "run_id": registry.run_of(version),
                "stale": False,
            }

    def only_one() -> bool:
        return [labels["version"] for labels, _ in _scraped(server)["relevo_model_info"]] == ["2"]

    until(only_one, "one version in the metrics")


def test_a_killed_process_loses_nothing_and_is_replaced(server: Server, raw_db: Engine) -> None:
    clients = [Client(server.service.url) for _ in range(4)]
    for client in clients:
        client.start()
    for kills in range(1, 4):
        until(lambda enough=kills * 200: sum(len(c.answered) for c in clients) > enough, "answers")
        before, counted = _workers(server), _answered(server)
        os.kill(before[0], signal.SIGKILL)
        until(lambda old=before: len(_workers(server)) == 2 and _workers(server) != old, "a new process")
        assert _answered(server) >= counted, "what a dead process has counted stays counted"
    for client in clients:
        client.stop.set()
        client.join()
    answered = {i for client in clients for i in client.answered}

    def missing() -> set[str]:
        with raw_db.connect() as connection:
            return answered - set(connection.scalars(select(predictions.c.prediction_id)))

    until(lambda: not missing(), "shipping")
    # A killed process may have answered what it did not get to count, and never the other way round.
    assert len(_scraped(server)["relevo_journal_backlog"]) == 1


def test_a_gauge_of_a_dead_process_is_gone(server: Server, registry: Registry) -> None:
    _ask(server, 10)
    for pid in _workers(server):
        os.kill(pid, signal.SIGKILL)
    registry.promote("2")

    def replaced() -> bool:
        return [labels["version"] for labels, _ in _scraped(server)["relevo_model_info"]] == ["2"]

    until(replaced, "the new processes' version only")
