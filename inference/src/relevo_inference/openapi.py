"""The OpenAPI page with the real fields of the models in production."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from relevo_contract.card import Card

from relevo_inference.api_keys import OPEN_PATHS
from relevo_inference.problem_details import MEDIA_TYPE, ProblemDocument
from relevo_inference.services import Services
from relevo_inference.serving.rows import json_schema


def describe(app: FastAPI, services: Services) -> dict[str, Any]:
    """The document for the models that are loaded now."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas: dict[str, Any] = document["components"]["schemas"]
    problem_document = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem_document.pop("$defs")
    schemas["ProblemDocument"] = problem_document
    cards = {name: p.current.card for name, p in services.productions.items() if p.current is not None}
    for name, card in cards.items():
        schemas[f"Row_{name}"] = json_schema(card.inputs) | {"title": f"{card.title}: one row"}
    default = {name: card for name, card in cards.items() if name == services.settings.default_problem}
    for path, served in (("", default), ("/models/{problem}", cards)):
        _set_body(document, f"{path}/predict", served, most_rows=services.settings.max_rows)
        _set_body(document, f"{path}/explain", served, most_rows=1)
    _set_truths(document, cards)
    for path in ("/models/{problem}/predict", "/models/{problem}/explain", "/models/{problem}"):
        for operation in document["paths"][path].values():
            operation["parameters"][0]["schema"]["examples"] = list(services.productions)
    if services.settings.api_keys:
        _protect(document)
    return document


def _protect(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    refusals = {
        "401": "Not a key of this server",
        "429": "More requests than the key may send",
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    for path, operations in document["paths"].items():
        if path in OPEN_PATHS:
            continue
        for operation in operations.values():
            operation["security"] = [{"key": []}]
            for status, description in refusals.items():
                operation["responses"][status] = {"description": description, "content": content}


def _set_body(document: dict[str, Any], path: str, cards: Mapping[str, Card], *, most_rows: int) -> None:
    """The rows that the models of `path` read, each with an example."""
    schemas: list[dict[str, Any]] = []
    examples: dict[str, dict[str, Any]] = {}
    for name, card in cards.items():
        row = {"$ref": f"#/components/schemas/Row_{name}"}
        schemas.append(row)
        example = example_row(card)
        if example is not None:
            examples[name] = {"summary": f"{card.title}: one row", "value": example}
        if most_rows > 1:
            schemas.append(_rows(row, most_rows))
            if example is not None:
                several = {"rows": [example, example]}
                examples[f"{name}_rows"] = {"summary": f"{card.title}: several rows", "value": several}
    unknown = {"type": "object", "description": "no model is in production yet"}
    content: dict[str, Any] = {"schema": {"anyOf": schemas} if schemas else unknown}
    if examples:
        content["examples"] = examples
    operation = document["paths"][path]["post"]
    operation["requestBody"] = {"required": True, "content": {"application/json": content}}


def _rows(row: dict[str, Any], most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row, "minItems": 1, "maxItems": most}},
        "required": ["rows"],
        "additionalProperties": False,
    }


def _set_truths(document: dict[str, Any], cards: Mapping[str, Card]) -> None:
    """What may be said about a prediction of each model."""
    body = document["paths"]["/feedback"]["post"]["requestBody"]["content"]["application/json"]
    body["examples"] = {
        name: {
            "summary": f"{card.title}: {card.target.description}",
            "value": {"prediction_id": str(UUID(int=0)), "truth": card.labels[0] if card.labels else 1.5},
        }
        for name, card in cards.items()
    }


def example_row(card: Card) -> dict[str, Any] | None:
    """The defaults, with a row of the background behind them; None when that leaves a column without a value."""
    behind = dict(zip((c.name for c in card.inputs), card.background[0], strict=True)) if card.background else {}
    row = {c.name: behind.get(c.name) if c.default is None else c.default for c in card.inputs}
    return None if None in row.values() else row
