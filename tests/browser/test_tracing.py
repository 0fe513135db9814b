"""The trace of one request, from the page by way of the model server to the registry and the journal."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from support import processes
from support.animals import PROBLEM, Registry
from support.collector import Collector, collector
from support.page import opened, predict, result
from support.processes import Service, until


@pytest.fixture(scope="module")
def collected() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture(scope="module")
def model_server(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory, collected: Collector
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("traced")
    with processes.model_server(folder, registry.url, DEFAULT_PROBLEM=PROBLEM, **collected.env) as service:
        yield service


@pytest.fixture(scope="module")
def page_server(
    model_server: Service, mlflow: Service, tmp_path_factory: pytest.TempPathFactory, collected: Collector
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("page")
    with processes.page_server(folder, model_server.url, mlflow.url, **collected.env) as service:
        yield service


def test_a_prediction_is_one_trace_through_page_and_model_server(page: Page, collected: Collector) -> None:
    predict(opened(page))
    expect(result(page)).to_contain_text("Version")
    done = until(lambda: [span for span in collected.spans if span.name == "ask to predict"], "the page's span")
    (asked,) = done
    assert (asked.service, asked.parent) == ("page", "")

    def parts() -> dict[str, tuple[str, str]] | None:
        spans = {span.name: (span.service, span.parent) for span in collected.trace_of(asked) if span != asked}
        return spans if len(spans) == 3 else None

    answer = "POST /models/{problem}/predict"
    found = until(parts, "the model server's spans")
    (request,) = [span for span in collected.spans if span.name == answer and span.parent == asked.id]
    assert found == {
        answer: ("model-server", asked.id),
        "look up production": ("model-server", request.id),
        "write down": ("model-server", request.id),
    }
    assert request.attributes["relevo.request_id"] == asked.attributes["relevo.request_id"]
    # What the page looks at by itself is in no trace.
    assert {span.name for span in collected.spans if span.service == "page"} <= {"ask to predict", "ask to explain"}
