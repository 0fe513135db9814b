"""Shares look-ups between requests: as few as the wanted freshness allows, never two at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from relevo_inference.registry.versions import Failed, Outcome


@dataclass(frozen=True, slots=True)
class Lookup:
    """An outcome and the moment its question was sent; the answer is at least as young as that."""

    began: float
    outcome: Outcome


class Lookups:
    """The look-ups of one alias. Times are in seconds of `clock`."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Outcome]],
        *,
        max_age: float,
        backoff: float,
        backoff_max: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._max_age = max_age
        self._backoff = backoff
        self._backoff_max = backoff_max
        self._clock = clock
        self._last: Lookup | None = None
        self._flight: asyncio.Task[None] | None = None
        self._pause = 0.0
        self._retry_at = 0.0

    @property
    def last(self) -> Lookup | None:
        """The latest look-up that ended."""
        return self._last

    async def get(self, *, fresh: bool = False) -> Lookup:
        """A look-up that began no earlier than `max_age` before now, or not before now when `fresh`.

        After a failure nobody waits: the failure is the answer at once, while later tries run behind it.
        Only `fresh` insists on a question of its own.
        """
        now = self._clock()
        oldest = now if fresh else now - self._max_age
        while (last := self._last) is None or last.began < oldest:
            if not fresh and last is not None and isinstance(last.outcome, Failed):
                if now >= self._retry_at:
                    self._start()
                return last
            # A flight that left too early is waited for as well: its successor then serves all who came meanwhile.
            await asyncio.shield(self._start())
        # Half-way to too old: ask again now, so that hardly any request has to wait for it.
        if last.began < now - self._max_age / 2 and not isinstance(last.outcome, Failed):
            self._start()
        return last

    def _start(self) -> asyncio.Task[None]:
        if self._flight is None:
            self._flight = asyncio.create_task(self._fly(self._clock()))
        return self._flight

    async def _fly(self, began: float) -> None:
        try:
            outcome = await self._ask()
        except Exception as error:
            outcome = Failed(f"the look-up broke: {type(error).__name__}: {error}")
        finally:
            self._flight = None
        if isinstance(outcome, Failed):
            self._pause = min(self._pause * 2 or self._backoff, self._backoff_max)
            self._retry_at = self._clock() + self._pause
        else:
            self._pause = 0.0
        self._last = Lookup(began, outcome)

    async def close(self) -> None:
        """Ends a look-up that is under way."""
        if self._flight is not None:
            self._flight.cancel()
