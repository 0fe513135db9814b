"""The users of one client process: one connection each, at a few tens of microseconds of CPU a question.

A question is bytes that were made before, an answer is a status and a length. Locust's users do the same at several
times the cost, which on one machine would be taken away from the server that is measured (docs/decisions.md).
"""

import asyncio
import resource
import socket
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import cast
from urllib.parse import urlsplit

import uvloop

from relevo_loadtest.traffic import Draws, Question, headers

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Plan:
    """What one process has to do. Times are those of `time.monotonic`, which all processes of a machine share."""

    url: str
    key: str
    pool: Sequence[Question]
    users: int
    pause: tuple[float, float]
    seed: int
    begin: float
    end: float
    timeout: float


@dataclass
class Tally:
    """What became of the questions that were asked from `begin` to `end` of a plan.

    Latencies are in seconds, by kind: from the moment at which the question was due on the wire (connecting
    included) to the last byte of the answer. `late` is by how much the process was late to ask, in seconds.
    """

    latencies: dict[str, "array[float]"] = field(default_factory=dict)
    late: "array[float]" = field(default_factory=lambda: array("d"))
    errors: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0


def run(plan: Plan) -> Tally:
    """Let the users of a plan live until its end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return uvloop.run(_Crowd(plan).live())


class _Crowd:
    """All users of this process, and what they have seen."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tally = Tally()
        self.random = Random(plan.seed)
        address = urlsplit(plan.url)
        self.host, self.port = _resolved(address.hostname or "", address.port or 80)
        head = [f"Host: {address.netloc}", *(f"{name}: {value}" for name, value in headers(plan.key).items())]
        self.draws = Draws([replace(q, body=_wire(q, head)) for q in plan.pool], plan.seed)

    async def live(self) -> Tally:
        users = [_User(self) for _ in range(self.plan.users)]
        for user in users:
            # Evenly over the longest pause, or all would ask at once.
            user.pause(0, self.plan.pause[1])
        await asyncio.sleep(self.plan.begin - time.monotonic())
        used = time.process_time()
        while (now := time.monotonic()) < self.plan.end:
            await asyncio.sleep(min(1, self.plan.end - now))
            self._give_up(users)
        self.tally.cpu_seconds = time.process_time() - used
        while any(user.waits for user in users):
            await asyncio.sleep(0.05)
            self._give_up(users)
        for user in users:
            user.hang_up()
        return self.tally

    def _give_up(self, users: list["_User"]) -> None:
        oldest = time.monotonic() - self.plan.timeout
        for user in users:
            if user.waits and user.asked < oldest:
                user.failed(f"no answer within {self.plan.timeout:g} s")

    def counts(self, asked: float) -> bool:
        return self.plan.begin <= asked < self.plan.end


class _User:
    """Asks, waits for the answer, pauses, asks again."""

    def __init__(self, crowd: _Crowd) -> None:
        self._crowd = crowd
        self._loop = asyncio.get_running_loop()
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._question: Question | None = None
        self._answer = b""
        self._due = 0.0
        self.asked = 0.0

    @property
    def waits(self) -> bool:
        """Whether there is a question without an answer."""
        return self._question is not None

    def pause(self, shortest: float, longest: float) -> None:
        seconds = self._crowd.random.uniform(shortest, longest)
        self._due = time.monotonic() + seconds
        self._loop.call_later(seconds, self._ask)

    def hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.transport.abort()

    def failed(self, why: str) -> None:
        """The question has no answer; the next one goes over a new connection."""
        if self._crowd.counts(self.asked):
            self._crowd.tally.errors[why] += 1
        self.hang_up()
        self._done()

    def _ask(self) -> None:
        self.asked = time.monotonic()
        if self.asked >= self._crowd.plan.end:
            return
        if self._crowd.counts(self.asked):
            self._crowd.tally.late.append(self.asked - self._due)
        self._question = self._crowd.draws.next()
        if self._connection is None:
            self._connecting = self._loop.create_task(self._connect(self._question))
        else:
            self._connection.transport.write(self._question.body)

    async def _connect(self, question: Question) -> None:
        try:
            await self._loop.create_connection(lambda: _Connection(self), self._crowd.host, self._crowd.port)
        except OSError as error:
            if self._question is question:
                self.failed(f"no connection: {error.strerror or type(error).__name__}")

    def connected(self, connection: "_Connection") -> None:
        self.hang_up()
        self._connection = connection
        if self._question is not None:
            connection.transport.write(self._question.body)

    def received(self, connection: "_Connection", data: bytes) -> None:
        if connection is not self._connection or self._question is None:
            return
        self._answer += data
        head = self._answer.find(_END_OF_HEAD)
        if head < 0:
            return
        length = _length(self._answer[:head])
        if length is None:
            self.failed("an answer without a length")
        elif len(self._answer) >= head + len(_END_OF_HEAD) + length:
            self._answered(self._question)

    def _answered(self, question: Question) -> None:
        status = self._answer[9:12].decode("latin-1")
        if self._crowd.counts(self.asked):
            tally = self._crowd.tally
            if status == str(question.status):
                tally.latencies.setdefault(question.kind, array("d")).append(time.monotonic() - self.asked)
            else:
                tally.errors[f"{question.kind}: status {status}"] += 1
        self._done()

    def _done(self) -> None:
        self._question, self._answer = None, b""
        self.pause(*self._crowd.plan.pause)

    def lost(self, connection: "_Connection", error: Exception | None) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        # One that nobody waits at may be closed by the server at any time.
        if self._question is not None:
            self.failed(f"the connection ended: {type(error).__name__ if error else 'closed'}")


class _Connection(asyncio.Protocol):
    """Tells its user what comes over it."""

    transport: asyncio.Transport

    def __init__(self, user: _User) -> None:
        self._user = user

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._user.connected(self)

    def data_received(self, data: bytes) -> None:
        self._user.received(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._user.lost(self, exc)


def _resolved(host: str, port: int) -> tuple[str, int]:
    """The address, looked up once and not for every user."""
    address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
    return str(address[0]), int(address[1])


def _wire(question: Question, head: Sequence[str]) -> bytes:
    """The whole request as it is sent."""
    lines = [f"POST {question.path} HTTP/1.1", *head, f"Content-Length: {len(question.body)}", "", ""]
    return "\r\n".join(lines).encode() + question.body


def _length(head: bytes) -> int | None:
    at = head.lower().find(_LENGTH)
    return None if at < 0 else int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
