"""Two problems with two models each in one process: all of them while there is room, else what is in production."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from relevo_contract.registry import CHALLENGER
from support.animals import PROBLEM, ROW, Registry, card
from support.processes import until
from support.serving import Server, serving

OTHER = "oaks"


@pytest.fixture
def both(registry: Registry) -> Iterator[Registry]:
    """Version 1 of each is in production, and 2 its challenger."""
    registry.client.create_registered_model(OTHER)
    for seed in (5, 6):
        registry.register(seed=seed, says=card(problem=OTHER), problem=OTHER)
    for problem in (PROBLEM, OTHER):
        registry.promote("1", problem)
        registry.client.set_registered_model_alias(problem, CHALLENGER, "2")
    yield registry
    registry.client.delete_registered_model_alias(PROBLEM, CHALLENGER)
    registry.client.delete_registered_model(OTHER)


def figures(server: Server, name: str) -> dict[str, float]:
    families = text_string_to_metric_families(server.http.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {sample.labels["problem"]: sample.value for sample in samples}


def unloaded(server: Server) -> Counter[str]:
    return Counter({problem: int(n) for problem, n in figures(server, "relevo_model_unloads_total").items()})


def answers(server: Server) -> dict[str, tuple[str, bool]]:
    found = {}
    for problem in (PROBLEM, OTHER):
        model = server.predict(ROW, f"/models/{problem}/predict").raise_for_status().json()["model"]
        found[model["name"]] = (model["version"], model["stale"])
    return found


@pytest.mark.usefixtures("raw_db")
def test_all_are_loaded_while_there_is_room(both: Registry, tmp_path: Path) -> None:
    with serving(tmp_path, both.url, PROBLEMS=OTHER) as server:
        until(lambda: figures(server, "relevo_models_loaded") == {PROBLEM: 2, OTHER: 2}, "all four in memory")
        assert answers(server) == {PROBLEM: ("1", False), OTHER: ("1", False)}
        both.promote("2", OTHER)
        assert answers(server) == {PROBLEM: ("1", False), OTHER: ("2", False)}
        assert not any(figures(server, "relevo_model_unloads_total").values())
        sizes = figures(server, "relevo_models_loaded_bytes")
        assert all(500 < sizes[problem] < 10_000 for problem in (PROBLEM, OTHER))


@pytest.mark.usefixtures("raw_db")
def test_without_room_what_is_idle_goes_and_what_is_in_production_answers(both: Registry, tmp_path: Path) -> None:
    # Less than one of them takes.
    with serving(tmp_path, both.url, PROBLEMS=OTHER, MODELS_MAX_MB="0.0001", REFRESH_SECONDS="0.1") as server:
        until(lambda: figures(server, "relevo_model_info") == {PROBLEM: 1, OTHER: 1}, "both in production")
        until(lambda: figures(server, "relevo_models_loaded") == {PROBLEM: 1, OTHER: 1}, "nothing else in memory")
        # A first look-up that timed out leaves room for a challenger, until production is known.
        loads, unloads = server.service.log.read_text().count('"version loaded"'), unloaded(server)
        for version in ("2", "1") * 3:
            both.promote(version, OTHER)
            assert answers(server) == {PROBLEM: ("1", False), OTHER: (version, False)}
            assert figures(server, "relevo_models_loaded") == {PROBLEM: 1, OTHER: 1}
        again = server.service.log.read_text().count('"version loaded"') - loads
        assert again == 6, "each that was asked for, and nothing ahead of it again and again"
        assert unloaded(server) - unloads == Counter({OTHER: 6})
