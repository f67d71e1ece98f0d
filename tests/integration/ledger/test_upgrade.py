"""Functions of two versions work side by side during an upgrade, and a table outlives them all: a record is read though
it lacks fields that were added since, or has attributes that this version doesn't know.
"""

from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
from moderation.adapters.dynamodb.records import document_of, record_of
from moderation.domain.meeting import UserRules
from moderation.ports import MeetingRevised, UserRevised
from pydantic.alias_generators import to_camel

from tests.integration.ledger.examples import KEY, SEATED, M, a_user, change, meeting
from tests.integration.ledger.table import Table

RECORDS: list[Any] = [
    meeting(check_at=None),
    a_user("bob", 1, SEATED),
    UserRules(),
    SEATED,
    KEY,
    change(rules_before=UserRules(), rules_after=UserRules("host"), next_attempt_at=None, lease=None),
]


ADDED_LATER = [
    pytest.param(record, field, id=f"{type(record).__name__}.{field.name}")
    for record in RECORDS
    for field in fields(record)
    if field.default is not MISSING or field.default_factory is not MISSING
]


@pytest.mark.parametrize(("record", "field"), ADDED_LATER)
def test_a_field_that_was_added_since_is_read_with_its_default(record: Any, field: Any) -> None:
    default = field.default_factory() if field.default is MISSING else field.default
    record = replace(record, **{field.name: default})
    document = document_of(record)

    document.pop(to_camel(field.name), None)

    assert record_of(type(record), document) == record


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_an_attribute_of_a_later_version_is_ignored(record: Any) -> None:
    document = document_of(record) | {"addedLater": {"by": "a later version"}}

    assert record_of(type(record), document) == record


def test_who_has_nothing_takes_no_room_for_it(table: Table) -> None:
    table.ledger.transact([MeetingRevised(meeting(), 0), UserRevised(M, a_user("bob", 1, SEATED), 0)])

    [image] = [each for each in table.items() if each["sk"]["S"] == "USER#bob"]

    assert not image["rules"]["M"].keys() & {"grant", "hold", "floor", "ban", "waiting", "removedAt", "asked", "agreed"}
    assert "hand" not in image
