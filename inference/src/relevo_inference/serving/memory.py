"""The versions in memory, of all problems of the process, and how much room they may take."""

from collections import OrderedDict
from typing import Protocol

import structlog

from relevo_inference.registry.versions import ModelVersion
from relevo_inference.serving.model import LoadedModel

log = structlog.get_logger(__name__)

# Sizes of so many versions are remembered after they were unloaded.
_REMEMBERED = 100


class MemoryTelemetry(Protocol):
    """Who is told what is in memory."""

    def in_memory(self, problem: str, versions: int, size: int) -> None: ...
    def unloaded(self, problem: str) -> None: ...


class Memory:
    """Unloads what was used longest ago as soon as there is more than `most_bytes`, but nothing in production.

    A version counts with the size of its graph's file. What is in production stays even where there is no room for
    it: when the registry is gone it has to answer at once.
    """

    def __init__(self, most_bytes: float, telemetry: MemoryTelemetry) -> None:
        self._most = most_bytes
        self._telemetry = telemetry
        self._models: OrderedDict[ModelVersion, LoadedModel] = OrderedDict()
        self._production: dict[str, ModelVersion] = {}
        self._unloaded: OrderedDict[ModelVersion, int] = OrderedDict()

    def use(self, version: ModelVersion) -> LoadedModel | None:
        """The version, which is then the one that was used last; None when it is not in memory."""
        if (model := self._models.get(version)) is not None:
            self._models.move_to_end(version)
        return model

    def find(self, problem: str, number: str) -> LoadedModel | None:
        """The version of this number if it is in memory; from any thread, and no use of it."""
        models = list(self._models.values())
        return next((m for m in models if (m.version.name, m.version.version) == (problem, number)), None)

    def put(self, model: LoadedModel, *, most: int) -> None:
        """Takes in a model, in the place of others if need be; of its problem `most` stay."""
        version = model.version
        self._models[version] = model
        self._models.move_to_end(version)
        self._unloaded.pop(version, None)
        self._report(version.name)
        same = [other for other in self._models if other.name == version.name]
        idle = [other for other in same if other not in (version, self._production.get(version.name))]
        for other in idle[: max(0, len(same) - most)]:
            self._unload(other)
        self.shrink(spare=version)

    def hold(self, problem: str, version: ModelVersion | None) -> None:
        """`version` is in production: it stays. None: nothing of the problem is."""
        if version is None:
            self._production.pop(problem, None)
        else:
            self._production[problem] = version
        self.shrink()

    def has_room(self, version: ModelVersion) -> bool:
        """False for a version that was unloaded and would not fit in beside what is there."""
        return self._size() + self._unloaded.get(version, 0) <= self._most

    def shrink(self, spare: ModelVersion | None = None) -> None:
        """Unloads until the rest fits in; neither `spare` nor what is in production."""
        size = self._size()
        for version, model in list(self._models.items()):
            if size <= self._most:
                return
            if version != spare and version != self._production.get(version.name):
                size -= model.size
                self._unload(version)

    def _size(self) -> int:
        return sum(model.size for model in self._models.values())

    def _unload(self, version: ModelVersion) -> None:
        self._unloaded[version] = self._models.pop(version).size
        while len(self._unloaded) > _REMEMBERED:
            self._unloaded.popitem(last=False)
        self._telemetry.unloaded(version.name)
        self._report(version.name)
        log.info("version unloaded", problem=version.name, version=version.version)

    def _report(self, problem: str) -> None:
        sizes = [model.size for version, model in self._models.items() if version.name == problem]
        self._telemetry.in_memory(problem, len(sizes), sum(sizes))
