"""The OpenAPI page with the real fields of the models in production."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from relevo_inference.problem_details import ProblemDocument
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
    _set_body(document, "/predict", bodies.get(services.settings.default_problem, unknown))
    _set_body(document, "/models/{problem}/predict", [s for body in bodies.values() for s in body] or unknown)
    for path in ("/models/{problem}/predict", "/models/{problem}"):
        for operation in document["paths"][path].values():
            operation["parameters"][0]["schema"]["examples"] = list(services.productions)
    return document


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
