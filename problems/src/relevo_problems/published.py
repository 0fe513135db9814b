"""Is a file of public data the one its publisher has? Asked of every download and before every conversion."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path

from relevo_problems.dataset import Dataset

_GZIP = ".gz"


class WrongContentError(ValueError):
    """The file is not the one the problem was written for; the sentence says in what it differs."""


def find(dataset: Dataset, folders: Iterable[Path]) -> Path | None:
    """The data set's file in the first folder that has it, gzipped or not."""
    names = [name + ending for name in (dataset.published, *dataset.also) for ending in ("", _GZIP)]
    candidates = (folder / name for folder in folders for name in names)
    return next((path for path in candidates if path.is_file()), None)


def verify(dataset: Dataset, path: Path) -> str:
    """The sha256 of the uncompressed content of `path`.

    Raises:
        WrongContentError: it is not the data set's, or the file is broken.
    """
    try:
        with opened(path) as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WrongContentError(f"{path} is not a whole gzip file ({error})") from error
    if dataset.sha256 not in (None, found):
        raise WrongContentError(
            f"{path} is not {dataset.title} as published: the sha256 of its uncompressed content should be "
            f"{dataset.sha256} but is {found}"
        )
    return found


def opened(path: Path) -> gzip.GzipFile | BufferedReader:
    """The uncompressed content of a file; one that is still being downloaded has its name and `.part`."""
    packed = path.name.removesuffix(".part").endswith(_GZIP)
    return gzip.open(path) if packed else path.open("rb")
