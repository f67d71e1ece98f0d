"""One body of tests for every ledger. Servers live as long as the tests of this package, tables as long as one test."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from moderation.ports import Ledger
from moto import mock_aws

from tests.integration.ledger.backends import NOBODY_THERE, dynamodb, ministack_client
from tests.integration.ledger.table import Table, fresh_table
from tests.memory.ledger import MemoryLedger


@pytest.fixture(scope="package")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with ministack_client(tmp_path_factory.mktemp("ministack")) as client:
        yield client


@pytest.fixture(scope="package")
def to_aws() -> Iterator[Any]:
    """A client takes longer to make than most tests to run."""
    with closing(dynamodb()) as client:
        yield client


@pytest.fixture
def moto(to_aws: Any) -> Iterator[Any]:
    """For one test alone: while it lasts, no client of this process reaches AWS or any other emulator. Transactions are
    not isolated from each other, so nothing concurrent is tried on it.
    """
    with mock_aws():
        yield to_aws


@pytest.fixture(params=["moto", "ministack"])
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """For what DynamoDB alone has: items, pages, hooks."""
    with fresh_table(request.getfixturevalue(request.param)) as fresh:
        yield fresh


@pytest.fixture(params=["memory", "moto", "ministack"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    with fresh_table(request.getfixturevalue(request.param)) as fresh:
        yield fresh.ledger


@pytest.fixture(params=["memory", "ministack"])
def shared(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """For many threads at once."""
    if request.param == "memory":
        yield MemoryLedger()
        return
    with fresh_table(request.getfixturevalue(request.param)) as fresh:
        yield fresh.ledger


@pytest.fixture
def unreachable() -> Iterator[Any]:
    """A client for faults that are injected before anything is sent."""
    with closing(dynamodb(NOBODY_THERE)) as client:
        yield client
