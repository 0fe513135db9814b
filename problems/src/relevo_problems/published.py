"""Is a file of public data the one its publisher has? Asked of every download and before every conversion."""

import gzip
import hashlib
import zlib
from pathlib import Path

from relevo_problems.problem import Dataset


class WrongContentError(ValueError):
    """The file is not the one the problem was written for; the sentence says in what it differs."""


def verify(dataset: Dataset, path: Path) -> None:
    """Raises `WrongContentError` unless the uncompressed content of `path` has the data set's sha256."""
    try:
        found = _content_sha256(path, compressed=dataset.published.endswith(".gz"))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WrongContentError(f"{path} is not a whole gzip file ({error})") from error
    if found != dataset.sha256:
        raise WrongContentError(
            f"{path} is not {dataset.title} as published: the sha256 of its uncompressed content should be "
            f"{dataset.sha256} but is {found}"
        )


def _content_sha256(path: Path, compressed: bool) -> str:
    with gzip.open(path) if compressed else path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
