"""Redocly and Spectral find nothing to say against the descriptions, and find a mistake."""

import json
from pathlib import Path

import pytest

from contracts.files import DOCS
from local import typescript
from local.typescript import NpmFailed

TOOLS = Path(__file__).parents[2] / "contracts" / "tools"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def redocly(document: Path) -> str:
    return typescript.tool(TOOLS, "redocly", "lint", "--extends=recommended", str(document), environment=QUIET)


def spectral(document: Path) -> str:
    rules = str(TOOLS / "spectral.json")
    return typescript.tool(TOOLS, "spectral", "lint", "--fail-severity=warn", "-r", rules, str(document))


def test_redocly() -> None:
    assert "Your API description is valid" in redocly(DOCS / "openapi.json")


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_spectral(name: str) -> None:
    assert "No results with a severity of 'warn' or higher found!" in spectral(DOCS / name)


def test_a_mistake_is_found(tmp_path: Path) -> None:
    document = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    document["components"]["schemas"]["Mute"]["properties"]["media"]["type"] = "list"
    document["paths"]["/meetings/{meetingId}"]["get"]["operationId"] = "get-me"
    broken = tmp_path / "openapi.json"
    broken.write_text(json.dumps(document))
    for lint in (redocly, spectral):
        with pytest.raises(NpmFailed):
            lint(broken)
