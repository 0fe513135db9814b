"""What users ask of the model server: rows of whatever is in production, most of them good."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import httpx
from relevo_contract.card import Card

Kind = Literal["row", "batch", "invalid", "explanation"]

# Of a hundred questions: what people do with the page and with scripts. An explanation costs a thousand answers.
SHARES: Mapping[Kind, float] = {"row": 90, "batch": 5, "invalid": 4, "explanation": 1}
# A person reads the answer before the next question, in seconds, evenly drawn.
PAUSE_SECONDS = (1.0, 5.0)

_BATCH_ROWS = (2, 50)
# Different questions of each kind and model: enough for no answer to come from a cache.
_POOL = 200


class TrafficError(Exception):
    """Nobody can be asked anything; the sentence says what to do."""


@dataclass(frozen=True)
class Question:
    """One request, and the status that a server in order answers it with."""

    kind: Kind
    path: str
    body: bytes
    status: int


def headers(key: str) -> dict[str, str]:
    """What a client sends with every question; `key` is empty where the server asks for none."""
    return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})


def questions(url: str, key: str = "", seed: int = 1) -> list[Question]:
    """A pool of questions about every model in production, from the cards that the server shows.

    Raises:
        TrafficError: the server does not answer, or nothing is in production.
    """
    random = Random(seed)
    try:
        with httpx.Client(base_url=url, headers=headers(key), timeout=30) as http:
            listed = http.get("/models").raise_for_status().json()["models"]
            cards = [
                Card.model_validate(http.get(f"/models/{entry['name']}").raise_for_status().json()["card"])
                for entry in listed
                if entry.get("model")
            ]
    except httpx.HTTPStatusError as error:
        raise TrafficError(_refusal(url, error.response.status_code)) from None
    except httpx.HTTPError as error:
        raise TrafficError(
            f"The model server does not answer at {url} ({type(error).__name__}). Start `make demo` or `make up`, "
            "or say where it is: URL=http://…"
        ) from None
    if not cards:
        raise TrafficError(f"Nothing is in production at {url}: let a first run of the pipeline finish.")
    return [question for card in cards for question in about(card, random)]


def _refusal(url: str, status: int) -> str:
    if status in {401, 403}:
        return f"The model server at {url} asks for a key (status {status}). Set INFERENCE_API_KEY."
    return f"{url} answers with status {status} when asked for its models. Is it the model server?"


def about(card: Card, random: Random) -> list[Question]:
    """Questions of every kind about one model; of an explanation only where its card has background rows."""
    rows = _rows(card)
    predict, explain = (f"/models/{card.problem}/{action}" for action in ("predict", "explain"))
    pool = []
    for _ in range(_POOL):
        row = random.choice(rows)
        batch = {"rows": random.choices(rows, k=random.randint(*_BATCH_ROWS))}
        pool.append(Question("row", predict, _json(row), 200))
        pool.append(Question("batch", predict, _json(batch), 200))
        pool.append(Question("invalid", predict, _json(_broken(row, random)), 422))
        if card.background:
            pool.append(Question("explanation", explain, _json(row), 200))
    return pool


def _rows(card: Card) -> Sequence[dict[str, Any]]:
    names = [column.name for column in card.inputs]
    cells = card.background or [tuple(column.default for column in card.inputs)]
    return [dict(zip(names, row, strict=True)) for row in cells]


def _broken(row: dict[str, Any], random: Random) -> dict[str, Any]:
    """Without one of its columns, or with nothing in it: no card allows that."""
    column = random.choice(list(row))
    if random.random() < 0.5:
        return row | {column: None}
    return {name: value for name, value in row.items() if name != column}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


class Draws:
    """An endless series of questions in the proportion of `SHARES`, over the kinds that there are."""

    def __init__(self, pool: Sequence[Question], seed: int) -> None:
        self._random = Random(seed)
        self._by_kind = {kind: [q for q in pool if q.kind == kind] for kind in SHARES}
        self._kinds = [kind for kind in SHARES if self._by_kind[kind]]
        self._weights = [SHARES[kind] for kind in self._kinds]

    def next(self) -> Question:
        (kind,) = self._random.choices(self._kinds, self._weights)
        return self._random.choice(self._by_kind[kind])
