"""A client that asks a model server over many connections at full speed while the production alias moves."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic_core import from_json, to_json
from support.animals import ROW
from support.processes import until

_BODY = to_json(ROW)


@dataclass(frozen=True, slots=True)
class Answer:
    """Times are in seconds of `time.monotonic`, which all processes of a machine share."""

    sent: float
    received: float
    version: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Move:
    """The alias has been moved to `version` between `asked` and `done`."""

    asked: float
    done: float
    version: str


@dataclass
class Traffic:
    """What came back; `failed` has a sentence for each request that was not answered with 200."""

    answers: list[Answer] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def seen(self, version: str) -> bool:
        """Whether the latest answer is of this version."""
        return bool(self.answers) and self.answers[-1].version == version


def outdated(answers: Iterable[Answer], moves: Sequence[Move], max_age: float) -> list[Answer]:
    """Answers of a version that the alias cannot have pointed to at any time from `max_age` before the request.

    That is stricter than promised: the time that a look-up takes is not allowed for.
    """
    ends = [move.done for move in moves[1:]] + [float("inf")]
    pointed = [(move.version, move.asked, end) for move, end in zip(moves, ends, strict=True)]
    return [
        answer
        for answer in answers
        if not any(
            version == answer.version and begin <= answer.received and end >= answer.sent - max_age
            for version, begin, end in pointed
        )
    ]


class Promoter:
    """Moves the alias by the registry's own client, and remembers when."""

    def __init__(self, promote: Callable[[str], None]) -> None:
        self._promote = promote
        self.moves: list[Move] = []

    def to(self, version: str) -> None:
        asked = time.monotonic()
        self._promote(version)
        self.moves.append(Move(asked, time.monotonic(), version))


async def ask(url: str, connections: int, traffic: Traffic, stop: asyncio.Event) -> None:
    """Asks over each connection again as soon as it has an answer, until `stop`."""
    await asyncio.gather(*(_connection(url, traffic, stop) for _ in range(connections)))


async def back_and_forth(
    promoter: Promoter, versions: Sequence[str], times: int, traffic: Traffic, pause: float
) -> None:
    """Moves the alias `times` times, each as soon as the version before has answered, and after a `pause`."""

    def move(version: str) -> None:
        promoter.to(version)
        until(lambda: traffic.seen(version), f"an answer of version {version}", every=0.005)

    for number in range(times):
        await asyncio.to_thread(move, versions[number % len(versions)])
        await asyncio.sleep(pause)


async def _connection(url: str, traffic: Traffic, stop: asyncio.Event) -> None:
    where = urlsplit(url)
    head = f"POST /predict HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY
    while not stop.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            while not stop.is_set():
                sent = time.monotonic()
                writer.write(request)
                head_line, body = await _answer(reader)
                received = time.monotonic()
                if b" 200 " not in head_line:
                    traffic.failed.append(f"{head_line.decode()}: {body[:200].decode(errors='replace')}")
                    continue
                model = from_json(body)["model"]
                traffic.answers.append(Answer(sent, received, model["version"], model["stale"]))
        except (OSError, EOFError) as error:
            traffic.failed.append(f"{type(error).__name__}: {error}")
            await asyncio.sleep(0.01)
        finally:
            if writer is not None:
                writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Status line and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    length = next(int(line[15:]) for line in lines if line[:15].lower() == b"content-length:")
    return lines[0], await reader.readexactly(length)
