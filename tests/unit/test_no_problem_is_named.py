"""Who trains, serves, shows and watches models knows them by their cards: no line names a problem."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from relevo_problems.registry import GROUP, load

ROOT = Path(__file__).parents[2]
FREE_OF_NAMES = ("airflow", "contract", "inference", "loadtest", "mlflow", "observability", "ui")
FILES = [
    file
    for folder in FREE_OF_NAMES
    for file in sorted((ROOT / folder).rglob("*"))
    if file.is_file() and "__pycache__" not in file.parts
]
INSTALLED = sorted(entry.name for entry in entry_points(group=GROUP))


@pytest.mark.parametrize("problem", INSTALLED)
def test_no_line_names_a_problem(problem: str) -> None:
    named = re.compile(rf"\b{problem}\b|{re.escape(load(problem).title)}", re.IGNORECASE)
    lines = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in FILES
        for number, line in enumerate(file.read_bytes().decode(errors="replace").splitlines(), 1)
        if named.search(line)
    ]
    assert len(FILES) > 100
    assert not lines, "\n".join(lines)
