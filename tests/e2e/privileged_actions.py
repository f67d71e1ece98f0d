"""For every grant the smallest action of the function that fails without it.

An action returns whether its effect has happened.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from event_commands.message import Message
from event_commands.processor import CommandProcessor, Result
from moderation.application.live.subscriptions import Subscriptions
from moderation.application.queries.directory import MeetingFilter
from moderation.application.requests import Answer, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Bind, End, Mute, MuteEverybody, Register, Remove
from moderation.ports import Wakeup
from moderation.ports.live import Connection, MeetingDelta, Ticket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.e2e.remote import EXAM_APP
from tests.e2e.role_trial import ADMIN, ALICE, NAME, ROLES, RoleTrial
from tests.e2e.simulator import BATCH, UPDATE, Json
from tests.grants import CLOSES, DUE, LEDGER, MEETINGS, POSTS, USERS, WAKEUPS, Grant

Action = Callable[[RoleTrial], bool]
SILENT, HEARD = "Receive", "SendReceive"
CLASS = ("bob", "carol", "dora")
MAX_AGE = timedelta(minutes=5)
A_RUN = timedelta(seconds=50)
CLOSED = "closed"
SOON = 4.0
"""Seconds after which a posted message has arrived, because posting waits for it."""


def mutes(trial: RoleTrial) -> bool:
    return trial.ask(trial.gavel, Mute(), "bob") == "applied" and trial.has(trial.attendees["bob"]) == SILENT


def mutes_for_a_time(trial: RoleTrial) -> bool:
    """The end needs a wake-up."""
    return trial.ask(trial.gavel, Mute(seconds=600), "bob") == "applied" and trial.wakeups() == 1


def mutes_all(trial: RoleTrial) -> bool:
    return trial.ask(trial.gavel, MuteEverybody()) == "applied" and _are_all_silent(trial)


def removes(trial: RoleTrial) -> bool:
    return trial.ask(trial.gavel, Remove(), "bob") != "busy" and _is_out(trial, "bob")


def ends(trial: RoleTrial) -> bool:
    trial.ask(trial.gavel, End())
    return _is_over(trial)


def binds(trial: RoleTrial) -> bool:
    """Binds before the JoinToken is handed out."""
    attendee = trial.joins("erin")
    return isinstance(trial.gavel.perform(Request(trial.meeting_id, ADMIN, Bind(), attendee_id=attendee)), Answer)


def registers(trial: RoleTrial) -> bool:
    meeting_id = trial.deployed.simulator.create_meeting()
    return isinstance(trial.gavel.perform(Request(meeting_id, ADMIN, Register(roles=ROLES))), Answer)


def reads_history(trial: RoleTrial) -> bool:
    told = trial.gavel.history(trial.meeting_id, ADMIN, after=None, limit=10, attendee_id=None)
    return isinstance(told, dict) and bool(told["items"])


def lists_meetings_of_a_user(trial: RoleTrial) -> bool:
    listed = trial.gavel.meetings(ADMIN, MeetingFilter(user_id="bob"), limit=10, after=None)
    return isinstance(listed, dict) and bool(listed["items"])


def reads_change(trial: RoleTrial) -> bool:
    muted = trial.master.perform(Request(trial.meeting_id, ALICE, Mute(), attendee_id=trial.attendees["bob"]))
    assert isinstance(muted, Answer)
    told = trial.gavel.change(trial.meeting_id, ADMIN, str(muted.change_id))
    return isinstance(told, dict) and told["status"] == "applied"


def processes_command(trial: RoleTrial) -> bool:
    return (
        _outcomes(_told(trial, trial.gavel, _on_bob(trial))) == ["applied"]
        and trial.has(trial.attendees["bob"]) == SILENT
    )


def processes_timed_command(trial: RoleTrial) -> bool:
    return bool(_told(trial, trial.gavel, _on_bob(trial, durationSeconds=600))) and trial.wakeups() == 1


def processes_command_by_name(trial: RoleTrial) -> bool:
    command = {"command": "mute", "externalMeetingId": NAME, "attendeeId": trial.attendees["bob"]}
    return _outcomes(_told(trial, trial.gavel, command)) == ["applied"]


def processes_mute_all(trial: RoleTrial) -> bool:
    _told(trial, trial.gavel, {"command": "mute-all", "meetingId": trial.meeting_id})
    return _are_all_silent(trial)


def binds_by_command(trial: RoleTrial) -> bool:
    attendee = trial.joins("erin")
    _told(trial, trial.gavel, {"command": "mute", "meetingId": trial.meeting_id, "attendeeId": attendee})
    return trial.has(attendee) == SILENT


def processes_removal(trial: RoleTrial) -> bool:
    _told(trial, trial.gavel, {**_on_bob(trial), "command": "remove"})
    return _is_out(trial, "bob")


def processes_end(trial: RoleTrial) -> bool:
    _told(trial, trial.gavel, {"command": "end", "meetingId": trial.meeting_id})
    return _is_over(trial)


def processes_once(trial: RoleTrial) -> bool:
    """The same event is delivered twice."""
    event = str(uuid.uuid4())
    (first,) = _told(trial, trial.master, _on_bob(trial), event)
    (second,) = _told(trial, trial.gavel, _on_bob(trial), event)
    return second.replayed and second.change_id == first.change_id


def binds_on_join(trial: RoleTrial) -> bool:
    """A muted user joins as a second attendee, which has every capability."""
    trial.ask(trial.master, Mute(), "bob")
    attendee = trial.joins("bob")
    trial.gavel.chime_events.on_joined(trial.meeting_id, attendee)
    return trial.has(attendee) == SILENT


def removes_banned_on_join(trial: RoleTrial) -> bool:
    """A banned user joins."""
    trial.ask(trial.master, Remove(ban=True), "bob")
    attendee = trial.joins("bob")
    trial.gavel.chime_events.on_joined(trial.meeting_id, attendee)
    return attendee not in trial.attendees_in_chime()


def schedules_wakeup_on_throttle(trial: RoleTrial) -> bool:
    """Work that cannot be done now is scheduled."""
    trial.ask(trial.master, Mute(), "bob")
    attendee = trial.joins("bob")
    trial.deployed.simulator.fault(trial.meeting_id, operation=UPDATE, count=100, status=429)
    trial.gavel.chime_events.on_joined(trial.meeting_id, attendee)
    return trial.wakeups() == 1


def corrects_drift(trial: RoleTrial) -> bool:
    """Another system gave back what a host had withheld."""
    trial.ask(trial.master, Mute(), "bob")
    trial.clock.pass_by(90)
    attendee = trial.attendees["bob"]
    drifted = {"capabilities": {"Audio": HEARD}, "event": False}
    trial.deployed.simulator.control("POST", f"meetings/{trial.meeting_id}/attendees/{attendee}/capabilities", drifted)
    trial.gavel.chime_events.on_capabilities_updated(trial.meeting_id, attendee)
    return trial.has(attendee) == SILENT


def closes_ended_meeting(trial: RoleTrial) -> bool:
    with trial.deployed.simulator.without("events"):
        trial.deployed.simulator.chime.delete_meeting(MeetingId=trial.meeting_id)
    trial.gavel.chime_events.on_ended(trial.meeting_id)
    return trial.meeting().ended_at is not None


def ends_in_time(trial: RoleTrial) -> bool:
    trial.ask(trial.master, Mute(seconds=60), "bob")
    trial.clock.pass_by(61)
    _runs(trial)
    return trial.has(trial.attendees["bob"]) == HEARD


def finishes_for_all(trial: RoleTrial) -> bool:
    """Chime took nothing while the host waited."""
    with _busy(trial, BATCH):
        assert trial.ask(trial.master, MuteEverybody()) == "pending"
    trial.clock.pass_by(60)
    _runs(trial)
    return _are_all_silent(trial)


def finishes_to_remove(trial: RoleTrial) -> bool:
    with _busy(trial, "DeleteAttendee"):
        trial.ask(trial.master, Remove(), "bob")
    trial.clock.pass_by(60)
    _runs(trial)
    return _is_out(trial, "bob")


def finishes_to_end(trial: RoleTrial) -> bool:
    with _busy(trial, "DeleteMeeting"):
        trial.ask(trial.master, End())
    trial.clock.pass_by(60)
    _runs(trial)
    return _is_over(trial)


def finds_unannounced_attendees(trial: RoleTrial) -> bool:
    trial.ask(trial.master, MuteEverybody())
    attendee = trial.joins("erin")
    trial.clock.pass_by(130)
    _runs(trial)
    return trial.has(attendee) == SILENT


def schedules_next_wakeup(trial: RoleTrial) -> bool:
    """The end is further away than SQS delays a message."""
    trial.ask(trial.master, Mute(seconds=3000), "bob")
    before = trial.wakeups()
    trial.gavel.reconciler.on_wakeup(Wakeup(trial.meeting_id, user_id="bob"))
    return (before, trial.wakeups()) == (1, 2)


def redeems_ticket(trial: RoleTrial) -> bool:
    """The holder of a ticket connects and subscribes."""
    master = trial.connections(by_master=True)
    master.issue(Ticket(sha256(b"secret").hexdigest(), trial.meeting_id, ALICE, trial.clock.now() + MAX_AGE))
    subscriptions = Subscriptions(trial.connections(), trial.clock)
    came = subscriptions.connect("secret", "line") and subscriptions.listen("line", None)
    return came and [listener.connection_id for listener in master.of(trial.meeting_id)] == ["line"]


def sends_snapshot(trial: RoleTrial) -> bool:
    with trial.deployed.line() as (line, page):
        _listens(trial, line, ALICE)
        trial.publisher().publish(MeetingDelta(trial.meeting_id, asked=frozenset({line})))
        return '"snapshot"' in _heard(page)


def closes_connection(trial: RoleTrial) -> bool:
    """Users who are no members any more receive one last message, and their connection is closed."""
    with trial.deployed.line() as (line, page):
        _listens(trial, line, Actor(ActorKind.USER, "nobody"))
        trial.publisher().publish(MeetingDelta(trial.meeting_id, asked=frozenset({line})))
        told, then = _heard(page), _heard(page)
        is_unsubscribed = not trial.connections(by_master=True).of(trial.meeting_id)
        return '"closed"' in told and then == CLOSED and is_unsubscribed


def _listens(trial: RoleTrial, line: str, actor: Actor) -> None:
    master = trial.connections(by_master=True)
    master.connect(Connection(line, trial.meeting_id, actor, trial.clock.now()))
    assert master.listen(line, None, trial.clock.now())


def _heard(page: ClientConnection) -> str:
    """The next message, or `CLOSED`."""
    try:
        return str(page.recv(timeout=SOON))
    except ConnectionClosed:
        return CLOSED
    except TimeoutError:
        return ""


@contextmanager
def _busy(trial: RoleTrial, operation: str) -> Iterator[None]:
    """Chime throttles the operation."""
    trial.deployed.simulator.fault(trial.meeting_id, operation=operation, count=100, status=429)
    yield
    trial.deployed.simulator.fault(trial.meeting_id, operation=operation, count=0)


def _is_out(trial: RoleTrial, user: str) -> bool:
    return trial.attendees[user] not in trial.attendees_in_chime()


def _is_over(trial: RoleTrial) -> bool:
    return not trial.attendees_in_chime() and trial.meeting().ended_at is not None


def _are_all_silent(trial: RoleTrial) -> bool:
    return {trial.has(trial.attendees[user]) for user in CLASS} == {SILENT}


def _runs(trial: RoleTrial) -> None:
    trial.gavel.reconciler.run(trial.clock.now() + A_RUN)


def _on_bob(trial: RoleTrial, **more: object) -> Json:
    return {"command": "mute", "meetingId": trial.meeting_id, "attendeeId": trial.attendees["bob"], **more}


def _told(trial: RoleTrial, gavel: Gavel, command: Json, event: str | None = None) -> list[Result]:
    message = Message(event or str(uuid.uuid4()), trial.clock.now(), Actor(ActorKind.SERVICE, EXAM_APP), command)
    return CommandProcessor(gavel, trial.clock.now, MAX_AGE).process(message)


def _outcomes(results: list[Result]) -> list[str]:
    return [result.outcome for result in results]


SERVICES = {
    LEDGER: "dynamodb",
    USERS: "dynamodb",
    DUE: "dynamodb",
    MEETINGS: "chime",
    WAKEUPS: "sqs",
    POSTS: "execute-api",
    CLOSES: "execute-api",
}


def _on(resource: str, **actions: Action) -> dict[Grant, Action]:
    service = SERVICES[resource]
    return {Grant(f"{service}:{name}", resource): action for name, action in actions.items()}


ACTIONS: dict[str, dict[Grant, Action]] = {
    "host_api": {
        **_on(LEDGER, BatchGetItem=mutes, ConditionCheckItem=mutes, PutItem=mutes, UpdateItem=mutes),
        **_on(LEDGER, GetItem=reads_change, Query=reads_history),
        **_on(USERS, Query=lists_meetings_of_a_user),
        **_on(MEETINGS, UpdateAttendeeCapabilities=mutes, GetAttendee=binds, GetMeeting=registers),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=mutes_all, ListAttendees=mutes_all),
        **_on(MEETINGS, DeleteAttendee=removes, DeleteMeeting=ends),
        **_on(WAKEUPS, SendMessage=mutes_for_a_time),
    },
    "event_commands": {
        **_on(
            LEDGER,
            BatchGetItem=processes_command,
            ConditionCheckItem=processes_command,
            PutItem=processes_command,
            UpdateItem=processes_command,
        ),
        **_on(LEDGER, GetItem=processes_once, Query=processes_command_by_name),
        **_on(MEETINGS, UpdateAttendeeCapabilities=processes_command, GetAttendee=binds_by_command),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=processes_mute_all, ListAttendees=processes_mute_all),
        **_on(MEETINGS, DeleteAttendee=processes_removal, DeleteMeeting=processes_end),
        **_on(WAKEUPS, SendMessage=processes_timed_command),
    },
    "chime_events": {
        **_on(LEDGER, BatchGetItem=binds_on_join, ConditionCheckItem=binds_on_join),
        **_on(LEDGER, PutItem=binds_on_join, UpdateItem=binds_on_join, GetItem=corrects_drift),
        **_on(MEETINGS, GetAttendee=binds_on_join, UpdateAttendeeCapabilities=binds_on_join),
        **_on(MEETINGS, GetMeeting=closes_ended_meeting, DeleteAttendee=removes_banned_on_join),
        **_on(WAKEUPS, SendMessage=schedules_wakeup_on_throttle),
    },
    "live.websocket": _on(LEDGER, DeleteItem=redeems_ticket, GetItem=redeems_ticket, PutItem=redeems_ticket),
    "live.broadcast": {
        **_on(LEDGER, BatchGetItem=sends_snapshot, Query=sends_snapshot, DeleteItem=closes_connection),
        **_on(POSTS, ManageConnections=sends_snapshot),
        **_on(CLOSES, ManageConnections=closes_connection),
    },
    "reconciler": {
        **_on(LEDGER, BatchGetItem=ends_in_time, ConditionCheckItem=ends_in_time, PutItem=ends_in_time),
        **_on(LEDGER, UpdateItem=ends_in_time, GetItem=ends_in_time, Query=finishes_for_all),
        **_on(DUE, Query=ends_in_time),
        **_on(MEETINGS, UpdateAttendeeCapabilities=ends_in_time, GetAttendee=finds_unannounced_attendees),
        **_on(MEETINGS, BatchUpdateAttendeeCapabilitiesExcept=finishes_for_all, ListAttendees=finishes_for_all),
        **_on(MEETINGS, DeleteAttendee=finishes_to_remove, DeleteMeeting=finishes_to_end),
        **_on(WAKEUPS, SendMessage=schedules_next_wakeup),
    },
}
