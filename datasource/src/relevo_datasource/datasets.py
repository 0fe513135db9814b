"""The rows behind the data API: the problem's real data where it is at hand, simulated data elsewhere.

Either way they end up as one CSV file in the state folder. The file stays on disk; the process holds where
its lines begin, eight bytes a row, instead of millions of strings.
"""

import csv
import hashlib
import io
import logging
import mmap
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from relevo_contract.card import DataKind
from relevo_problems.dataset import Dataset
from relevo_problems.problem import Problem
from relevo_problems.published import WrongContentError, find, verify

from relevo_datasource.settings import Settings

SIMULATED_PARTS = 10

_log = logging.getLogger("uvicorn.error")


class DatasetError(RuntimeError):
    """The data cannot be served; the sentence says why and what to do."""


class Table:
    """The rows of a CSV file with a header, by position, as strings; `title` says what data that is."""

    def __init__(self, path: Path, kind: DataKind, title: str = "") -> None:
        self.kind, self.title = kind, title
        with path.open("rb") as file:
            self._starts = array("Q", accumulate(len(line) for line in file))
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[list[str]]:
        return self.rows(range(len(self)))

    def rows(self, positions: Iterable[int]) -> Iterator[list[str]]:
        """The rows at these positions (0 is the first below the header), in the order asked for."""
        starts, content = self._starts, self._bytes
        return csv.reader(content[starts[at] : starts[at + 1]].decode() for at in positions)


def open_table(problem: Problem, settings: Settings) -> Table:
    """The real data if one of the two folders holds it, else simulated rows. Raises `DatasetError`."""
    published = _published(problem, settings)
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        if problem.dataset is not None and published is not None:
            return _converted(problem.name, problem.dataset, published, settings.state_dir)
        if problem.dataset is not None:
            _log.warning(
                "no %s in RELEVO_DATASETS or %s: serving simulated data (%s)",
                problem.dataset.published,
                settings.data_dir,
                "`make data` downloads the real data" if problem.dataset.archive_url else "the real data is yours",
            )
        return Table(_simulated(problem, settings), "simulated", "simulated rows")
    except WrongContentError as error:
        raise DatasetError(f"the data API does not start: {error}; {_remedy(problem)}") from error
    except OSError as error:
        raise DatasetError(
            f"the data API does not start: {error}; STATE_DIR "
            f"({settings.state_dir}) must be writable with room for the data as CSV, and the data readable"
        ) from error


def _remedy(problem: Problem) -> str:
    downloadable = problem.dataset is not None and problem.dataset.archive_url
    return f"delete that file and {'get the right one with `make data`' if downloadable else 'bring the right one'}"


def _published(problem: Problem, settings: Settings) -> Path | None:
    if settings.relevo_datasets is not None and not settings.relevo_datasets.is_dir():
        raise DatasetError(
            f"the data API does not start: RELEVO_DATASETS names {settings.relevo_datasets}, which is not "
            "a folder; name the folder with the published files, or unset it"
        )
    folders = [folder for folder in (settings.relevo_datasets, settings.data_dir) if folder is not None]
    return find(problem.dataset, folders) if problem.dataset is not None else None


def _converted(name: str, dataset: Dataset, published: Path, folder: Path) -> Table:
    """The CSV made of the published file; made once, and again when it is not what it should be."""
    content = verify(dataset, published)
    expected = dataset.converted_sha256
    # A file of which everybody has another edition: the name says which one it was made of.
    path = folder / (f"{name}-real.csv" if expected else f"{name}-{content[:16]}-real.csv")
    title = dataset.known.get(content, dataset.title if dataset.sha256 else f"{dataset.title}, sha256 {content}")
    if path.is_file() and (expected is None or _sha256(path) == expected):
        return Table(path, "real", title)
    found = _write(path, dataset.convert(published), expected)
    if expected not in (None, found):
        raise DatasetError(
            f"the data API does not start: {published} is as published, but the CSV made of it should have "
            f"the sha256 {expected} and has {found}; the conversion of problem {name} is at fault"
        )
    return Table(path, "real", title)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _simulated(problem: Problem, settings: Settings) -> Path:
    """Drawn anew at every start: that takes no longer than checking whether an old file is still right."""
    # NumPy, which only the simulator needs, costs memory and start-up time.
    from relevo_problems.simulator import simulate

    def rows() -> Iterator[Sequence[str]]:
        yield [column.name for column in problem.delivered]
        for part in range(SIMULATED_PARTS):
            count = settings.simulated_rows // SIMULATED_PARTS
            yield from simulate(problem, count, settings.seed, part, SIMULATED_PARTS)

    path = settings.state_dir / f"{problem.name}-simulated.csv"
    _write(path, _csv_lines(rows()))
    return path


def _csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _write(path: Path, lines: Iterable[str], expected: str | None = None) -> str:
    """Writes a file whole or, on failure or another sha256 than expected, not at all; its sha256."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            for line in lines:
                encoded = line.encode()
                digest.update(encoded)
                file.write(encoded)
            file.close()
            if expected in (None, digest.hexdigest()):
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return digest.hexdigest()
