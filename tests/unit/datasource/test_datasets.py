"""Where the rows come from, and what happens when that is not in order."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from relevo_datasource.app import build, create_app
from relevo_datasource.datasets import DatasetError, Table, open_table
from relevo_datasource.settings import Settings
from relevo_problems import registry
from relevo_problems.dataset import Dataset
from relevo_problems.problem import Problem

PUBLISHED = b"a;1\nb;2\n"
CONVERTED = b"letter,digit\na,1\nb,2\n"


def convert(published: Path) -> Iterator[str]:
    yield "letter,digit\n"
    with gzip.open(published, "rt") as lines:
        for line in lines:
            yield line.replace(";", ",")


@pytest.fixture
def problem() -> Problem:
    dataset = Dataset(
        title="Letters",
        archive_url="http://127.0.0.1:1/letters.zip",
        archive_member="letters.gz",
        published="letters.gz",
        sha256=hashlib.sha256(PUBLISHED).hexdigest(),
        converted_sha256=hashlib.sha256(CONVERTED).hexdigest(),
        convert=convert,
    )
    return replace(registry.load("covertype"), name="letters", dataset=dataset)


@pytest.fixture
def with_data(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "datasets"
    folder.mkdir()
    (folder / "letters.gz").write_bytes(gzip.compress(PUBLISHED))
    return settings.model_copy(update={"relevo_datasets": folder})


def test_real_data_is_converted_once_and_then_reused(problem: Problem, with_data: Settings) -> None:
    table = open_table(problem, with_data)
    assert (table.kind, len(table)) == ("real", 2)
    assert list(table.rows([1, 0])) == [["b", "2"], ["a", "1"]]
    converted = with_data.state_dir / "letters-real.csv"
    assert [file.name for file in with_data.state_dir.iterdir()] == [converted.name]
    made = converted.stat().st_mtime_ns
    open_table(problem, with_data)
    assert converted.stat().st_mtime_ns == made


def test_a_damaged_conversion_is_made_again(problem: Problem, with_data: Settings) -> None:
    open_table(problem, with_data)
    (with_data.state_dir / "letters-real.csv").write_bytes(CONVERTED[:-3])
    assert list(open_table(problem, with_data).rows([1])) == [["b", "2"]]


def test_downloaded_data_is_found_too(problem: Problem, with_data: Settings, tmp_path: Path) -> None:
    moved = with_data.model_copy(update={"relevo_datasets": None, "data_dir": tmp_path / "datasets"})
    assert open_table(problem, moved).kind == "real"


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"else"), gzip.compress(PUBLISHED)[:-9], b"no gzip at all", b""],
    ids=["other content", "cut off", "no gzip", "empty"],
)
def test_another_file_under_the_name_refuses_to_start(
    problem: Problem, with_data: Settings, content: bytes
) -> None:
    open_table(problem, with_data)  # A conversion that was right once does not excuse it.
    assert with_data.relevo_datasets is not None
    file = with_data.relevo_datasets / "letters.gz"
    file.write_bytes(content)
    with pytest.raises(DatasetError, match="does not start") as refusal:
        open_table(problem, with_data)
    assert str(file) in str(refusal.value)
    assert "make data" in str(refusal.value)


def test_the_refusal_names_both_checksums(problem: Problem, with_data: Settings) -> None:
    assert with_data.relevo_datasets is not None
    (with_data.relevo_datasets / "letters.gz").write_bytes(gzip.compress(b"else"))
    with pytest.raises(DatasetError) as refusal:
        open_table(problem, with_data)
    assert problem.dataset.sha256 in str(refusal.value)
    assert hashlib.sha256(b"else").hexdigest() in str(refusal.value)


def test_a_conversion_that_comes_out_wrong_is_not_served(problem: Problem, with_data: Settings) -> None:
    wrong = replace(problem, dataset=replace(problem.dataset, converted_sha256="0" * 64))
    with pytest.raises(DatasetError, match="conversion of problem letters"):
        open_table(wrong, with_data)
    assert list(with_data.state_dir.iterdir()) == []


def test_a_folder_that_is_none_is_named(problem: Problem, settings: Settings, tmp_path: Path) -> None:
    nowhere = settings.model_copy(update={"relevo_datasets": tmp_path / "nowhere"})
    with pytest.raises(DatasetError, match="nowhere, which is not a folder"):
        open_table(problem, nowhere)


def test_a_state_folder_that_cannot_be_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="STATE_DIR"):
        build(settings.model_copy(update={"state_dir": tmp_path / "file"}))


def test_a_state_file_that_is_none_is_named(settings: Settings) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "covertype.sqlite").write_bytes(b"not a database, and long enough to notice" * 30)
    with pytest.raises(DatasetError, match=r"covertype\.sqlite"):
        build(settings)


def test_the_factory_ends_the_process_with_the_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    monkeypatch.setenv("STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("RELEVO_DATASETS", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match="not a folder"):
        create_app()
    monkeypatch.setenv("RELEVO_DATASETS", "")
    monkeypatch.setenv("DEFAULT_PROBLEM", "weather")
    with pytest.raises(SystemExit, match="no problem called 'weather'"):
        create_app()
    monkeypatch.setenv("ROTATE_SECONDS", "soon")
    with pytest.raises(SystemExit, match="ROTATE_SECONDS: Input should be a valid number"):
        create_app()


def test_a_table_reads_quoted_cells_and_a_last_line_without_its_end(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text('name,value\n"Smith, ""Bo""",1\nñandú,2', encoding="utf-8")
    assert list(Table(file, "real").rows([1, 0])) == [["ñandú", "2"], ['Smith, "Bo"', "1"]]
