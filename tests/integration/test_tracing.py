"""Traces of the model server: none, and nothing of OpenTelemetry, unless somebody says where they go."""

import re
from pathlib import Path

import pytest
from airflow.configuration import conf
from support.animals import PROBLEM, Registry
from support.collector import collector
from support.processes import until
from support.serving import serving

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
# Python then says in the log what it imports, and when.
IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}


def imported(log: Path) -> set[str]:
    lines = log.read_text().splitlines()
    return {line.rsplit("|", 1)[1].strip() for line in lines if line.startswith("import time:")}


def test_nothing_of_it_is_imported_unless_it_is_wanted(registry: Registry, tmp_path: Path) -> None:
    with serving(tmp_path, registry.url, OTEL_EXPORTER_OTLP_ENDPOINT="", **IMPORTS) as server:
        server.predict(traceparent=f"00-{TRACE}-{CALLER}-01").raise_for_status()
        server.predict(path="/explain")
        server.http.get("/health").raise_for_status()
    names = imported(server.service.log)
    assert {"onnxruntime", "relevo_inference.routes.predict"} <= names
    assert not [name for name in names if name.startswith("opentelemetry")]


def test_a_request_its_look_up_and_its_journal_are_one_trace(registry: Registry, tmp_path: Path) -> None:
    with collector() as found:
        with serving(tmp_path, registry.url, **found.env, **IMPORTS) as server:
            caller = {"traceparent": f"00-{TRACE}-{CALLER}-01", "X-Request-Id": "mine-7"}
            server.predict(**caller).raise_for_status()
            server.predict({"Body_Width": "no width"}, f"/models/{PROBLEM}/predict")
            server.http.get("/models").raise_for_status()
            until(lambda: len([s for s in found.spans if s.name.startswith("POST")]) == 2, "both requests' spans")
        assert "opentelemetry" in imported(server.service.log)
    assert {span.service for span in found.spans} == {"model-server"}
    (request,) = [span for span in found.spans if span.name == "POST /predict"]
    assert (request.trace, request.parent) == (TRACE, CALLER)
    said = {"http.request.method": "POST", "http.route": "/predict", "http.response.status_code": 200}
    assert request.attributes == {**said, "url.path": "/predict", "relevo.request_id": "mine-7"}
    parts = {span.name: span.parent for span in found.trace_of(request) if span != request}
    assert parts == {"look up production": request.id, "write down": request.id}
    (refused,) = [span for span in found.spans if span.name == "POST /models/{problem}/predict"]
    assert refused.trace != TRACE
    assert refused.attributes["http.response.status_code"] == 422
    assert not [span for span in found.spans if "GET" in span.name]


def test_answers_do_not_depend_on_who_receives_traces(registry: Registry, tmp_path: Path) -> None:
    nobody = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with serving(tmp_path, registry.url, **nobody) as server:
        for _ in range(20):
            server.predict().raise_for_status()


@pytest.mark.parametrize(("endpoint", "on"), [("http://collector:4318", True), ("", False)])
def test_airflow_understands_the_switch_of_compose(
    endpoint: str, on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "compose.yaml").read_text()
    (line,) = [line for line in text.splitlines() if "AIRFLOW__TRACES__OTEL_ON" in line]
    _, _, value = line.partition(": ")
    given = re.sub(r"\$\{OTEL_EXPORTER_OTLP_ENDPOINT:\+(.*?)\}", r"\1" if endpoint else "", value)
    monkeypatch.setenv("AIRFLOW__TRACES__OTEL_ON", given)
    assert conf.getboolean("traces", "otel_on") is on
