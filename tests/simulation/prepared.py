"""The meeting that a run begins with, registered by production code once and copied from then on."""

from typing import Any

from moderation.core.actor import Actor, ActorKind
from moderation.core.command import Register
from moderation.moderator.request import Answer, Request
from moderation.ports import Policies, World
from moderation.wiring import Gavel

from tests.memory.chime import MemoryChime
from tests.memory.ledger import MemoryLedger
from tests.memory.reminders import MemoryReminders
from tests.memory.scene import MEETING
from tests.memory.surroundings import Surroundings

_KNOWN: dict[Any, tuple[MemoryLedger, MemoryChime]] = {}


def registered(key: object, body: Register, store: MemoryLedger, rooms: MemoryChime, policies: Policies) -> None:
    """Fills `store` and `rooms` with what registering the meeting made of them."""
    if key not in _KNOWN:
        _KNOWN[key] = _register(body, rooms, policies)
    known, chime = _KNOWN[key]
    store.meetings.update(known.meetings)
    store.users.update(known.users)
    store.seats.update(known.seats)
    store.changes.update(known.changes)
    store.entries.extend(known.entries)
    rooms.rooms[MEETING].seats.update(chime.rooms[MEETING].seats)


def _register(body: Register, rooms: MemoryChime, policies: Policies) -> tuple[MemoryLedger, MemoryChime]:
    store, chime = MemoryLedger(), MemoryChime()
    room = rooms.rooms[MEETING]
    opened = chime.open(MEETING, {}, room.features, room.strict)
    opened.seats.update(room.seats)
    world = World(store, chime, policies, Surroundings(), MemoryReminders())
    answer = Gavel(world).perform(Request(MEETING, Actor(ActorKind.ADMIN, "back-end"), body))
    assert isinstance(answer, Answer), answer
    assert answer.status == "applied"
    return store, chime
