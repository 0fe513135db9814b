"""Downloads a problem's public data: with a progress bar, resumed where it broke off, checked before use."""

import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import httpx
from relevo_problems.dataset import Dataset
from relevo_problems.problem import Problem
from relevo_problems.published import WrongContentError, verify
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

# A broken connection is taken up again, up to this many in all, as long as each one brought something.
CONNECTIONS = 5
TIMEOUT_SECONDS = 30.0


class DataError(RuntimeError):
    """The data could not be had; the sentence says why and what to do."""


def download(problem: Problem, folder: Path, console: Console | None = None) -> Path:
    """The problem's data as published, in `folder`; downloaded unless it is there and right.

    What a broken connection left behind (`<archive>.part`) is kept, and completed by the next call. The file
    appears under its final name only whole and with the right sha256. Raises `DataError`.
    """
    dataset = problem.dataset
    if dataset is None or not dataset.archive_url:
        raise DataError(f"the data of {problem.name} cannot be downloaded")
    target = folder / dataset.published
    archive = folder / f"{PurePosixPath(httpx.URL(dataset.archive_url).path).name}.part"
    try:
        if _is_there(dataset, target):
            return target
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(dataset, archive, console)
        _unpack(dataset, archive, target)
    except OSError as error:
        raise DataError(
            f"could not keep {dataset.title} in {folder}: {error}; make room there or make it writable"
        ) from error
    return target


def _is_there(dataset: Dataset, target: Path) -> bool:
    if not target.exists():
        return False
    try:
        verify(dataset, target)
    except WrongContentError:
        return False
    return True


def _fetch(dataset: Dataset, archive: Path, console: Console | None) -> None:
    """Completes the archive, over several connections if need be."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
    )
    with bar, httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True) as client:
        task = bar.add_task(dataset.title, total=None)
        for connection in range(1, CONNECTIONS + 1):
            had = _size(archive)
            try:
                _receive(client, dataset, archive, bar, task)
                return
            except httpx.RequestError as error:
                has = _size(archive)
                if connection < CONNECTIONS and has > had:
                    continue
                raise DataError(
                    f"could not download {dataset.title} from {dataset.archive_url}: "
                    f"{str(error) or type(error).__name__}; check the network and run `make data` again"
                    + (f", it goes on after the {has:,} bytes already here" if has else "")
                ) from error


def _receive(client: httpx.Client, dataset: Dataset, archive: Path, bar: Progress, task: TaskID) -> None:
    """Appends to the archive what is missing of it, or all of it from a server that cannot resume."""
    had = _size(archive)
    # The archive is compressed already; another layer would make the bytes impossible to resume.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    with client.stream("GET", dataset.archive_url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and had:
            if response.headers.get("Content-Range") == f"bytes */{had}":
                return  # Nothing is missing.
            archive.unlink()
            _receive(client, dataset, archive, bar, task)
            return
        if not response.is_success:
            raise DataError(
                f"could not download {dataset.title}: {dataset.archive_url} answered {response.status_code} "
                f"{response.reason_phrase}; try later, or put {dataset.published} into {archive.parent} by hand"
            )
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        begin = had if resumed else 0
        length = response.headers.get("Content-Length")
        bar.update(task, completed=begin, total=begin + int(length) if length else None)
        with archive.open("ab" if resumed else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                bar.advance(task, len(chunk))


def _unpack(dataset: Dataset, archive: Path, target: Path) -> None:
    """Moves the archive's member to `target` if it is the right one; either way the archive is gone then."""
    unchecked = target.with_name(f"{target.name}.part")
    try:
        with (
            zipfile.ZipFile(archive) as members,
            members.open(dataset.archive_member) as member,
            unchecked.open("wb") as file,
        ):
            shutil.copyfileobj(member, file)
        verify(dataset, unchecked)
        unchecked.replace(target)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, WrongContentError) as error:
        archive.unlink()
        raise DataError(
            f"{dataset.archive_url} did not deliver {dataset.title} as expected: {error}; what came "
            "is deleted; run `make data` again, and if it stays so, the publisher has changed the file"
        ) from error
    finally:
        unchecked.unlink(missing_ok=True)
    archive.unlink()


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
