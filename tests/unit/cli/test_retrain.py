"""`make retrain` shows the pipeline's report, keeps it, and ends as the pipeline did."""

import json
from pathlib import Path

import pytest
from relevo_cli import retrain, stack
from relevo_cli.app import app
from typer.testing import CliRunner, Result

REPORT = {
    "problem": "covertype",
    "version": "3",
    "algorithm": "xgboost",
    "training_set": "covertype-7-blake2b",
    "rows": {"train": 4067, "test": 871},
    "parameters": {"max_depth": 12, "reg_lambda": 0.25},
    "seed": 1,
    "threads": 2,
    "packages": {"xgboost-cpu": ["3.2.0", "3.3.0"]},
    "code": None,
    "seconds": 1.5,
    "compared_rows": 871,
    "different_labels": 17,
    "max_difference": 0.25,
    "tolerance": 1e-5,
    "sentence": "Different: …",
}
PROGRAM = """
import json, sys
from pathlib import Path
assert sys.argv[1:] == ["--problem=covertype", "--version=3"], sys.argv
print(Path("report.json").read_text(), end="")
sys.exit(int(Path("code").read_text()))
"""


def say(folder: Path, output: str, code: int, monkeypatch: pytest.MonkeyPatch) -> Result:
    """The command beside a running demo whose pipeline answers so."""
    (folder / "var" / "demo").mkdir(parents=True)
    for name, text in (("program.py", PROGRAM), ("report.json", output), ("code", str(code))):
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(retrain, "MODULE", "program")
    monkeypatch.setattr(stack.shutil, "which", lambda _: None)
    arguments = ["retrain", "--problem=covertype", "--version=3", f"--var={folder / 'var'}"]
    with stack.running(folder / "var" / "demo", dict.fromkeys(stack.SHARED, "somewhere")):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)


def test_a_different_model_is_shown_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = say(tmp_path, json.dumps(REPORT), 2, monkeypatch)
    assert done.exit_code == 2
    assert json.loads((tmp_path / "var" / "retrain" / "covertype-3.json").read_text()) == REPORT
    for shown in (
        "train 4,067, test 871",
        "max_depth 12, reg_lambda 0.25",
        "xgboost-cpu 3.2.0 → 3.3.0",
        "Different: …",
    ):
        assert shown in done.output


def test_what_could_not_be_done_leaves_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = say(tmp_path, "", 1, monkeypatch)
    assert done.exit_code == 1
    assert not (tmp_path / "var" / "retrain").exists()


def test_without_a_version_nothing_starts() -> None:
    done = CliRunner().invoke(app, ["retrain", "--problem=p"])
    assert done.exit_code == 1
    assert 'Missing: VERSION. Say: make retrain PROBLEM="…" VERSION="…"' in done.output
