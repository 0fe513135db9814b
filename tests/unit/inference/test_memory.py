"""What is unloaded when there is too much in memory, and what never is."""

from collections import Counter

import pytest
from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.memory import Memory


class Model:
    def __init__(self, problem: str, number: int, size: int = 10) -> None:
        self.version = ModelVersion(problem, str(number), "r" * 32, "", 0)
        self.size = size


class Held:
    """A memory with what it has said of itself."""

    def __init__(self, most: int) -> None:
        self.loaded: dict[str, tuple[int, int]] = {}
        self.unloads: Counter[str] = Counter()
        self.memory = Memory(most, self)

    def in_memory(self, problem: str, versions: int, size: int) -> None:
        self.loaded[problem] = (versions, size)

    def unloaded(self, problem: str) -> None:
        self.unloads[problem] += 1

    def put(self, *models: Model, most: int = 3) -> None:
        for model in models:
            self.memory.put(model, most=most)  # type: ignore[arg-type]

    def has(self, model: Model) -> bool:
        return self.memory.find(model.version.name, model.version.version) is model  # type: ignore[comparison-overlap]


@pytest.fixture
def models() -> dict[str, Model]:
    return {f"{problem[0]}{n}": Model(problem, n) for problem in ("ants", "bees") for n in range(1, 5)}


def test_what_was_used_longest_ago_goes_first(models: dict[str, Model]) -> None:
    held = Held(most=30)
    held.put(models["a1"], models["b1"], models["a2"])
    assert held.memory.use(models["a1"].version)
    held.put(models["b2"])
    assert [name for name, model in models.items() if held.has(model)] == ["a1", "a2", "b2"]
    assert held.loaded == {"ants": (2, 20), "bees": (1, 10)}
    assert held.unloads == {"bees": 1}


def test_what_is_in_production_stays_though_there_is_no_room(models: dict[str, Model]) -> None:
    held = Held(most=15)
    held.put(models["a1"])
    held.memory.hold("ants", models["a1"].version)
    held.put(models["b1"])
    held.memory.hold("bees", models["b1"].version)
    held.put(models["a2"])
    assert held.has(models["a2"]), "somebody asks for it"
    held.memory.shrink()
    assert [name for name, model in models.items() if held.has(model)] == ["a1", "b1"]
    held.put(models["a2"])
    held.memory.hold("ants", models["a2"].version)
    assert [name for name, model in models.items() if held.has(model)] == ["a2", "b1"]
    held.memory.hold("ants", None)
    assert [name for name, model in models.items() if held.has(model)] == ["b1"]


def test_of_each_problem_some_stay_at_most(models: dict[str, Model]) -> None:
    held = Held(most=1000)
    held.put(models["a1"])
    held.memory.hold("ants", models["a1"].version)
    held.put(models["b1"], models["a2"], models["a3"], models["a4"])
    assert [name for name, model in models.items() if held.has(model)] == ["a1", "a3", "a4", "b1"]


def test_what_was_unloaded_comes_back_when_there_is_room(models: dict[str, Model]) -> None:
    held = Held(most=20)
    held.put(models["a1"], models["b1"])
    assert held.memory.has_room(Model("ants", 9).version), "its size is not known before it has been loaded"
    held.put(models["a2"])
    assert not held.memory.has_room(models["a1"].version)
    held.put(Model("cats", 1, size=1))
    assert held.unloads == {"ants": 1, "bees": 1}
    assert not held.memory.has_room(models["b1"].version)
    held.put(Model("cats", 2, size=15))
    assert held.memory.has_room(Model("cats", 3, size=1).version)
