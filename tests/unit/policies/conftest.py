import shutil
from pathlib import Path

import pytest
from moderation.adapters.cedar import SHIPPED, CedarPolicies
from moderation.ports import Policies

from .questions import COMMAND_SOURCE


@pytest.fixture(scope="session")
def shipped() -> CedarPolicies:
    policies = CedarPolicies(command_sources=[COMMAND_SOURCE])
    _: Policies = policies  # it is what the moderator needs
    return policies


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A customer's directory that begins as a copy of the shipped one."""
    for pattern in ("*.cedar", "*.cedarschema"):
        for file in SHIPPED.glob(pattern):
            shutil.copy(file, tmp_path)
    return tmp_path
