"""Which problems a stack has, with their pools and the addresses of their data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from relevo_pipeline.catalogue import faults, names
from relevo_pipeline.settings import Settings

TWO = {"problems": "covertype,weather", "data_api_url": "http://data/{problem}"}


def test_without_a_setting_there_is_every_problem_that_can_be_found() -> None:
    assert "covertype" in names(Settings(problems=()))
    assert names(Settings(problems="b, a")) == ("b", "a")


def test_each_problem_is_asked_for_at_its_own_address() -> None:
    settings = Settings(**TWO, data_api_settings="weather.url=http://elsewhere weather.day=Monday")
    assert settings.data_api("covertype").url == "http://data/covertype"
    assert settings.data_api("weather").url == "http://elsewhere"
    assert settings.data_api("weather").parameters == {"day": "Monday"}


def test_a_wrong_setting_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"'day=Monday' is not problem\.name=value"):
        Settings(data_api_settings="day=Monday")


def test_one_address_does_not_serve_two_problems() -> None:
    settings = Settings(**{**TWO, "data_api_url": "http://data"})
    with pytest.raises(ValueError, match="covertype and weather would get the rows of one and the same problem"):
        settings.data_api("covertype")
    apart = Settings(**{**TWO, "data_api_url": "http://data"}, data_api_settings="weather.url=http://elsewhere")
    assert apart.data_api("covertype").url == "http://data"


def test_the_faults_of_all_problems_are_said_before_anything_starts() -> None:
    (unknown,) = faults(Settings(**TWO))
    assert unknown.startswith("there is no problem called 'weather'")
    assert faults(Settings(problems="covertype")) == []


def test_migrations_wait_until_the_problems_are_right(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "relevo_pipeline.migrate"],
        env={"PROBLEMS": "weather", "RAW_DB_URL": f"sqlite:///{tmp_path}/raw.db", "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("there is no problem called 'weather'; there are: covertype")
    assert not (tmp_path / "raw.db").exists()


def test_the_pools_that_airflow_imports(tmp_path: Path) -> None:
    file = tmp_path / "pools.json"
    subprocess.run(
        [sys.executable, "-m", "relevo_pipeline.pools", "3", str(file)],
        env={"PROBLEMS": "covertype,weather", "PATH": ""},
        check=True,
    )
    pools = json.loads(file.read_text())
    assert set(pools) == {"training_covertype", "training_weather"}
    assert all(pool["slots"] == 3 and pool["description"] for pool in pools.values())
