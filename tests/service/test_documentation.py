"""The published interface."""

import re

import pytest

from authrisk.service.openapi import OPERATIONS, openapi_document

PLACES = {"user_id:path": "userID"}


def test_document_and_routes_are_the_same(client):
    """Every route is in the document, and everything in the document is a route."""
    routes = set()
    for route in client.app.routes:
        path = route.path
        for theirs, ours in PLACES.items():
            path = path.replace(theirs, ours)
        routes |= {(method.lower(), path) for method in route.methods - {"HEAD"}}
    shown = {route for route in routes if not re.match(r"/docs|/openapi", route[1])}
    assert shown == {(operation.method, operation.path) for operation in OPERATIONS}


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_every_reference_leads_somewhere():
    """The document is 3.1, and each $ref in it names a schema that is there."""
    document = openapi_document()
    assert document["openapi"].startswith("3.1")
    names = set(references(document))
    assert names == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_wire_names_are_published(client):
    """The document speaks of keys as the wire has them."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(schemas["DocumentedRequest"]["required"]) == {
        "userAgent", "timestamp", "userID", "location",
    }  # fmt: skip
    assert list(schemas["DocumentedAnswer"]["properties"]) == ["riskScore"]


def test_older_document_has_no_newer_words(client):
    """The one for Swagger UI 4 says 3.0 and uses no null type."""
    text = client.get("/docs/openapi-3.0.json").text
    assert '"openapi":"3.0.3"' in text
    assert '"type":"null"' not in text


def test_docs_are_served_from_here_alone(client):
    """The page and all that it loads are our own files; no script is inline."""
    page = client.get("/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for path in loaded:
        assert path.startswith("/docs/")
        assert client.get(path).status_code == 200, path
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    assert " on" not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "http" not in client.get("/docs/start.js").text


@pytest.mark.parametrize(
    "name", ["index.html", "swagger-ui.js", "..%2f__init__.py", "%2e%2e/%2e%2e/__init__.py"]
)
def test_no_other_file_is_served(client, name):
    """Only the files that the page loads are served."""
    assert client.get(f"/docs/{name}").status_code == 404
