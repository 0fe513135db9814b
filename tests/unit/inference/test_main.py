from pathlib import Path

import pytest
from relevo_inference.__main__ import cores, room, workers


def limit(folder: Path, text: str) -> Path:
    file = folder / "limit"
    file.write_text(text)
    return file


@pytest.mark.parametrize(("text", "most"), [("100000 100000", 1), ("150000 100000", 2), ("10000 100000", 1)])
def test_a_container_has_as_many_cores_as_its_limit_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, most: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert cores(limit(tmp_path, text)) == most


@pytest.mark.parametrize("text", ["max 100000", ""])
def test_without_a_limit_it_has_those_of_its_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    assert cores(limit(tmp_path, text)) == cores(tmp_path / "none") == 3


def test_memory_has_room_for_so_many(tmp_path: Path) -> None:
    assert room(limit(tmp_path, str(768 * 2**20))) == 4
    assert room(limit(tmp_path, str(100 * 2**20))) == 1
    assert room(limit(tmp_path, "max")) is None
    assert room(tmp_path / "none") is None


def test_workers_are_as_many_as_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS", "3")
    assert workers() == 3
    for wrong in ("0", "-1", "many"):
        monkeypatch.setenv("WORKERS", wrong)
        with pytest.raises(SystemExit, match="WORKERS must be a number of processes"):
            workers()
