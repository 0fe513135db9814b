"""The demo's table."""

from io import StringIO

import pytest
from relevo_cli.demo.report import RunReport, table
from relevo_problems.registry import load
from rich.console import Console


@pytest.mark.parametrize(
    ("problem", "score", "title", "shown"),
    [("realestate", 45126.4, "MAE", "$45,126"), ("covertype", 0.85541, "macro F1", "0.8554")],
)
def test_scores_stand_there_as_people_read_them(problem: str, score: float, title: str, shown: str) -> None:
    done = RunReport("manual__1", "succeeded", "0", 3245, 1, "train", "promoted", "promoted: …", score, 31.4)
    written = StringIO()
    Console(file=written, width=200).print(table(load(problem), [done]))
    heads, row = (line.split() for line in written.getvalue().splitlines() if "requests" in line or "3,245" in line)
    assert title in " ".join(heads)
    assert row == ["0", "3,245", "1", "train", "promoted", shown, "31"]
