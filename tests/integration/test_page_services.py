"""What the page sees of real services: well, stopped, silent, replaced by another; and calls of them by hand."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from relevo_contract.data_api import Address
from relevo_contract.database import connect
from relevo_contract.tables import raw_metadata
from relevo_ui.health.finding import Finding
from relevo_ui.health.monitor import Monitor
from relevo_ui.operation.airflow import Airflow, AirflowLoginError, AirflowRefusedError, AirflowUnreachableError
from relevo_ui.operation.calls import BY_HAND, CALLS, SHOWN_CHARACTERS, BodyError, Caller
from relevo_ui.operation.registry import Registry as Versions
from relevo_ui.operation.registry import RegistryError
from relevo_ui.operation.stack import checks
from relevo_ui.settings import Settings
from support.animals import PROBLEM, Registry
from support.processes import BIN, Service, free_port
from support.serving import Server


@pytest.fixture(scope="module")
def data_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder, port = tmp_path_factory.mktemp("data-api"), free_port()
    command = [str(BIN / "uvicorn"), "--factory", "relevo_datasource.app:create_app", "--port", str(port)]
    env = {"STATE_DIR": str(folder), "RELEVO_DATASETS": "", "DATA_DIR": str(folder / "none")}
    with Service("the data API", command, "/health", port, folder / "log", env) as service:
        yield service


@pytest.fixture
def settings(server: Server, mlflow: Service, data_api: Service, tmp_path: Path) -> Settings:
    for name in ("raw", "clean"):
        engine = connect(f"sqlite:///{tmp_path}/{name}.db")
        raw_metadata.create_all(engine)
        engine.dispose()
    return Settings(
        inference_url=server.service.url,
        # MLflow's client notes its own in the environment.
        mlflow_tracking_uri=mlflow.url,
        data_api_url=data_api.url,
        # Nobody is there.
        airflow_url=f"http://127.0.0.1:{free_port()}",
        airflow_api_password=SecretStr("x"),
        raw_db_url=SecretStr(f"sqlite:///{tmp_path}/raw.db"),
        clean_db_url=SecretStr(f"sqlite:///{tmp_path}/clean.db"),
        default_problem=PROBLEM,
    )


def look(monitor: Monitor) -> dict[str, Finding]:
    return {finding.service: finding for finding in monitor.look().findings}


def test_every_service_says_what_it_is(settings: Settings) -> None:
    monitor = Monitor(checks(settings))
    found = look(monitor)
    up = {"page", "inference", "mlflow", "raw_db", "clean_db", "data_api"}
    assert {name for name, finding in found.items() if finding.state != "down"} == up
    assert all(found[name].version for name in up)
    assert all(found[name].since for name in ("page", "inference", "data_api"))
    assert all(found[name].milliseconds for name in up - {"page"})
    assert found["inference"].backlog == 0
    assert found["data_api"].data == "simulated"
    assert set(monitor.latest.seen_since) == up if monitor.latest else False
    for part in ("api", "scheduler", "dag_processor", "triggerer"):
        trouble = found[f"airflow_{part}"].trouble
        assert trouble is not None
        assert trouble.kind == "unreachable"


def test_a_service_that_stops_is_down_and_one_that_comes_back_is_seen_anew(
    settings: Settings, data_api: Service, mlflow: Service
) -> None:
    monitor = Monitor(checks(settings))
    look(monitor)
    before = dict(monitor.latest.seen_since) if monitor.latest else {}
    with data_api.down():
        assert look(monitor)["data_api"].state == "down"
    assert look(monitor)["data_api"].state == "well"
    assert monitor.latest is not None
    assert monitor.latest.seen_since["data_api"] > before["data_api"]
    assert monitor.latest.seen_since["mlflow"] == before["mlflow"]
    with mlflow.paused():
        trouble = look(monitor)["mlflow"].trouble
        assert trouble is not None
        assert trouble.detail == "no answer within 3 s"


def test_something_else_at_an_address_is_noticed(settings: Settings, data_api: Service, mlflow: Service) -> None:
    swapped = settings.model_copy(
        update={"inference_url": data_api.url, "mlflow_tracking_uri": settings.inference_url}
    )
    found = look(Monitor(checks(swapped)))
    for service in ("inference", "mlflow"):
        trouble = found[service].trouble
        assert trouble is not None
        assert trouble.kind == "unintelligible"
    # Any data API will do.
    other = settings.model_copy(update={"data_api_url": mlflow.url})
    assert look(Monitor(checks(other)))["data_api"].state == "well"


def test_a_database_that_is_gone_is_down_and_not_made_anew(settings: Settings, tmp_path: Path) -> None:
    monitor = Monitor(checks(settings))
    away = (tmp_path / "clean.db").rename(tmp_path / "away.db")
    found = look(monitor)
    assert (found["clean_db"].state, found["raw_db"].state) == ("down", "well")
    assert not (tmp_path / "clean.db").exists()
    away.rename(tmp_path / "clean.db")
    assert look(monitor)["clean_db"].state == "well"


def test_the_versions_of_a_problem(registry: Registry, mlflow: Service) -> None:
    with closing(Versions(mlflow.url)) as versions:
        found = versions.versions(PROBLEM)
        assert [version.number for version in found][-2:] == ["2", "1"]
        assert [version.number for version in found if "production" in version.aliases] == ["1"]
        assert versions.versions("nothing") == []
        assert versions.experiment_of(registry.run_of("1")) == "0"
    with closing(Versions(f"http://127.0.0.1:{free_port()}")) as nobody, pytest.raises(RegistryError):
        nobody.versions(PROBLEM)


def test_airflow_out_of_reach_or_without_a_login_says_so(mlflow: Service) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(AirflowUnreachableError):
        Airflow(nobody, "page", SecretStr("x")).dag("animals")
    with pytest.raises(AirflowLoginError, match="AIRFLOW_API_PASSWORD is not set"):
        Airflow(nobody, "page", None).dag("animals")
    with closing(Airflow(mlflow.url, "page", SecretStr("x"))) as another, pytest.raises(AirflowRefusedError):
        another.dag("animals")


@pytest.fixture
def caller(server: Server, data_api: Service, mlflow: Service) -> Caller:
    nobody = f"http://127.0.0.1:{free_port()}"
    return Caller(
        {"inference": server.service.url, "mlflow": mlflow.url, "airflow": nobody},
        lambda problem: Address(data_api.url, 1, {"day": f"of {problem}"}),
        {},
    )


def test_calls_by_hand_reach_the_services_once(caller: Caller, data_api: Service) -> None:
    by_name = {(call.service, call.name): call for call in CALLS}
    predict = by_name["inference", "POST /models/{problem}/predict"]
    answer = caller(predict, PROBLEM, body='{"Body_Width": 2.5, "legs-count": 4, "Colour": "g"}')
    assert answer.succeeded
    assert '"prediction_id"' in answer.text
    refused = caller(predict, PROBLEM, body='{"Body_Width": 99}')
    assert (refused.status, refused.succeeded) == (422, False)
    with pytest.raises(BodyError):
        caller(predict, PROBLEM, body="{")

    data = by_name["data_api", "GET /data"]
    assert data.needs_operator
    batch = caller(data, PROBLEM, query="group_number=1")
    assert batch.succeeded
    assert batch.cut
    assert (len(batch.text), batch.size > SHOWN_CHARACTERS) == (SHOWN_CHARACTERS, True)
    assert batch.request == f"GET {data_api.url}/data?group_number=1"
    log = httpx.get(f"{data_api.url}/requests", params={"run_id": BY_HAND}).json()
    assert [request["path"] for request in log["requests"]] == ["/data"]

    nobody = caller(by_name["airflow", "GET /api/v2/version"], PROBLEM)
    assert (nobody.status, nobody.succeeded) == (None, False)
    assert nobody.trouble


def test_the_query_of_a_run_stands_ready(caller: Caller) -> None:
    assert caller.query("a&b") == "group_number=1&day=of+a%26b"


def test_a_query_cannot_leave_the_service(caller: Caller) -> None:
    data = next(call for call in CALLS if call.path == "/data")
    assert caller.url(data, "a/../b?c", "group_number=1").endswith("/data?group_number=1")
    here = next(call for call in CALLS if call.path == "/models/{problem}")
    assert caller.url(here, "a/../b?c#d", "x=1").endswith("/models/a%2F..%2Fb%3Fc%23d")
