"""Take the pictures from a running demo: `make demo`, then in another shell `make screenshots`.

Of the page each tab, in English and Spanish, light and dark: `history.png`, `history-dark.png`, `history-es.png`,
`history-es-dark.png`; the tab that predicts is `page.png`.
"""

import json
import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from itertools import product
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from relevo_ui.pages import TABS
from relevo_ui.texts import LANGUAGES, Language, Texts

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
VAR = ROOT / "var"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def page(tab: Page, figures: dict, language: Language, theme: str, shown: str) -> None:
    """One tab of the page, with something in it."""
    tab.goto(f"{figures['urls']['page']}/{language}/?__theme={theme}")
    submit = tab.locator("#submit")
    submit.wait_for()
    if shown == "predict":
        submit.click()
        tab.locator("#why .waterfall").wait_for()
        return
    title = next(one.title(Texts(language)) for one in TABS if one.id == shown)
    tab.get_by_role("tab", name=title, exact=True).click()
    if shown in CONTENT:
        tab.locator(CONTENT[shown]).first.wait_for()


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
    "airflow": (airflow, (1600, 760)),
    "mlflow": (mlflow, (1280, 900)),
}
# What has to be there before a tab of the page is shown.
CONTENT = {"history": "#history table", "explain": "#explain .counted"}
# The tab that the page opens with is called like the page.
NAMES = {"predict": "page"}
# Longer pages are cut off here.
LONGEST = 1500


def main() -> None:
    """Overwrite the pictures below docs/images. `python docs/screenshots.py page explain` takes those alone."""
    try:
        figures = json.loads((VAR / "demo.json").read_text())
        httpx.get(figures["urls"]["page"])
    except (OSError, httpx.HTTPError):
        sys.exit("No demo is running here. Start `make demo` in another shell and wait for its table.")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium on this machine. On Debian: apt-get install chromium")
    wanted = set(sys.argv[1:])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (arrange, (width, height)) in PICTURES.items():
            if not wanted or name in wanted:
                tab = browser.new_page(viewport={"width": width, "height": height})
                arrange(tab, figures)
                taken(tab, name)
        for shown, language, theme in product((tab.id for tab in TABS), LANGUAGES, ("light", "dark")):
            name = NAMES.get(shown, shown)
            if not wanted or name in wanted:
                tab = browser.new_page(viewport={"width": 1280, "height": 800})
                page(tab, figures, language, theme, shown)
                variant = f"{'-es' if language == 'es' else ''}{'-dark' if theme == 'dark' else ''}"
                taken(tab, f"{name}{variant}")
        browser.close()


def taken(tab: Page, name: str) -> None:
    """The picture, in as many colours as a page has: a third of the bytes."""
    tab.wait_for_timeout(1500)  # animations end
    width = tab.viewport_size["width"]
    height = min(LONGEST, tab.evaluate("document.documentElement.scrollHeight"))
    image = tab.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    with Image.open(BytesIO(image)) as picture:
        picture.convert("RGB").quantize(256).save(IMAGES / f"{name}.png", optimize=True)
    tab.close()


if __name__ == "__main__":
    main()
