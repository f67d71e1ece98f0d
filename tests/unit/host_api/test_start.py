"""A cold start imports what every request needs, and no more. What a mute needs: `tests/integration`."""

import subprocess
import sys
from pathlib import Path

from host_api.routes import ROUTES
from moderation.models import Body

LAMBDAS = Path(__file__).parents[3] / "lambdas"
TOO_MUCH = (
    "boto3",
    "botocore",
    "cedarpy",
    "aws_lambda_powertools",
    "host_api.openapi",
    "host_api.shapes",
    "moderation.models",
    "moderation.bootstrap",
    "pydantic",
    "pydantic_core",
)
SCRIPT = """
import sys
import host_api.handler as door
event = {"rawPath": "/health", "requestContext": {"http": {"method": "GET"}}}
assert door.handler(event, None)["statusCode"] == 200
sys.stderr.write(" ".join(sys.modules))
"""


def test_what_is_imported() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], cwd=LAMBDAS, capture_output=True, text=True, check=True)
    imported = set(ran.stderr.split())
    assert "host_api.handler" in imported
    assert imported.isdisjoint(TOO_MUCH)


def test_the_models_that_routes_name() -> None:
    """They are looked up when a request needs them, so that a misspelled one would be found late."""
    assert all(issubclass(route.body(), Body) for route in ROUTES if route.body)
    assert all(route.query()() for route in ROUTES)
