"""Ids travel into addresses without breaking them."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from relevo_ui.links import Links
from relevo_ui.settings import Settings


def test_addresses(links: Links) -> None:
    run_id = "manual__2026-11-21T07:00:00+00:00"
    assert links.dag("animals") == "https://air.example/dags/animals"
    assert links.dag("") == "https://air.example/dags"
    assert (
        links.dag_run("animals", run_id)
        == "https://air.example/dags/animals/runs/manual__2026-11-21T07%3A00%3A00%2B00%3A00"
    )
    assert links.tracked_run("ab12") == "https://flow.example/#/runs/ab12"
    assert links.version("animals", "3") == "https://flow.example/#/models/animals/versions/3"


def test_a_slash_at_the_end_of_a_setting_does_not_matter() -> None:
    links = Links.of(Settings(airflow_url="http://a/", mlflow_url="http://m/", inference_url="http://i/"))
    assert links == Links("http://a", "http://m", "http://i")


def test_people_are_told_the_model_servers_public_address() -> None:
    settings = Settings(inference_url="http://inside:8000", inference_public_url="https://models.example/")
    assert Links.of(settings).inference == "https://models.example"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_run_id_stays_one_part_of_the_path(run_id: str) -> None:
    path = urlsplit(Links("http://a", "http://m", "http://i").dag_run("p", run_id)).path
    assert unquote(path.removeprefix("/dags/p/runs/")) == run_id
    assert path.count("/") == 4
