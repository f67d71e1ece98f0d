"""The routes without a token: the API's health, and its description."""

from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from moderation import __version__

from ..answers import DocumentResponse, ok
from ..described import open_to_all
from ..problems import NOT_STORED

router = Router()

OPEN_PATHS = ("/health", "/openapi.json")

DESCRIPTION = Path(__file__).parent.parent / "openapi.json"
"""The API's description, which `make contracts` writes."""


@router.get("/health", **open_to_all("get-health", "Check the API", "Answers as soon as the API is up.", "Health"))
def health() -> DocumentResponse:
    return ok({"status": "ok", "version": __version__})


@router.get(
    "/openapi.json", **open_to_all("get-openapi", "Get this description", "The API in OpenAPI 3.1.", "Description")
)
def description() -> Response[str]:
    return Response(200, APPLICATION_JSON, DESCRIPTION.read_text(encoding="utf-8"), NOT_STORED)
