"""The checksum is of the content, not of how it is packed."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from relevo_problems import registry
from relevo_problems.published import WrongContentError, verify

CONTENT = b"some public rows\n" * 1000
DATASET = replace(registry.load("covertype").dataset, sha256=hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize("level", [1, 9])
def test_the_right_content_passes_however_it_is_packed(tmp_path: Path, level: int) -> None:
    file = tmp_path / "published.gz.part"
    file.write_bytes(gzip.compress(CONTENT, level))
    verify(DATASET, file)


def test_a_file_that_is_published_plain_is_read_plain(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(CONTENT)
    verify(replace(DATASET, published="rows.csv"), file)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(CONTENT + b"!"), gzip.compress(CONTENT)[:-20], CONTENT, b""],
    ids=["other", "cut off", "plain", "empty"],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, packed: bytes) -> None:
    file = tmp_path / "published.gz"
    file.write_bytes(packed)
    with pytest.raises(WrongContentError, match=r"published\.gz is not"):
        verify(DATASET, file)
