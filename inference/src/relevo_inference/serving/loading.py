"""Loads versions: from our disk or from the registry, each once, in a thread."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from relevo_inference.registry.artifacts import Artifacts
from relevo_inference.registry.versions import LoadError, ModelVersion
from relevo_inference.serving.memory import Memory
from relevo_inference.serving.model import LoadedModel
from relevo_inference.serving.store import ModelStore

log = structlog.get_logger(__name__)

Load = Callable[[ModelVersion], LoadedModel]


def loader(artifacts: Artifacts, store: ModelStore, *, kept: int) -> Load:
    """A function that loads a version, keeping its files once they have proved fit to serve."""

    def load(version: ModelVersion) -> LoadedModel:
        if (folder := store.find(version)) is not None:
            try:
                return LoadedModel.open(folder, version)
            except LoadError as error:
                log.warning("kept files are broken, fetching anew", version=version.version, reason=str(error))
        incoming = store.incoming()
        try:
            artifacts.download(version, incoming)
            model = LoadedModel.open(incoming, version)
            store.keep(incoming, version, most=kept)
        except OSError as error:
            raise LoadError(f"its files cannot be written: {error}") from error
        finally:
            store.discard(incoming)
        return model

    return load


@dataclass(frozen=True)
class _Attempt:
    task: asyncio.Task[None]
    began: float


@dataclass(frozen=True)
class _Failure:
    reason: str
    retry_at: float


class LoadedVersions:
    """The versions of one problem that are in `memory`: those used last, `kept` at most.

    A request waits for a load until it is `patience` seconds old; a failed one is tried again after `retry`.
    """

    def __init__(
        self,
        load: Load,
        memory: Memory,
        *,
        patience: float,
        retry: float,
        kept: int,
        on_failure: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._memory = memory
        self._patience = patience
        self._retry = retry
        self._kept = kept
        self._on_failure = on_failure
        self._clock = clock
        self._attempts: dict[ModelVersion, _Attempt] = {}
        self._failures: dict[ModelVersion, _Failure] = {}

    async def get(self, version: ModelVersion) -> LoadedModel:
        """The model; raises `LoadError` when it cannot be had, or not in time (loading goes on then)."""
        if model := self._memory.use(version):
            return model
        if failure := self._failures.get(version):
            # Nobody waits for a second try; who comes after it has worked gets the model.
            if self._clock() >= failure.retry_at:
                self._begin(version)
            raise LoadError(failure.reason)
        attempt = self._begin(version)
        remaining = attempt.began + self._patience - self._clock()
        if remaining > 0:
            await asyncio.wait({attempt.task}, timeout=remaining)
        if model := self._memory.use(version):
            return model
        if failure := self._failures.get(version):
            raise LoadError(failure.reason)
        raise LoadError(f"it is still loading after {self._patience:g} s")

    async def get_ahead(self, version: ModelVersion) -> LoadedModel:
        """The same for what nobody has asked for yet: only where there is room for it."""
        if self._memory.has_room(version):
            await self.get(version)
            self._memory.shrink()
        if model := self._memory.use(version):
            return model
        raise LoadError("there is no room in memory for it")

    def put(self, model: LoadedModel) -> None:
        """Takes in a model that was loaded elsewhere."""
        self._memory.put(model, most=self._kept)

    def _begin(self, version: ModelVersion) -> _Attempt:
        if version not in self._attempts:
            self._attempts[version] = _Attempt(asyncio.create_task(self._attempt(version)), self._clock())
        return self._attempts[version]

    async def _attempt(self, version: ModelVersion) -> None:
        try:
            model = await asyncio.to_thread(self._load, version)
        except Exception as error:
            reason = str(error) if isinstance(error, LoadError) else f"{type(error).__name__}: {error}"
            self._failures[version] = _Failure(reason, self._clock() + self._retry)
            self._on_failure()
            log.error("version cannot be loaded", problem=version.name, version=version.version, reason=reason)
        else:
            self._failures.pop(version, None)
            self.put(model)
            log.info("version loaded", problem=version.name, version=version.version)
        finally:
            del self._attempts[version]
