"""How long the page takes: to load for the first time, and from the click to the answer that is seen.

`python bench/page.py` starts a real MLflow, model server and page, opens the page in Chromium, and prints one JSON
object in milliseconds. Beside it stand the same steps with the least page that Gradio can make (one number, one
button) and, for the prediction, the model server asked without any page.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.animals import PROBLEM, ROW, Registry
from support.chromium import chromium
from support.processes import free_port, mlflow_server, model_server, page_server
from support.serving import FRESH


@contextmanager
def least_page() -> Iterator[str]:
    """The address of a page with one number and one button."""
    import gradio as gr
    import relevo_ui  # noqa: F401 - no call to Gradio's makers

    with gr.Blocks(analytics_enabled=False) as page:
        number = gr.Number(1, label="Number")
        button = gr.Button("Predict")
        said = gr.HTML(elem_id="result")
        button.click(lambda value: f'<p class="answer">{time.monotonic_ns()} {value}</p>', number, said)
    port = free_port()
    page.launch(server_port=port, prevent_thread_lock=True, ssr_mode=False, quiet=True)
    yield f"http://127.0.0.1:{port}"
    page.close()


def loaded(browser: Browser, url: str) -> tuple[float, float]:
    """Milliseconds until the button can be pressed in a browser without a cache, and the megabytes it took."""
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    began = time.perf_counter()
    page.goto(url)
    page.get_by_role("button", name="Predict", exact=True).wait_for()
    took = time.perf_counter() - began
    page.wait_for_timeout(500)
    context.close()
    return 1000 * took, sum(sizes) / 2**20


def pressed(page: Page, times: int) -> list[float]:
    """Milliseconds from each click to another answer, by the browser's clock: each has an id or a time of its own.

    Gradio's sign that it is busy changes the same part of the page, and is no answer. While it is busy it ignores
    clicks, so that the next one waits for the answer, and a while longer.
    """
    page.get_by_role("button", name="Predict", exact=True).wait_for()
    # By itself, and not among the explanations of the answer before.
    measure = """() => new Promise((done, failed) => {
        const said = () => [...document.querySelectorAll("#result :is(.answer, dl)")]
            .map(one => one.textContent).join();
        const before = said();
        const seen = new MutationObserver(() => {
            if (!said() || said() === before) return;
            seen.disconnect();
            done(performance.now() - began);
        });
        seen.observe(document.body, {subtree: true, childList: true, characterData: true});
        setTimeout(() => failed(new Error("no answer within 30 s")), 30_000);
        // A tab has the same name.
        const buttons = [...document.querySelectorAll("button:not([role=tab])")];
        const began = performance.now();
        buttons.find(one => one.innerText.trim() === "Predict").click();
    })"""
    took = []
    for _ in range(times + 1):
        page.wait_for_timeout(500)
        took.append(float(page.evaluate(measure)))
    # The very first answer has to make what later ones only fill.
    return took[1:]


def asked(url: str, times: int) -> list[float]:
    """The same row without a page."""
    took = []
    with httpx.Client(base_url=url, headers=FRESH) as client:
        for _ in range(times):
            began = time.perf_counter()
            client.post(f"/models/{PROBLEM}/predict", json=ROW).raise_for_status()
            took.append(1000 * (time.perf_counter() - began))
    return took


def summed_up(took: list[float]) -> dict[str, float]:
    ordered = sorted(took)
    return {
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1),
        "times": len(ordered),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=10)
    parser.add_argument("--predictions", type=int, default=50)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with mlflow_server(folder) as mlflow:
            registry = Registry(mlflow.url, folder)
            registry.promote(registry.register(seed=1))
            serving = model_server(folder, mlflow.url, DEFAULT_PROBLEM=PROBLEM)
            with serving, page_server(folder, serving.url, mlflow.url) as ours, least_page() as least:
                figures = measured({"page": ours.url, "least_gradio_page": least}, serving.url, arguments)
    print(json.dumps(figures))


def measured(pages: dict[str, str], model_server_url: str, arguments: Any) -> dict[str, Any]:
    figures: dict[str, Any] = {"first_load": {}, "prediction": {}}
    with chromium() as browser:
        for name, url in pages.items():
            # The very first one warms up the server, not the browser.
            loads = [loaded(browser, url) for _ in range(arguments.loads + 1)][1:]
            figures["first_load"][name] = summed_up([took for took, _ in loads])
            figures["first_load"][name]["mebibytes"] = round(statistics.median(size for _, size in loads), 2)
        for name, url in pages.items():
            page = browser.new_page()
            page.goto(url)
            figures["prediction"][name] = summed_up(pressed(page, arguments.predictions))
            page.close()
    figures["prediction"]["model_server_alone"] = summed_up(asked(model_server_url, arguments.predictions))
    return figures


if __name__ == "__main__":
    main()
