"""The meeting at the start of a run, registered once by production code and then copied."""

from typing import Any

from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel, Ports
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Register
from moderation.ports import Policies

from tests.memory.chime import MemoryChime
from tests.memory.clock import Clock
from tests.memory.ledger import MemoryLedger
from tests.memory.wakeups import MemoryWakeups

IDS_EACH = 100
"""No id is used twice in a run, whichever meetings it begins with, and ids do not depend on earlier runs."""
MOST_IDS = 2**40 - 1
_KNOWN: dict[Any, tuple[MemoryLedger, MemoryChime]] = {}


def registered(
    key: object, meeting_id: str, body: Register, store: MemoryLedger, rooms: MemoryChime, policies: Policies
) -> None:
    """Fills `store` and `rooms` with the result of the registration."""
    if (meeting_id, key) not in _KNOWN:
        _KNOWN[meeting_id, key] = _register(meeting_id, body, rooms, policies)
    known, chime = _KNOWN[meeting_id, key]
    store.meetings.update(known.meetings)
    store.users.update(known.users)
    store.attendees.update(known.attendees)
    store.changes.update(known.changes)
    store.entries.extend(known.entries)
    rooms.rooms[meeting_id].attendees.update(chime.rooms[meeting_id].attendees)


def _register(
    meeting_id: str, body: Register, rooms: MemoryChime, policies: Policies
) -> tuple[MemoryLedger, MemoryChime]:
    store, chime = MemoryLedger(), MemoryChime()
    room = rooms.rooms[meeting_id]
    opened = chime.open(meeting_id, {}, room.features, room.strict)
    opened.attendees.update(room.attendees)
    clock = Clock()
    clock.count = -int(meeting_id[:8], 16) * IDS_EACH & MOST_IDS
    world = Ports(store, chime, policies, clock, MemoryWakeups())
    answer = Gavel(world).perform(Request(meeting_id, Actor(ActorKind.ADMIN, "back-end"), body))
    assert isinstance(answer, Answer), answer
    assert answer.status == "applied"
    return store, chime
