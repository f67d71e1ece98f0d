"""Synthesizing takes seconds, so every test of a package reads the same few templates."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.context import read
from infra.tools.node import use_bundled_node

use_bundled_node()

ROOT = Path(__file__).resolve().parents[2]
Template = dict[str, Any]


class Synthesis:
    """Templates by configuration, each made once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._templates: dict[str, Template] = {}
        self.asset = directory / "asset"
        self.asset.mkdir()
        (self.asset / "nothing.py").touch()  # the templates say the same whatever the functions hold

    def template(self, context: Mapping[str, Any]) -> Template:
        key = json.dumps(context, sort_keys=True)
        if key not in self._templates:
            self._templates[key] = self._synthesize(context)
        return self._templates[key]

    def _synthesize(self, context: Mapping[str, Any]) -> Template:
        from aws_cdk import App
        from aws_cdk.assertions import Template as Assertable

        from infra.stack import GavelStack

        app = App(outdir=str(self._directory / str(len(self._templates))), analytics_reporting=False)
        stack = GavelStack(app, read({"assetDirectory": str(self.asset), **context}))
        template: Template = dict(Assertable.from_stack(stack).to_json())
        return template


@pytest.fixture(scope="session")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return Synthesis(tmp_path_factory.mktemp("synthesis"))


@pytest.fixture(scope="session")
def synthesize(synthesis: Synthesis) -> Callable[..., Template]:
    return lambda **context: synthesis.template(context)


@pytest.fixture(scope="session")
def default(synthesis: Synthesis) -> Template:
    return synthesis.template({})


@pytest.fixture(scope="session")
def customized(synthesis: Synthesis) -> Template:
    return synthesis.template(
        {
            "stage": "dev",
            "region": "eu-central-1",
            "jwtIssuer": "https://login.example.com/",
            "jwtAudience": ["meetings"],
            "identityClaim": "oid",
            "corsOrigins": ["https://meet.example.com"],
            "retentionDays": 10,
            "commandMaxAge": 60,
            "functionEnvironment": {"TZ": "UTC"},
        }
    )
