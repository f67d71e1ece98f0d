"""For every grant the smallest deed of the function that comes to nothing without it.

A deed answers whether what it promises has come true.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from event_commands.message import Message
from event_commands.processor import CommandProcessor, Result
from moderation.application.live.subscriptions import Subscriptions
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Bind, End, Mute, MuteEverybody, Register, Remove
from moderation.ports import Wakeup
from moderation.ports.live import Connection, MeetingDelta, Ticket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.e2e.rehearsal import ADMIN, ALICE, NAME, ROLES, Rehearsal
from tests.e2e.remote import EXAM_APP
from tests.e2e.simulator import BATCH, UPDATE, Json
from tests.grants import CLOSES, DUE, LEDGER, MEETINGS, POSTS, WAKEUPS, Grant

Deed = Callable[[Rehearsal], bool]
SILENT, HEARD = "Receive", "SendReceive"
CLASS = ("bob", "carol", "dora")
MAX_AGE = timedelta(minutes=5)
A_RUN = timedelta(seconds=50)
CLOSED = "closed"
SOON = 4.0
"""Seconds; what was posted has been taken by then, for posting waits for it."""


def mutes(play: Rehearsal) -> bool:
    return play.ask(play.gavel, Mute(), "bob") == "applied" and play.has(play.seats["bob"]) == SILENT


def mutes_for_a_time(play: Rehearsal) -> bool:
    """Somebody has to be reminded of the end."""
    return play.ask(play.gavel, Mute(seconds=600), "bob") == "applied" and play.wakeups() == 1


def mutes_all(play: Rehearsal) -> bool:
    return play.ask(play.gavel, MuteEverybody()) == "applied" and _are_all_silent(play)


def removes(play: Rehearsal) -> bool:
    return play.ask(play.gavel, Remove(), "bob") != "busy" and _is_out(play, "bob")


def ends(play: Rehearsal) -> bool:
    play.ask(play.gavel, End())
    return _is_over(play)


def binds(play: Rehearsal) -> bool:
    """Before the JoinToken is handed out."""
    seat = play.joins("erin")
    return isinstance(play.gavel.perform(Request(play.meeting_id, ADMIN, Bind(), attendee_id=seat)), Answer)


def registers(play: Rehearsal) -> bool:
    meeting_id = play.troupe.simulator.create_meeting()
    return isinstance(play.gavel.perform(Request(meeting_id, ADMIN, Register(roles=ROLES))), Answer)


def tells_the_history(play: Rehearsal) -> bool:
    told = play.gavel.history(play.meeting_id, ADMIN, after=None, limit=10, attendee_id=None)
    return isinstance(told, dict) and bool(told["items"])


def tells_of_a_change(play: Rehearsal) -> bool:
    muted = play.master.perform(Request(play.meeting_id, ALICE, Mute(), attendee_id=play.seats["bob"]))
    assert isinstance(muted, Answer)
    told = play.gavel.change(play.meeting_id, ADMIN, str(muted.change_id))
    return isinstance(told, dict) and told["status"] == "applied"


def obeys(play: Rehearsal) -> bool:
    return _outcomes(_told(play, play.gavel, _on_bob(play))) == ["applied"] and play.has(play.seats["bob"]) == SILENT


def obeys_for_a_time(play: Rehearsal) -> bool:
    return bool(_told(play, play.gavel, _on_bob(play, durationSeconds=600))) and play.wakeups() == 1


def obeys_by_name(play: Rehearsal) -> bool:
    command = {"command": "mute", "externalMeetingId": NAME, "attendeeId": play.seats["bob"]}
    return _outcomes(_told(play, play.gavel, command)) == ["applied"]


def obeys_for_all(play: Rehearsal) -> bool:
    _told(play, play.gavel, {"command": "mute-all", "meetingId": play.meeting_id})
    return _are_all_silent(play)


def obeys_for_a_stranger(play: Rehearsal) -> bool:
    seat = play.joins("erin")
    _told(play, play.gavel, {"command": "mute", "meetingId": play.meeting_id, "attendeeId": seat})
    return play.has(seat) == SILENT


def obeys_to_remove(play: Rehearsal) -> bool:
    _told(play, play.gavel, {**_on_bob(play), "command": "remove"})
    return _is_out(play, "bob")


def obeys_to_end(play: Rehearsal) -> bool:
    _told(play, play.gavel, {"command": "end", "meetingId": play.meeting_id})
    return _is_over(play)


def obeys_once(play: Rehearsal) -> bool:
    """The same event comes a second time."""
    event = str(uuid.uuid4())
    (first,) = _told(play, play.master, _on_bob(play), event)
    (second,) = _told(play, play.gavel, _on_bob(play), event)
    return second.replayed and second.change_id == first.change_id


def hears_who_came(play: Rehearsal) -> bool:
    """A muted person takes a second seat, which may do everything."""
    play.ask(play.master, Mute(), "bob")
    seat = play.joins("bob")
    play.gavel.presence.on_joined(play.meeting_id, seat)
    return play.has(seat) == SILENT


def hears_who_came_back(play: Rehearsal) -> bool:
    """He is banned."""
    play.ask(play.master, Remove(ban=True), "bob")
    seat = play.joins("bob")
    play.gavel.presence.on_joined(play.meeting_id, seat)
    return seat not in play.seats_in_chime()


def hears_who_came_while_chime_is_busy(play: Rehearsal) -> bool:
    """What could not be done now is not forgotten."""
    play.ask(play.master, Mute(), "bob")
    seat = play.joins("bob")
    play.troupe.simulator.fault(play.meeting_id, operation=UPDATE, count=100, status=429)
    play.gavel.presence.on_joined(play.meeting_id, seat)
    return play.wakeups() == 1


def hears_of_drift(play: Rehearsal) -> bool:
    """Somebody else gave back what a host had taken."""
    play.ask(play.master, Mute(), "bob")
    play.clock.pass_by(90)
    seat = play.seats["bob"]
    drifted = {"capabilities": {"Audio": HEARD}, "event": False}
    play.troupe.simulator.control("POST", f"meetings/{play.meeting_id}/attendees/{seat}/capabilities", drifted)
    play.gavel.presence.on_capabilities_updated(play.meeting_id, seat)
    return play.has(seat) == SILENT


def hears_the_end(play: Rehearsal) -> bool:
    with play.troupe.simulator.without("events"):
        play.troupe.simulator.chime.delete_meeting(MeetingId=play.meeting_id)
    play.gavel.presence.on_ended(play.meeting_id)
    return play.meeting().ended_at is not None


def ends_in_time(play: Rehearsal) -> bool:
    play.ask(play.master, Mute(seconds=60), "bob")
    play.clock.pass_by(61)
    _runs(play)
    return play.has(play.seats["bob"]) == HEARD


def finishes_for_all(play: Rehearsal) -> bool:
    """Chime took nothing while the host waited."""
    with _busy(play, BATCH):
        assert play.ask(play.master, MuteEverybody()) == "pending"
    play.clock.pass_by(60)
    _runs(play)
    return _are_all_silent(play)


def finishes_to_remove(play: Rehearsal) -> bool:
    with _busy(play, "DeleteAttendee"):
        play.ask(play.master, Remove(), "bob")
    play.clock.pass_by(60)
    _runs(play)
    return _is_out(play, "bob")


def finishes_to_end(play: Rehearsal) -> bool:
    with _busy(play, "DeleteMeeting"):
        play.ask(play.master, End())
    play.clock.pass_by(60)
    _runs(play)
    return _is_over(play)


def finds_whom_nobody_announced(play: Rehearsal) -> bool:
    play.ask(play.master, MuteEverybody())
    seat = play.joins("erin")
    play.clock.pass_by(130)
    _runs(play)
    return play.has(seat) == SILENT


def reminds_again(play: Rehearsal) -> bool:
    """The end is further away than SQS delays a message."""
    play.ask(play.master, Mute(seconds=3000), "bob")
    before = play.wakeups()
    play.gavel.reconciler.on_wakeup(Wakeup(play.meeting_id, user_id="bob"))
    return (before, play.wakeups()) == (1, 2)


def lets_in(play: Rehearsal) -> bool:
    """Who has a ticket connects, and asks to be told."""
    master = play.listeners(by_master=True)
    master.issue(Ticket(sha256(b"secret").hexdigest(), play.meeting_id, ALICE, play.clock.now() + MAX_AGE))
    door = Subscriptions(play.listeners(), play.clock)
    came = door.connect("secret", "line") and door.listen("line", None)
    return came and [listener.connection_id for listener in master.of(play.meeting_id)] == ["line"]


def tells(play: Rehearsal) -> bool:
    with play.troupe.line() as (line, page):
        _listens(play, line, ALICE)
        play.herald().tell(MeetingDelta(play.meeting_id, asked=frozenset({line})))
        return '"snapshot"' in _heard(page)


def cuts_off(play: Rehearsal) -> bool:
    """Who is nobody in the meeting any more; told so, he is told nothing again, and his line is closed."""
    with play.troupe.line() as (line, page):
        _listens(play, line, Actor(ActorKind.USER, "nobody"))
        play.herald().tell(MeetingDelta(play.meeting_id, asked=frozenset({line})))
        told, then = _heard(page), _heard(page)
        hushed = not play.listeners(by_master=True).of(play.meeting_id)
        return '"closed"' in told and then == CLOSED and hushed


def _listens(play: Rehearsal, line: str, actor: Actor) -> None:
    master = play.listeners(by_master=True)
    master.connect(Connection(line, play.meeting_id, actor, play.clock.now()))
    assert master.listen(line, None, play.clock.now())


def _heard(page: ClientConnection) -> str:
    """The next message, or that there is none."""
    try:
        return str(page.recv(timeout=SOON))
    except ConnectionClosed:
        return CLOSED
    except TimeoutError:
        return ""


@contextmanager
def _busy(play: Rehearsal, operation: str) -> Iterator[None]:
    """Chime does no such thing for the time being."""
    play.troupe.simulator.fault(play.meeting_id, operation=operation, count=100, status=429)
    yield
    play.troupe.simulator.fault(play.meeting_id, operation=operation, count=0)


def _is_out(play: Rehearsal, user: str) -> bool:
    return play.seats[user] not in play.seats_in_chime()


def _is_over(play: Rehearsal) -> bool:
    return not play.seats_in_chime() and play.meeting().ended_at is not None


def _are_all_silent(play: Rehearsal) -> bool:
    return {play.has(play.seats[user]) for user in CLASS} == {SILENT}


def _runs(play: Rehearsal) -> None:
    play.gavel.reconciler.run(play.clock.now() + A_RUN)


def _on_bob(play: Rehearsal, **more: object) -> Json:
    return {"command": "mute", "meetingId": play.meeting_id, "attendeeId": play.seats["bob"], **more}


def _told(play: Rehearsal, gavel: Gavel, command: Json, event: str | None = None) -> list[Result]:
    message = Message(event or str(uuid.uuid4()), play.clock.now(), Actor(ActorKind.SERVICE, EXAM_APP), command)
    return CommandProcessor(gavel, play.clock.now, MAX_AGE).process(message)


def _outcomes(results: list[Result]) -> list[str]:
    return [result.outcome for result in results]


SERVICES = {
    LEDGER: "dynamodb",
    DUE: "dynamodb",
    MEETINGS: "chime",
    WAKEUPS: "sqs",
    POSTS: "execute-api",
    CLOSES: "execute-api",
}


def _on(resource: str, **deeds: Deed) -> dict[Grant, Deed]:
    service = SERVICES[resource]
    return {Grant(f"{service}:{action}", resource): deed for action, deed in deeds.items()}


DEEDS: dict[str, dict[Grant, Deed]] = {
    "host_api": {
        **_on(LEDGER, BatchGetItem=mutes, ConditionCheckItem=mutes, PutItem=mutes, UpdateItem=mutes),
        **_on(LEDGER, GetItem=tells_of_a_change, Query=tells_the_history),
        **_on(MEETINGS, UpdateAttendeeCapabilities=mutes, GetAttendee=binds, GetMeeting=registers),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=mutes_all, ListAttendees=mutes_all),
        **_on(MEETINGS, DeleteAttendee=removes, DeleteMeeting=ends),
        **_on(WAKEUPS, SendMessage=mutes_for_a_time),
    },
    "event_commands": {
        **_on(LEDGER, BatchGetItem=obeys, ConditionCheckItem=obeys, PutItem=obeys, UpdateItem=obeys),
        **_on(LEDGER, GetItem=obeys_once, Query=obeys_by_name),
        **_on(MEETINGS, UpdateAttendeeCapabilities=obeys, GetAttendee=obeys_for_a_stranger),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=obeys_for_all, ListAttendees=obeys_for_all),
        **_on(MEETINGS, DeleteAttendee=obeys_to_remove, DeleteMeeting=obeys_to_end),
        **_on(WAKEUPS, SendMessage=obeys_for_a_time),
    },
    "chime_events": {
        **_on(LEDGER, BatchGetItem=hears_who_came, ConditionCheckItem=hears_who_came),
        **_on(LEDGER, PutItem=hears_who_came, UpdateItem=hears_who_came, GetItem=hears_of_drift),
        **_on(MEETINGS, GetAttendee=hears_who_came, UpdateAttendeeCapabilities=hears_who_came),
        **_on(MEETINGS, GetMeeting=hears_the_end, DeleteAttendee=hears_who_came_back),
        **_on(WAKEUPS, SendMessage=hears_who_came_while_chime_is_busy),
    },
    "live.websocket": _on(LEDGER, DeleteItem=lets_in, GetItem=lets_in, PutItem=lets_in),
    "live.broadcast": {
        **_on(LEDGER, BatchGetItem=tells, Query=tells, DeleteItem=cuts_off),
        **_on(POSTS, ManageConnections=tells),
        **_on(CLOSES, ManageConnections=cuts_off),
    },
    "reconciler": {
        **_on(LEDGER, BatchGetItem=ends_in_time, ConditionCheckItem=ends_in_time, PutItem=ends_in_time),
        **_on(LEDGER, UpdateItem=ends_in_time, GetItem=ends_in_time, Query=finishes_for_all),
        **_on(DUE, Query=ends_in_time),
        **_on(MEETINGS, UpdateAttendeeCapabilities=ends_in_time, GetAttendee=finds_whom_nobody_announced),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=finishes_for_all, ListAttendees=finishes_for_all),
        **_on(MEETINGS, DeleteAttendee=finishes_to_remove, DeleteMeeting=finishes_to_end),
        **_on(WAKEUPS, SendMessage=reminds_again),
    },
}
