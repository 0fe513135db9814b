"""Downloads from a real HTTP server that can resume, break off, refuse and lie."""

import gzip
import hashlib
import io
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from relevo_cli.data import DataError, download
from relevo_problems import registry
from relevo_problems.problem import Problem
from rich.console import Console

# What does not compress, so that the archive has some length.
CONTENT = os.urandom(300_000)
PUBLISHED = gzip.compress(CONTENT)


def archive(member: str = "inner.gz", content: bytes = PUBLISHED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr(member, content)
    return file.getvalue()


@dataclass
class Publisher:
    """A server with one archive. `breaks` says after how many bytes each successive answer breaks off."""

    url: str = ""
    body: bytes = field(default_factory=archive)
    status: int = 200
    can_resume: bool = True
    breaks: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.ranges.append(self.headers["Range"])
            begin = 0
            if publisher.can_resume and (asked := re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")):
                begin = int(asked[1])
            if publisher.status != 200:
                self.send_error(publisher.status)
                return
            if begin >= len(publisher.body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(publisher.body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(publisher.body) - begin))
            self.end_headers()
            end = begin + publisher.breaks.pop(0) if publisher.breaks else None
            self.wfile.write(publisher.body[begin:end])

        def log_message(self, *_: object) -> None:
            """Says nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    publisher.url = f"http://127.0.0.1:{server.server_port}/static/letters.zip"
    yield publisher
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def problem(publisher: Publisher) -> Problem:
    covertype = registry.load("covertype")
    dataset = replace(
        covertype.dataset,
        title="Letters",
        archive_url=publisher.url,
        archive_member="inner.gz",
        published="letters.gz",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    return replace(covertype, name="letters", dataset=dataset)


@pytest.fixture
def quiet() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=True)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_the_file_arrives_whole_with_a_progress_bar(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console
) -> None:
    target = download(problem, tmp_path / "new" / "data", quiet)
    assert target == tmp_path / "new" / "data" / "letters.gz"
    assert target.read_bytes() == PUBLISHED
    assert names(target.parent) == ["letters.gz"]
    assert publisher.ranges == [None]
    assert isinstance(quiet.file, io.StringIO)
    assert "Letters" in quiet.file.getvalue()


def test_what_is_there_and_right_is_not_asked_for_again(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console
) -> None:
    (tmp_path / "letters.gz").write_bytes(gzip.compress(CONTENT, 1))  # Packed otherwise, yet the same content.
    download(problem, tmp_path, quiet)
    assert publisher.ranges == []


def test_what_is_there_and_wrong_is_replaced(problem: Problem, tmp_path: Path, quiet: Console) -> None:
    (tmp_path / "letters.gz").write_bytes(PUBLISHED[:1000])
    assert download(problem, tmp_path, quiet).read_bytes() == PUBLISHED


def test_a_broken_connection_is_taken_up_where_it_broke(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console
) -> None:
    publisher.breaks = [100_000, 50_000]
    assert download(problem, tmp_path, quiet).read_bytes() == PUBLISHED
    assert publisher.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console
) -> None:
    publisher.breaks = [100_000, 0]
    with pytest.raises(DataError, match=r"run `make data` again, it goes on after the 100,000 bytes"):
        download(problem, tmp_path, quiet)
    assert names(tmp_path) == ["letters.zip.part"]
    assert download(problem, tmp_path, quiet).read_bytes() == PUBLISHED
    assert publisher.ranges[-1] == "bytes=100000-"
    assert names(tmp_path) == ["letters.gz"]


def test_a_server_that_cannot_resume_starts_over(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console
) -> None:
    publisher.can_resume = False
    (tmp_path / "letters.zip.part").write_bytes(publisher.body[:1000])
    assert download(problem, tmp_path, quiet).read_bytes() == PUBLISHED


@pytest.mark.parametrize("excess", [b"", b"too long"])
def test_an_archive_that_lacks_nothing_or_has_too_much(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console, excess: bytes
) -> None:
    (tmp_path / "letters.zip.part").write_bytes(publisher.body + excess)
    assert download(problem, tmp_path, quiet).read_bytes() == PUBLISHED
    assert len(publisher.ranges) == (2 if excess else 1)


@pytest.mark.parametrize("status", [404, 403, 500, 503])
def test_a_refusal_is_a_sentence_and_leaves_nothing(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console, status: int
) -> None:
    publisher.status = status
    with pytest.raises(DataError, match=f"answered {status}") as refusal:
        download(problem, tmp_path, quiet)
    assert publisher.url in str(refusal.value)
    assert names(tmp_path) == []


def test_no_network_is_a_sentence(problem: Problem, tmp_path: Path, quiet: Console) -> None:
    # Nothing listens on port 1.
    nobody = replace(problem, dataset=replace(problem.dataset, archive_url="http://127.0.0.1:1/letters.zip"))
    with pytest.raises(DataError, match="check the network"):
        download(nobody, tmp_path, quiet)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        archive(content=gzip.compress(b"something else")),
        archive(content=b"no gzip"),
        archive(member="other.gz"),
        b"<html>this is no archive</html>",
        archive()[:1000] + b"\0" * 2000 + archive()[3000:],
    ],
    ids=["other content", "no gzip", "other member", "no zip", "damaged"],
)
def test_what_is_not_the_published_file_never_gets_its_name(
    problem: Problem, publisher: Publisher, tmp_path: Path, quiet: Console, body: bytes
) -> None:
    publisher.body = body
    with pytest.raises(DataError, match=r"did not deliver Letters as expected.*run `make data` again"):
        download(problem, tmp_path, quiet)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(problem: Problem, tmp_path: Path, quiet: Console) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not keep Letters"):
        download(problem, tmp_path / "file", quiet)
