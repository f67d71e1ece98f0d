"""A full meeting, with forty users restricted individually: few calls, and each gets the right capabilities."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.caller import Caller, Json, done
from tests.e2e.deadline import until, until_equal
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.remote import EventCommandSupport
from tests.e2e.simulator import BATCH

PEOPLE = 250
SECONDS = 5
HOSTS = ("alice", "hugo")
VIEWERS = tuple(f"viewer-{number}" for number in range(5))
ROLES = {**dict.fromkeys(HOSTS, "host"), **dict.fromkeys(VIEWERS, "viewer")}
OTHERS = tuple(f"person-{number:03d}" for number in range(PEOPLE - len(ROLES)))
KINDS: tuple[tuple[str, str, Json], ...] = (
    ("POST", "/mute", {"reason": "noise"}),
    ("POST", "/mute", {"durationSeconds": 3600}),
    ("POST", "/mute", {"liftableBy": "self"}),
    ("POST", "/mute", {"media": ["video"]}),
    ("POST", "/mute", {"media": ["content"]}),
    ("POST", "/mute", {"media": ["audio", "video", "content"]}),
    ("PATCH", "/capabilities", {"audio": "None"}),
    ("PATCH", "/capabilities", {"video": "Receive", "content": "Receive"}),
)
RESTRICTED = OTHERS[:40]
LEAVER = OTHERS[-1]
CHANGED = ("applied", "pending")
SILENCED = {"SendReceive": "Receive", "Send": "None"}


@pytest.fixture(scope="module")
def crowded(local_stack: ObservedStack, remote: EventCommandSupport) -> Iterator[ModeratedMeeting]:
    """Chime's quota and its 250 events of arrival are no part of what is looked at."""
    simulator = local_stack.simulator
    with simulator.without("quota", "events"):
        meeting_id = simulator.create_meeting()
        meeting = ModeratedMeeting(local_stack, meeting_id, simulator.join_together(meeting_id, [*ROLES, *OTHERS]))
        meeting.register({"roles": ROLES})
        with ThreadPoolExecutor(2) as hands:
            restricted = [hands.submit(restrict, meeting, n, user) for n, user in enumerate(RESTRICTED)]
        for hand in restricted:
            hand.result()
    yield meeting
    simulator.chime.delete_meeting(MeetingId=meeting_id)


def restrict(meeting: ModeratedMeeting, number: int, user: str) -> None:
    method, path, body = KINDS[number % len(KINDS)]
    done(meeting.alice.send(method, meeting.at(user, path), body))


def silenced(user: str, had: dict[str, str]) -> dict[str, str]:
    """What a mute-all that spares hosts leaves of what somebody had: the rule, said once more."""
    return had if user in HOSTS else had | {"audio": SILENCED.get(had["audio"], had["audio"])}


def shown(meeting: ModeratedMeeting, caller: Caller) -> dict[str, tuple[str, dict[str, str]]]:
    """All pages of the list: AttendeeId → status and effective capabilities of those who have not left."""
    found, token = [], ""
    while True:
        page = done(caller.get("/attendees?limit=100" + (f"&nextToken={token}" if token else "")))
        found += page["items"]
        token = page["nextToken"]
        if not token:
            break
    there = [attendee for attendee in found if attendee["externalUserId"] != LEAVER]
    return {attendee["attendeeId"]: (attendee["status"], attendee["capabilities"]) for attendee in there}


def applied(capabilities: dict[str, dict[str, str]]) -> dict[str, tuple[str, dict[str, str]]]:
    return {attendee: ("applied", has) for attendee, has in capabilities.items()}


def few(calls: list[Json], outcomes: list[Json], plans: int = 1) -> None:
    """No more calls than there are different outcomes, and one for each plan; none of them throttled. Who comes or goes
    between two calls has the rest planned anew.
    """
    distinct = {str(outcome["capabilities"]) for outcome in outcomes if outcome["outcome"] in CHANGED}
    assert {call["status"] for call in calls} == {200}
    assert 2 <= len(calls) <= len(distinct) + plans


def test_mute_all_and_back(crowded: ModeratedMeeting) -> None:
    """Somebody comes in another's place after the first batch, and before it is answered."""
    meeting, simulator = crowded, crowded.local_stack.simulator
    before = simulator.have(meeting.meeting_id)
    assert len(before) == PEOPLE
    assert len({str(had) for had in before.values()}) >= 7
    began = len(meeting.changes())
    meeting.fault(operation=BATCH, delayMs=800)
    with ThreadPoolExecutor(1) as host:
        asked = host.submit(meeting.alice.post, "/mute-all", {"reason": "exam"})
        until(lambda: len(meeting.changes()) > began, 20, "the first call")
        simulator.chime.delete_attendee(MeetingId=meeting.meeting_id, AttendeeId=meeting.attendees[LEAVER])
        newcomer = meeting.join("newcomer")
        until(
            lambda: simulator.has(meeting.meeting_id, newcomer)["audio"] == "Receive", SECONDS, "the attendee is muted"
        )
        answer = meeting.settled(asked.result())
    outcomes = [outcome for outcome in answer["outcomes"] if outcome["attendeeId"] != newcomer]
    assert {outcome["attendeeId"]: outcome["externalUserId"] for outcome in outcomes} == {
        attendee: user for user, attendee in meeting.attendees.items()
    }
    assert {o["externalUserId"] for o in outcomes if o["outcome"] == "spared"} == set(HOSTS)
    few([call for call in meeting.changes()[began:] if call["attendeeId"] != newcomer], outcomes, plans=3)

    present = {user: attendee for user, attendee in meeting.attendees.items() if user != LEAVER}
    expected = {attendee: silenced(user, before[attendee]) for user, attendee in present.items()} | {newcomer: MUTED}
    until_equal(lambda: simulator.have(meeting.meeting_id), expected, SECONDS, "each has exactly what the rules say")
    until_equal(lambda: shown(meeting, meeting.admin), applied(expected), SECONDS, "everybody is known, and settled")
    assert shown(meeting, meeting.alice) == applied(expected)

    began = len(meeting.changes())
    lifted = meeting.settled(meeting.alice.post("/unmute-all", {}))
    few(meeting.changes()[began:], lifted["outcomes"])
    had = {attendee: before[attendee] for attendee in present.values()} | {newcomer: EVERYTHING}
    assert simulator.have(meeting.meeting_id) == had
    assert shown(meeting, meeting.alice) == applied(had)
