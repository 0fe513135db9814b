"""The card of any version, also of one that is not in production any more."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from pydantic import ValidationError
from relevo_contract.card import Card
from relevo_contract.registry import CARD_FILE

from relevo_inference.registry.artifacts import Artifacts
from relevo_inference.registry.versions import LoadError
from relevo_inference.serving.store import ModelStore

_KEPT = 64


class Cards:
    """From memory, our disk, or the registry, in this order."""

    def __init__(self, artifacts: Artifacts, stores: Mapping[str, ModelStore]) -> None:
        self._artifacts = artifacts
        self._stores = stores
        self._cards: OrderedDict[tuple[str, str, str], Card] = OrderedDict()

    async def card(self, problem: str, version: str, run_id: str) -> Card:
        """The card of the version that `run_id` made; `LoadError` says why it cannot be had."""
        key = (problem, version, run_id)
        if key not in self._cards:
            self._cards[key] = await asyncio.to_thread(self._read, *key)
            while len(self._cards) > _KEPT:
                self._cards.popitem(last=False)
        return self._cards[key]

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
