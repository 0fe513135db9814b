"""Problems are found in packages and in a folder; one that cannot be used says where it stands and why."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from relevo_problems import registry
from relevo_problems.candidates import CANDIDATES
from relevo_problems.definition import DefinitionError

FILE = '''"""Which flower is it?"""
from datetime import timedelta
from relevo_contract.columns import Column
from relevo_problems.problem import Problem

def twice(number):
    return 2 * number

PROBLEM = Problem(
    name="flowers", title="Flowers", description="Which flower is it?", task="multiclass",
    inputs=(Column(name="size", kind="number", description="Size", typical=(0, 1)),),
    target=Column(name="kind", kind="category", description="Kind", choices=("a", "b")),
    primary_metric="macro_f1", candidates=("xgboost",), schedule=timedelta(hours=twice(1)),
)
'''

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a file into the user's folder."""
    monkeypatch.setenv(registry.FOLDER, str(tmp_path))
    registry.load.cache_clear()

    def write(content: str = FILE, name: str = "flowers.py") -> Path:
        (tmp_path / name).write_text(content)
        return tmp_path / name

    yield write
    registry.load.cache_clear()


def test_a_file_is_a_problem(write: Write) -> None:
    write()
    write("", "_shared.py")
    write("# Flowers", "README.md")
    assert {"covertype", "flowers"} <= set(registry.names())
    assert not {"_shared", "README"} & set(registry.names())
    assert registry.load("flowers").title == "Flowers"


def test_a_file_is_read_only_when_its_problem_is_asked_for(write: Write) -> None:
    write("raise RuntimeError", "broken.py")
    assert registry.load("covertype").name == "covertype"


def test_without_the_setting_the_folder_is_problems_own(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write()
    own = tmp_path / registry.OWN
    own.mkdir(parents=True)
    file.rename(own / "flowers.py")
    monkeypatch.delenv(registry.FOLDER)
    monkeypatch.chdir(tmp_path)
    assert registry.load("flowers").name == "flowers"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('candidates=("xgboost",)', 'candidates=("oracle",)', "line 9: problem flowers: candidates: there is no"),
        ('kind="number"', 'kind="float"', "line 11: Column: kind: Input should be 'integer', 'number'"),
        ('choices=("a", "b")', "choices=()", "line 12: Column: .*column kind: a category needs choices"),
        ("schedule=timedelta(hours=twice(1)),", "", "line 9: TypeError: .*'schedule'"),
        ("twice(1)", "thrice(1)", "line 13: NameError: name 'thrice' is not defined"),
        ("typical=(0, 1)),)", "typical=(0, 1),)", "line 9: '\\(' was never closed|line 1[0-4]: "),
        ("import timedelta", "import timespan", "line 2: ImportError: cannot import name 'timespan'"),
        ("PROBLEM = ", "MINE = ", "AttributeError: .*has no attribute 'PROBLEM'"),
        ("PROBLEM = Problem(", "PROBLEM = dict(", "this is dict, not a Problem"),
        ('name="flowers"', 'name="roses"', "name: the problem is called 'roses' here and 'flowers' outside"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(
    write: Write, before: str, after: str, sentence: str
) -> None:
    assert before in FILE
    file = write(FILE.replace(before, after))
    with pytest.raises(DefinitionError, match=f"{file}: (?:{sentence})"):
        registry.load("flowers")


def test_a_file_that_is_corrected_is_read_again(write: Write) -> None:
    write("raise RuntimeError('not yet')")
    with pytest.raises(DefinitionError, match="line 1: RuntimeError: not yet"):
        registry.load("flowers")
    write()
    assert registry.load("flowers").name == "flowers"


def test_a_file_has_the_name_of_its_problem(write: Write) -> None:
    write(name="My-flowers.py")
    with pytest.raises(DefinitionError, match="the file is called as its problem"):
        registry.load("My-flowers")


def test_two_problems_of_one_name_are_refused(write: Write) -> None:
    file = write(FILE.replace("flowers", "covertype"), "covertype.py")
    with pytest.raises(DefinitionError, match=f"more than one problem is called 'covertype': .*and {file}; rename"):
        registry.load("covertype")


@pytest.mark.usefixtures("write")
def test_a_package_may_bring_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    metadata = site / "garden-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: garden\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[relevo.problems]\ntulips = garden:PROBLEM\nweeds = garden:WEEDS\n")
    (site / "garden.py").write_text(FILE.replace("flowers", "tulips"))
    monkeypatch.syspath_prepend(site)
    assert "tulips" in registry.names()
    assert registry.load("tulips").name == "tulips"
    with pytest.raises(DefinitionError, match="garden:WEEDS: AttributeError"):
        registry.load("weeds")


def test_an_unknown_problem_is_told_from_those_there_are(write: Write) -> None:
    write()
    with pytest.raises(registry.UnknownProblemError, match=r"no problem called 'weather'; there are: .*flowers"):
        registry.load("weather")


def test_every_candidate_that_may_be_named_can_be_trained() -> None:
    from relevo_pipeline.training import candidates

    trained = {(task, name) for task, there in candidates.CANDIDATES.items() for name in there}
    assert trained == {(task, name) for name, tasks in CANDIDATES.items() for task in tasks}
