"""What is in production for one problem, right now."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from relevo_contract.tables import utc_now

from relevo_inference.journal.moves import Move
from relevo_inference.registry.lookups import Lookup, Lookups
from relevo_inference.registry.versions import Failed, Found, LoadError, Missing
from relevo_inference.serving.loading import LoadedVersions
from relevo_inference.serving.memory import Memory
from relevo_inference.serving.model import LoadedModel
from relevo_inference.serving.store import LastGood, ModelStore
from relevo_inference.telemetry import Telemetry

log = structlog.get_logger(__name__)


class NothingInProductionError(Exception):
    """No model can answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Serving:
    """The model to answer with. `stale` when it is not known to be the one the alias points to."""

    model: LoadedModel
    stale: bool
    since: datetime


class Production:
    """Follows the production alias of one problem and keeps the last good model for when it cannot."""

    def __init__(
        self,
        problem: str,
        *,
        production: Lookups,
        challenger: Lookups,
        versions: LoadedVersions,
        memory: Memory,
        store: ModelStore,
        telemetry: Telemetry,
        note_move: Callable[[Move], None],
    ) -> None:
        self.problem = problem
        self._production = production
        self._challenger = challenger
        self._versions = versions
        self._memory = memory
        self._store = store
        self._telemetry = telemetry
        self._note_move = note_move
        # Which version the alias pointed to when it was last seen, whether or not it could be served; before this
        # process's first look, what the one before it served.
        self._seen: str | None = None
        self._seen_before: str | None = None
        self._seen_began = float("-inf")
        self._current: LoadedModel | None = None
        self.challenger: LoadedModel | None = None
        self._since = datetime.now(UTC)
        self._decided_at = float("-inf")
        self._confirmed: tuple[Lookup, Serving] | None = None
        self._writes: set[asyncio.Task[None]] = set()
        self._disk = asyncio.Lock()
        self.stale_reason: str | None = None
        telemetry.stale(problem, stale=False)

    @property
    def current(self) -> LoadedModel | None:
        """The last good model, without asking anyone."""
        return self._current

    def loaded(self, version: str) -> LoadedModel | None:
        """The version of this number, if it is in memory."""
        return self._memory.find(self.problem, version)

    @property
    def registry_error(self) -> str | None:
        """Why the latest look-up failed; None when it did not."""
        last = self._production.last
        return last.outcome.reason if last is not None and isinstance(last.outcome, Failed) else None

    async def restore(self) -> None:
        """Takes the last good version from disk, stale until the registry confirms it."""
        last_good = await asyncio.to_thread(self._store.last_good)
        if last_good is None:
            return
        self._seen_before = last_good.version.version
        if (folder := self._store.find(last_good.version)) is None:
            return
        try:
            model = await asyncio.to_thread(LoadedModel.open, folder, last_good.version)
        except LoadError as error:
            log.error("kept version cannot be restored", problem=self.problem, reason=str(error))
            return
        self._memory.hold(self.problem, model.version)
        self._versions.put(model)
        self._current, self._since = model, last_good.since
        self._telemetry.in_production(model, self._since)
        self._mark("the registry has not been asked since the start")

    async def serving(self, *, fresh: bool = False) -> Serving:
        """The model the alias points to, looked up no longer ago than allowed (for `fresh`: not before now).

        When registry or version fail it is the last good one, stale. Raises `NothingInProductionError` when the
        alias does not exist, or when there is no last good one.
        """
        lookup = await self._production.get(fresh=fresh)
        if self._confirmed is not None and self._confirmed[0] is lookup:
            return self._confirmed[1]
        match lookup.outcome:
            case Found(version):
                if version.version != self._seen:
                    self._saw(version.version, lookup)
                try:
                    model = await self._versions.get(version)
                except LoadError as error:
                    return self._last_good(f"version {version.version} cannot be served: {error}")
                self._adopt(model, lookup)
                return self._confirm(Serving(model, stale=False, since=self._since), lookup)
            case Missing():
                self._withdraw(lookup)
                raise NothingInProductionError(f"no version of {self.problem} is in production")
            case Failed(reason):
                return self._last_good(reason)

    async def refresh(self) -> None:
        """Follows the aliases without any request, and loads the challenger ahead."""
        try:
            await self.serving()
        except NothingInProductionError as error:
            log.debug("nothing in production", problem=self.problem, reason=str(error))
        match (await self._challenger.get()).outcome:
            case Found(version):
                try:
                    self.challenger = await self._versions.get_ahead(version)
                except LoadError as error:
                    self.challenger = None
                    log.debug("challenger cannot be loaded", problem=self.problem, reason=str(error))
            case Missing():
                self.challenger = None

    async def close(self) -> None:
        await self._production.close()
        await self._challenger.close()
        await asyncio.gather(*self._writes)

    def _confirm(self, serving: Serving, lookup: Lookup) -> Serving:
        # Hundreds of requests share a look-up: what it says is worked out once, unless a later one has decided.
        if lookup.began == self._decided_at:
            self._confirmed = lookup, serving
        return serving

    def _adopt(self, model: LoadedModel, lookup: Lookup) -> None:
        # A request that waited long must not undo what a later look-up has decided.
        if lookup.began < self._decided_at:
            return
        self._decided_at = lookup.began
        self._mark(None)
        if self._current is not None and model.version == self._current.version:
            return
        before = self._current.version.version if self._current else None
        self._current, self._since = model, datetime.now(UTC)
        self._memory.hold(self.problem, model.version)
        self._telemetry.swapped(model, self._since)
        log.info("now in production", problem=self.problem, version=model.version.version, before=before)
        self._write(self._point(LastGood(model.version, self._since)))

    def _saw(self, version: str, lookup: Lookup) -> None:
        if lookup.began < self._seen_began:
            return
        seen_at = utc_now() - timedelta(seconds=time.monotonic() - lookup.began)
        move = Move(self.problem, self._seen or self._seen_before, version, seen_at)
        self._seen, self._seen_began = version, lookup.began
        self._write(self._keep_note(move))

    async def _keep_note(self, move: Move) -> None:
        try:
            await asyncio.to_thread(self._note_move, move)
        except sqlite3.Error as error:
            log.error("a move cannot be noted", problem=self.problem, version=move.to_version, reason=str(error))

    def _withdraw(self, lookup: Lookup) -> None:
        if lookup.began < self._decided_at:
            return
        self._decided_at = lookup.began
        self._confirmed = None
        self._mark(None)
        if self._current is not None:
            log.warning("withdrawn from production", problem=self.problem, version=self._current.version.version)
            self._current = None
            self._memory.hold(self.problem, None)
            self._telemetry.withdrawn(self.problem)
            self._write(self._forget())

    def _last_good(self, reason: str) -> Serving:
        if self._current is None:
            raise NothingInProductionError(f"no model of {self.problem} can answer: {reason}")
        self._mark(reason)
        return Serving(self._current, stale=True, since=self._since)

    def _mark(self, reason: str | None) -> None:
        if reason != self.stale_reason:
            if reason is None:
                log.info("no longer stale", problem=self.problem)
            else:
                log.warning("stale: the last good model answers", problem=self.problem, reason=reason)
            self.stale_reason = reason
            self._telemetry.stale(self.problem, stale=reason is not None)

    def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(writing)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _point(self, last_good: LastGood) -> None:
        async with self._disk:
            try:
                await asyncio.to_thread(self._store.point, last_good)
            except OSError as error:
                log.error("last good version cannot be remembered", problem=self.problem, reason=str(error))

    async def _forget(self) -> None:
        async with self._disk:
            await asyncio.to_thread(self._store.withdraw)
