"""The OpenAPI document, made from the wire types: what is published is what is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from authrisk import __version__
from authrisk.service import wire
from authrisk.service.problems import ProblemDetails
from authrisk.service.shadow import KEPT

JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """One call of the interface."""

    method: str
    path: str
    name: str
    summary: str
    answer: type[msgspec.Struct] | None
    request: type[msgspec.Struct] | None = None
    problems: tuple[int, ...] = (400, 403, 413, 422)
    many: bool = False
    """The request is an array of `request`, or lines of it (NDJSON)."""


OPERATIONS = (
    Operation("post", "/getAnomalyScore", "getAnomalyScore",
              "The risk of a login, as one number (the documented call)",
              wire.DocumentedAnswer, wire.DocumentedRequest),
    Operation("post", "/v1/assessments", "assess", "The risk of a login, with reasons",
              wire.AssessmentAnswer, wire.AssessmentRequest, (400, 403, 409, 413, 422)),
    Operation("post", "/v1/assessments:batch", "assessBatch", "The risk of up to 1,000 logins",
              wire.BatchAnswer, wire.AssessmentRequest, (400, 403, 413), many=True),
    Operation("post", "/v1/outcomes", "reportOutcome", "What became of a login",
              wire.StandingAnswer, wire.OutcomeRequest, (400, 403, 404, 413, 422, 503)),
    Operation("post", "/v1/feedback", "giveFeedback", "A person's judgement of a login",
              wire.StandingAnswer, wire.FeedbackRequest, (400, 403, 404, 413, 422, 503)),
    Operation("get", "/v1/users/{userID}/logins", "listLogins", "What is kept of a user",
              wire.UserLogins, problems=(403, 422, 503)),
    Operation("delete", "/v1/users/{userID}", "eraseUser", "Erase everything of a user",
              wire.ErasureAnswer, problems=(403, 422, 503)),
    Operation("get", "/v1/model", "showModel", "Which bundle serves", wire.ModelAnswer,
              problems=(403,)),
    Operation("post", "/v1/model:reload", "reloadModel", "Load the bundle again, without a pause",
              wire.ModelAnswer, problems=(403, 409)),
    Operation("post", "/v1/model:rollback", "rollBackModel",
              "Serve the bundle that served before, without a pause",
              wire.ModelAnswer, problems=(403, 409)),
    Operation("get", "/v1/model/shadow", "showShadow",
              "What a second bundle would have said (authrisk serve --shadow)",
              wire.ShadowAnswer, problems=(403, 409, 422)),
    Operation("get", "/livez", "live", "The process answers", wire.StatusAnswer, problems=(403,)),
    Operation("get", "/readyz", "ready", "History answers too", wire.StatusAnswer,
              problems=(403, 503)),
    Operation("get", "/metrics", "metrics", "Counters for Prometheus", None, problems=(403,)),
)  # fmt: skip


def openapi_document() -> dict[str, Any]:
    """The whole interface as OpenAPI 3.1."""
    types = {t for op in OPERATIONS for t in (op.request, op.answer) if t is not None}
    ordered = sorted(types | {ProblemDetails}, key=lambda t: t.__name__)
    schemas, components = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    reference = dict(zip(ordered, schemas, strict=True))
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, reference)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "authrisk",
            "version": __version__,
            "description": "Login risk. Any answer but 200, and none in time, means: step up.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def as_openapi_3_0(node: Any) -> Any:
    """A document in the words of OpenAPI 3.0, for readers that know no 3.1 yet.

    >>> as_openapi_3_0({"anyOf": [{"type": "string"}, {"type": "null"}]})
    {'anyOf': [{'type': 'string'}], 'nullable': True}
    """
    if isinstance(node, list):
        return [as_openapi_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: as_openapi_3_0(value) for key, value in node.items()}
    if out.get("openapi") == "3.1.0":
        out["openapi"] = "3.0.3"
        out["info"]["license"].pop("identifier")
    if isinstance(out.get("anyOf"), list) and {"type": "null"} in out["anyOf"]:
        out["anyOf"].remove({"type": "null"})
        out["nullable"] = True
    if isinstance(out.get("enum"), list) and None in out["enum"]:
        out["enum"].remove(None)
        out["nullable"] = True
    return out


def _described(operation: Operation, reference: dict[Any, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
    if operation.answer is not None:
        content = {JSON: {"schema": reference[operation.answer]}}
    problem = {"application/problem+json": {"schema": reference[ProblemDetails]}}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {"200": {"description": "Done", "content": content}}
        | {
            str(status): {"description": _PROBLEMS[status], "content": problem}
            for status in operation.problems
        },
    }
    if operation.request is not None:
        schema = reference[operation.request]
        body = {JSON: {"schema": {"type": "array", "items": schema} if operation.many else schema}}
        if operation.many:
            body["application/x-ndjson"] = {"schema": schema}
        described["requestBody"] = {"required": True, "content": body}
    if "{userID}" in operation.path:
        described["parameters"] = [
            {"name": "userID", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    if operation.name == "listLogins":
        limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
        described["parameters"].append({"name": "limit", "in": "query", "schema": limit})
    if operation.name == "showShadow":
        limit = {"type": "integer", "minimum": 0, "maximum": KEPT, "default": 100}
        described["parameters"] = [{"name": "limit", "in": "query", "schema": limit}]
    return described


_PROBLEMS = {
    400: "Not JSON, or JSON with a key twice",
    403: "A foreign web page, or a foreign host name",
    404: "No such login",
    409: "Refused as things are",
    413: "Too large",
    422: "A field is wrong; named by a JSON pointer, its value not repeated",
    503: "History does not answer",
}
