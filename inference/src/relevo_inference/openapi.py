"""The OpenAPI page with the real fields of the models in production."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

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
    bodies: dict[str, list[dict[str, Any]]] = {}
    for problem, production in services.productions.items():
        if production.current is None:
            continue
        name = f"Row_{problem}"
        schemas[name] = json_schema(production.current.card.inputs)
        row = {"$ref": f"#/components/schemas/{name}"}
        bodies[problem] = [row, _rows(row, services.settings.max_rows)]
    unknown = [{"type": "object", "description": "no model is in production yet"}]
    default = bodies.get(services.settings.default_problem, unknown)
    _set_body(document, "/predict", default)
    _set_body(document, "/explain", default[:1])
    _set_body(document, "/models/{problem}/predict", [s for body in bodies.values() for s in body] or unknown)
    _set_body(document, "/models/{problem}/explain", [body[0] for body in bodies.values()] or unknown)
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


def _rows(row: dict[str, Any], most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row, "minItems": 1, "maxItems": most}},
        "required": ["rows"],
        "additionalProperties": False,
    }


def _set_body(document: dict[str, Any], path: str, schemas: list[dict[str, Any]]) -> None:
    document["paths"][path]["post"]["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": schemas}}},
    }
