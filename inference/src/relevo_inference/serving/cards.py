"""The card of any version, also of one that is not in production any more."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pydantic import ValidationError
from relevo_contract.card import Card
from relevo_contract.registry import CARD_FILE

from relevo_inference.registry.artifacts import Artifacts
from relevo_inference.registry.versions import LoadError
from relevo_inference.serving.store import ModelStore

_KEPT = 64
# Threads of its own: a registry that says nothing must hold up neither bulk predictions nor the loading of models.
_THREADS = 2
_PATIENCE_SECONDS = 10.0


_Key = tuple[str, str, str]


class Cards:
    """From memory, our disk, or the registry, in this order; of requests for the same card one reads it for all."""

    def __init__(self, artifacts: Artifacts, stores: Mapping[str, ModelStore]) -> None:
        self._artifacts = artifacts
        self._stores = stores
        self._cards: OrderedDict[_Key, Card] = OrderedDict()
        self._readings: dict[_Key, asyncio.Future[Card]] = {}
        self._pool = ThreadPoolExecutor(_THREADS, "cards")

    async def card(self, problem: str, version: str, run_id: str) -> Card:
        """The card of the version that `run_id` made; `LoadError` says why it cannot be had."""
        key = (problem, version, run_id)
        if key not in self._cards:
            self._cards[key] = await self._shared(key)
            while len(self._cards) > _KEPT:
                self._cards.popitem(last=False)
        return self._cards[key]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _shared(self, key: _Key) -> Card:
        reading = self._readings.get(key)
        if reading is None:
            reading = asyncio.get_running_loop().run_in_executor(self._pool, self._read, *key)
            self._readings[key] = reading
            reading.add_done_callback(lambda _: self._readings.pop(key))
        try:
            return await asyncio.wait_for(asyncio.shield(reading), _PATIENCE_SECONDS)
        except TimeoutError:
            raise LoadError("the registry did not answer in time") from None

    def _read(self, problem: str, version: str, run_id: str) -> Card:
        store = self._stores.get(problem)
        if store is not None and (folder := store.find_made_by(version, run_id)) is not None:
            content = (folder / CARD_FILE).read_bytes()
        else:
            content = self._artifacts.card(problem, version, run_id)
        try:
            return Card.model_validate_json(content)
        except ValidationError as error:
            raise LoadError("its card is wrong") from error
