"""`/docs` and `/openapi.json`: the interface, described and tried in the browser, offline."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from swagger_ui_bundle import swagger_ui_path

from authrisk.service.openapi import as_openapi_3_0, openapi_document
from authrisk.service.problems import Problem

FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>authrisk interface</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="interface"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

START = """SwaggerUIBundle({
  url: "/docs/openapi-3.0.json", dom_id: "#interface", validatorUrl: null, deepLinking: false
});
"""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""No script but our own files; Swagger UI styles its drawings inline."""


def documentation_routes() -> list[Route]:
    """The document, and the pages that show it. Swagger UI 4 reads OpenAPI 3.0 only."""
    document = openapi_document()
    current = msgspec.json.encode(document)
    older = msgspec.json.encode(as_openapi_3_0(document))

    async def show_openapi(_request: Request) -> Response:
        return Response(current, media_type="application/json")

    async def show_openapi_3_0(_request: Request) -> Response:
        return Response(older, media_type="application/json")

    async def show_docs(_request: Request) -> Response:
        return Response(PAGE, media_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def show_start(_request: Request) -> Response:
        return Response(START, media_type="text/javascript")

    async def show_file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            raise Problem(404, "No such file.")
        return FileResponse(swagger_ui_path / name, media_type=FILES[name])

    return [
        Route("/openapi.json", show_openapi, methods=["GET"]),
        Route("/docs", show_docs, methods=["GET"]),
        Route("/docs/openapi-3.0.json", show_openapi_3_0, methods=["GET"]),
        Route("/docs/start.js", show_start, methods=["GET"]),
        Route("/docs/{name}", show_file, methods=["GET"]),
    ]
