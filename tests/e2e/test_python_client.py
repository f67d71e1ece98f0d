"""The Python client on the deployed stack: a back end's whole story, events, commands by event."""

import asyncio
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from gavel_client import (
    AsyncGavel,
    CapabilityUnavailableError,
    CreatedAttendee,
    Gavel,
    NotAdmitted,
    NotFoundError,
    NotPermittedError,
    RevisionError,
    parse_event,
    put_command,
)
from gavel_client.models import AttendeeCapabilitiesChanged, MuteCommand

from local.aws import REGION, client
from tests.e2e.deadline import until
from tests.e2e.meeting import BACK_END, EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.remote import EXAM_APP, EventCommandSupport


@pytest.fixture(scope="module")
def gavel(local_stack: ObservedStack) -> Iterator[Gavel]:
    """The back end."""
    with Gavel(
        local_stack.stack.api_url, lambda: local_stack.stack.token(BACK_END, scope="gavel/admin"), timeout=90
    ) as found:
        yield found


def test_the_back_ends_story(local_stack: ObservedStack, gavel: Gavel) -> None:
    """Register, then let users join: muted before they are heard, waiting, banned."""
    chime = client("chime-sdk-meetings", local_stack.stack.chime_url)
    created = chime.create_meeting(ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId="story", MediaRegion=REGION)
    meeting_id = created["Meeting"]["MeetingId"]
    registered = gavel.meetings.register(meeting_id, roles={"alice": "host"})
    room = gavel.meeting(meeting_id)
    assert (registered.external_meeting_id, room.get().revision) == ("story", registered.revision)

    assert room.user("bob").mute(reason="guests come muted").status == "stored"
    bob = gavel.create_attendee(chime, meeting_id, "bob", "participant")
    assert isinstance(bob, CreatedAttendee)
    assert bob.join_info["JoinToken"]
    assert (bob.attendee.capabilities.audio, bob.attendee.status) == ("Receive", "applied")
    assert local_stack.simulator.has(meeting_id, bob.join_info["AttendeeId"]) == MUTED

    room.ban("dave", reason="insults")
    assert gavel.create_attendee(chime, meeting_id, "dave") == NotAdmitted("dave", "banned")
    room.update(lobby=True, if_match=room.get().revision)
    assert gavel.create_attendee(chime, meeting_id, "erin") == NotAdmitted("erin", "waiting")
    assert [each.external_user_id for each in room.lobby()] == ["erin"]
    room.answer_lobby("erin")
    assert isinstance(gavel.create_attendee(chime, meeting_id, "erin"), CreatedAttendee)
    listed = list(gavel.meetings.list(external_meeting_id="story", limit=1))
    assert meeting_id in {each.meeting_id for each in listed}
    of_erin = gavel.meetings.list(user_id="erin", since=listed[-1].registered_at)
    assert meeting_id in {each.meeting_id for each in of_erin}
    chime.close()


def test_commands_and_what_they_answer(meeting: ModeratedMeeting, gavel: Gavel) -> None:
    bob = gavel.meeting(meeting.meeting_id).user("bob")
    before = bob.get()
    muted = bob.mute(duration="5m", reason="noise", on_behalf_of="alice", idempotency_key="once")
    assert muted.before is not None
    assert (muted.before.audio, meeting.has("bob")) == ("SendReceive", MUTED)
    again = bob.mute(duration="5m", reason="noise", on_behalf_of="alice", idempotency_key="once")
    assert (again.replayed, again.change_id) == (True, muted.change_id)
    with pytest.raises(RevisionError):
        bob.unmute(if_match=before.revision)
    settled = muted.wait()
    assert settled is not None
    assert (settled.status, settled.actor.id, settled.reason) == ("applied", "alice", "noise")
    [limit] = [each for each in bob.get().limits or [] if each.by == "restriction"]
    assert (limit.actor, limit.reason, limit.liftable_by) == ("alice", "noise", "host")


def test_errors(meeting: ModeratedMeeting, gavel: Gavel) -> None:
    room = gavel.meeting(meeting.meeting_id)
    with pytest.raises(NotPermittedError) as refused:
        gavel.on_behalf_of("bob").meeting(meeting.meeting_id).user("carol").mute()
    assert refused.value.policies
    room.update(mode="presentation", on_behalf_of="alice")
    with pytest.raises(CapabilityUnavailableError) as unavailable:
        room.user("bob").unmute()
    assert [each.by for each in unavailable.value.limits] == ["policy"]
    with pytest.raises(NotFoundError, match="meeting-not-found"):
        gavel.meetings.get(str(uuid.uuid4()))


@pytest.mark.parametrize("user", ["a/b", "Zoë K", "n#c&d=e", "x{y}[z]", "a.b:c|d"])
def test_ids_with_trouble(meeting: ModeratedMeeting, gavel: Gavel, user: str) -> None:
    room = gavel.meeting(meeting.meeting_id)
    room.user(user).set_role("presenter")
    shown = room.user(user).get(on_behalf_of="alice")
    assert (shown.external_user_id, shown.role) == (user, "presenter")
    assert gavel.on_behalf_of(user).meeting(meeting.meeting_id).me().role == "presenter"


def test_pages_and_history(meeting: ModeratedMeeting, gavel: Gavel) -> None:
    room = gavel.meeting(meeting.meeting_id)
    assert {each.external_user_id for each in room.attendees(limit=1)} == set(meeting.attendees)
    changes = [room.user(user).hold().change_id for user in ("bob", "carol")]
    told = [each.change_id for each in room.history(limit=2, command="hold") if each.type == "Moderation Decided"]
    assert told == changes


def test_events_are_typed(local_stack: ObservedStack, meeting: ModeratedMeeting, gavel: Gavel) -> None:
    """Every event that the stack sends for the meeting can be parsed, and none is unknown."""
    muted = gavel.meeting(meeting.meeting_id).user("bob").mute(reason="noise")
    assert muted.change_id is not None
    events = [parse_event(event) for event in local_stack.bus_events.until_changed(meeting.meeting_id, muted.change_id)]
    [changed] = [event for event in events if isinstance(event, AttendeeCapabilitiesChanged)]
    assert changed.detail.attendees[0].after.model_dump() == MUTED
    assert changed.detail.reason == "noise"


@pytest.mark.usefixtures("remote")
def test_a_command_on_the_bus(
    local_stack: ObservedStack, meeting: ModeratedMeeting, remote: EventCommandSupport
) -> None:
    events = client("events", local_stack.stack.aws_endpoint_url)
    command = MuteCommand(command="mute", meeting_id=meeting.meeting_id, external_user_id="bob", reason="exam")
    assert put_command(events, local_stack.stack.bus, command, source=EXAM_APP)
    until(lambda: meeting.has("bob") == MUTED, 60, "the command is carried out")
    events.close()


def test_the_asynchronous_client(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    async def story() -> None:
        async with AsyncGavel(local_stack.stack.api_url, local_stack.stack.token("alice"), timeout=90) as gavel:
            room = gavel.meeting(meeting.meeting_id)
            await asyncio.gather(*(room.user(user).mute() for user in ("bob", "carol")))
            assert [meeting.has("bob"), meeting.has("carol"), meeting.has("alice")] == [MUTED, MUTED, EVERYTHING]
            assert (await room.me()).role == "host"
            silent = [each.external_user_id async for each in room.attendees() if each.capabilities.audio == "Receive"]
            assert {"bob", "carol"} <= set(silent)

    with ThreadPoolExecutor(1) as thread:  # a browser of other tests may hold the event loop of this one
        thread.submit(asyncio.run, story()).result()
