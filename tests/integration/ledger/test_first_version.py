"""Items as the first version wrote them, in `first_version.json`: later ones read them and go on from there.

From its release on, the file is never written again. A table outlives the functions, and an upgrade stops no meeting.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.bootstrap import Gavel, Ports
from moderation.domain.capability import Capabilities, Medium
from moderation.domain.change import Status
from moto import mock_aws

from local.aws import ENVIRONMENT
from tests.integration.ledger.backends import dynamodb
from tests.integration.ledger.table import Table, fresh_table
from tests.memory.chime import MemoryChime
from tests.memory.clock import Clock
from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.memory.wakeups import MemoryWakeups

ITEMS = json.loads((Path(__file__).parent / "first_version.json").read_text())
PENDING = "01KQS6WB8A000000000000000Q"
BOB = attendee_of("bob")


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with mock.patch.dict(os.environ, ENVIRONMENT), mock_aws(), fresh_table(dynamodb()) as made:
        for item in ITEMS:
            made.client.put_item(TableName=made.name, Item=item)
        yield made


def test_rules_are_read(table: Table) -> None:
    loaded = table.ledger.load(MEETING, ["alice", "bob"], [BOB], "k" * 64)
    assert loaded.meeting is not None
    rules = loaded.meeting.rules
    assert (rules.mode, rules.frozen_at is not None, loaded.meeting.revision) == ("presentation", True, 3)
    assert [(m.medium, m.reason, m.spared_roles) for m in rules.mute_alls] == (
        [(Medium.AUDIO, "exam", frozenset({"host", "cohost"}))]
    )
    bob = loaded.users["bob"]
    assert [(r.withholds, r.reason, r.until) for r in bob.rules.restrictions] == [
        (Capabilities.SEND_AUDIO, "waits", None),
        (Capabilities.SEND_VIDEO, "noise", datetime(2026, 5, 4, 10, 10, tzinfo=UTC)),
        (Capabilities.SEND_CONTENT, None, None),
    ]
    assert (bob.revision, len(bob.rules.spares), bob.attendees[BOB].gone) == (5, 1, False)
    assert (loaded.users["alice"].rules.role, loaded.attendees) == ("host", {BOB: "bob"})
    assert loaded.key is not None
    assert loaded.key.change_id == PENDING


def test_history_and_changes_are_read(table: Table) -> None:
    entries = table.ledger.history(MEETING, "", "~", 50, None).entries
    assert len(entries) == sum(item["sk"]["S"].startswith("ENTRY#") for item in ITEMS)
    ids = [item["sk"]["S"].removeprefix("CHANGE#") for item in ITEMS if item["sk"]["S"].startswith("CHANGE#")]
    changes = [table.ledger.change(MEETING, id_) for id_ in ids]
    assert [change.command for change in changes if change is not None] == (
        ["register", "mute", "set-capabilities", "mute-all", "unmute", "mute", "set-meeting"]
    )


def test_what_it_left_pending_is_finished(table: Table) -> None:
    """Chime has been changed behind Gavel's back: the comparison that is due as well puts that right."""
    chime, clock = MemoryChime(), Clock()
    chime.open(MEETING, {attendee_of(user): user for user in ("alice", "cora", "bob")})
    clock.pass_by(130)
    gavel = Gavel(Ports(table.ledger, chime, CedarPolicies(), clock, MemoryWakeups()))
    gavel.reconciler.run(clock.now() + timedelta(seconds=50))
    finished = table.ledger.change(MEETING, PENDING)
    assert finished is not None
    assert (finished.status, finished.next_attempt_at) == (Status.APPLIED, None)
    held = chime.held(MEETING, BOB)
    assert not held & (Capabilities.SEND_AUDIO | Capabilities.SEND_VIDEO | Capabilities.SEND_CONTENT)
