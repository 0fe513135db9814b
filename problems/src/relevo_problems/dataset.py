"""The public data behind a problem: what it is called, where it is, and how it becomes the data API's rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Dataset:
    """`published` is the file as its publisher has it; it may also have one of the names in `also`, or be gzipped.

    `convert` makes a CSV of it: a header and one line a row, in the order of the delivered columns, LF line ends.
    `sha256` is of the uncompressed content of the file, `converted_sha256` of that CSV. A file that everybody has
    another edition of has neither: `convert` then checks its columns, and `known` says what some contents are.
    `archive_url` is a zip that has the file as `archive_member`; without it, who wants the real data brings it.
    """

    title: str
    published: str
    convert: Callable[[Path], Iterator[str]]
    also: tuple[str, ...] = ()
    sha256: str | None = None
    converted_sha256: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    archive_url: str = ""
    archive_member: str = ""
