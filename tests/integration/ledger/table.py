"""The table as CloudFormation makes it, for emulators that are given no template."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from moderation.adapters.dynamodb.ledger import DynamoLedger

from tests.integration.ledger.examples import NOW

RETENTION = timedelta(days=7)
NUMBERS = count()


def table_definition(name: str) -> dict[str, Any]:
    """What `CreateTable` takes. Whatever a stack sets besides is of no account to what the ledger promises."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", "dueShard", "dueAt", "userListed", "listedAt")
        ],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "due",
                "KeySchema": _keys("dueShard", "dueAt"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "users",
                "KeySchema": _keys("userListed", "listedAt"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


@dataclass(frozen=True, slots=True)
class Table:
    """One table and the ledger on it. `client` takes event hooks; they are the test's to unregister."""

    client: Any
    name: str

    @property
    def ledger(self) -> DynamoLedger:
        return self.at(NOW)

    def at(self, now: datetime) -> DynamoLedger:
        return DynamoLedger(self.client, self.name, RETENTION, lambda: now)

    def keeping(self, retention: timedelta) -> DynamoLedger:
        return DynamoLedger(self.client, self.name, retention, lambda: NOW)

    def items(self) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    @contextmanager
    def hooked(self, event: str, handler: Any) -> Iterator[None]:
        """With a handler on one of botocore's events, as `after-call.dynamodb.Query`."""
        self.client.meta.events.register(event, handler)
        try:
            yield
        finally:
            self.client.meta.events.unregister(event, handler)


@contextmanager
def fresh_table(client: Any) -> Iterator[Table]:
    """Every test has a table of its own: the allowance and the `due` index know no meetings. It has no stream, because
    moto copies all of it for each item of each transaction.
    """
    name = f"ledger-{next(NUMBERS)}"
    client.create_table(**{k: v for k, v in table_definition(name).items() if k != "StreamSpecification"})
    try:
        yield Table(client, name)
    finally:
        client.delete_table(TableName=name)
