"""JupyterLab that opens on a copy of our notebook: `JUPYTER_TOKEN=… python -m relevo_lab --folder notebooks`.

What else is on the command line goes to JupyterLab.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

NOTEBOOK = Path(__file__).with_name("start.ipynb")

_OPTIONS = (
    "--no-browser",
    # Jupyter sends news and looks for updates unless told otherwise.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    f"--LabApp.default_url=/lab/tree/{NOTEBOOK.name}",
    # What is installed comes from the lock.
    "--LabApp.extension_manager=readonly",
    # Who is signed in may run any code of theirs in the kernel; a terminal adds nothing to that.
    "--ServerApp.terminals_enabled=False",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="relevo_lab", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8888)
    parser.add_argument("--folder", type=Path, default=Path("notebooks"), help="where notebooks are kept")
    given, rest = parser.parse_known_args()
    if not os.environ.get("JUPYTER_TOKEN"):
        raise SystemExit(
            "JUPYTER_TOKEN is not set: it is the password, and without one anybody could run code here."
        )
    given.folder.mkdir(parents=True, exist_ok=True)
    # What somebody has made of it stays.
    if not (given.folder / NOTEBOOK.name).exists():
        shutil.copyfile(NOTEBOOK, given.folder / NOTEBOOK.name)
    where = [f"--ip={given.host}", f"--port={given.port}", f"--ServerApp.root_dir={given.folder.resolve()}"]
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *_OPTIONS, *where, *rest])  # noqa: S606


if __name__ == "__main__":
    main()
