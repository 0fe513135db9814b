"""Take the README's pictures from a running demo: `make demo`, then in another shell `make screenshots`."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
VAR = ROOT / "var"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def page(tab: Page, figures: dict) -> None:
    tab.goto(figures["urls"]["page"])
    tab.get_by_role("button", name="Predict").click()
    tab.get_by_text("Prediction id").first.wait_for()


def history(tab: Page, figures: dict) -> None:
    tab.goto(figures["urls"]["page"])
    tab.get_by_role("tab", name="History").click()
    tab.get_by_text("promoted").first.wait_for()


def airflow(tab: Page, figures: dict) -> None:
    url, password = (
        figures["urls"]["airflow"],
        json.loads((VAR / "demo" / "secrets.json").read_text())["admin_password"],
    )
    tab.goto(f"{url}/auth/login")
    tab.locator("input[name=username]").fill("admin")
    tab.locator("input[name=password]").fill(password)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(lambda there: "/auth/" not in there)
    tab.goto(f"{url}/dags/{figures['problem']}")
    tab.get_by_test_id("dag-runs-grid").or_(tab.get_by_text("record").first).first.wait_for()


def mlflow(tab: Page, figures: dict) -> None:
    """Compare the candidates of the newest run."""
    url, problem = figures["urls"]["mlflow"], figures["problem"]
    api = f"{url}/api/2.0/mlflow"
    found = httpx.get(f"{api}/experiments/get-by-name", params={"experiment_name": problem}).json()
    experiment = found["experiment"]["experiment_id"]
    newest = figures["runs"][-1]["dag_run_id"]
    query = {
        "experiment_ids": [experiment],
        "filter": f"tags.`relevo.dag_run_id` = '{newest}' and tags.`relevo.candidate` != 'none'",
    }
    runs = httpx.post(f"{api}/runs/search", json=query).json()["runs"]
    ids = json.dumps([run["info"]["run_id"] for run in runs])
    tab.goto(f"{url}/#/compare-runs?runs={ids}&experiments={json.dumps([experiment])}")
    tab.get_by_text("Parameters").first.wait_for()
    tab.get_by_role("button", name="Close").or_(tab.get_by_label("Close")).first.click()
    # The table of metrics says more than the picture of three lines above it.
    for folded in ("Visualizations", "Parameters"):
        tab.get_by_role("button", name=folded).click()


PICTURES: dict[str, tuple[Callable[[Page, dict], None], tuple[int, int]]] = {
    "page": (page, (1280, 860)),
    "history": (history, (1280, 620)),
    "airflow": (airflow, (1600, 760)),
    "mlflow": (mlflow, (1280, 900)),
}


def main() -> None:
    """Overwrite the pictures below docs/images."""
    try:
        figures = json.loads((VAR / "demo.json").read_text())
        httpx.get(figures["urls"]["page"])
    except (OSError, httpx.HTTPError):
        sys.exit("No demo is running here. Start `make demo` in another shell and wait for its table.")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium on this machine. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (arrange, (width, height)) in PICTURES.items():
            tab = browser.new_page(viewport={"width": width, "height": height})
            arrange(tab, figures)
            tab.wait_for_timeout(1500)  # animations end
            tab.screenshot(path=IMAGES / f"{name}.png")
            tab.close()
        browser.close()


if __name__ == "__main__":
    main()
