"""As many people as a meeting holds, forty of them restricted one by one: few calls, and each has what is his."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.caller import Json, done
from tests.e2e.deadline import until
from tests.e2e.remote import EventCommandSupport
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre
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
SILENCED = {"SendReceive": "Receive", "Send": "None"}


@pytest.fixture(scope="module")
def crowded(theatre: Theatre, remote: EventCommandSupport) -> Iterator[ModeratedMeeting]:
    """Chime's quota and its 250 events of arrival are no part of what is looked at."""
    simulator = theatre.simulator
    with simulator.without("quota", "events"):
        meeting_id = simulator.create_meeting()
        scene = ModeratedMeeting(theatre, meeting_id, simulator.join_together(meeting_id, [*ROLES, *OTHERS]))
        scene.register({"roles": ROLES})
        with ThreadPoolExecutor(2) as hands:
            restricted = [hands.submit(restrict, scene, n, user) for n, user in enumerate(RESTRICTED)]
        for hand in restricted:
            hand.result()
    yield scene
    simulator.chime.delete_meeting(MeetingId=meeting_id)


def restrict(scene: ModeratedMeeting, number: int, user: str) -> None:
    method, deed, body = KINDS[number % len(KINDS)]
    done(scene.alice.send(method, scene.at(user, deed), body))


def silenced(user: str, had: dict[str, str]) -> dict[str, str]:
    """What a mute-all that spares hosts leaves of what somebody had: the rule, said once more."""
    return had if user in HOSTS else had | {"audio": SILENCED.get(had["audio"], had["audio"])}


def shown_to_a_host(scene: ModeratedMeeting) -> dict[str, dict[str, str]]:
    """All pages of the list: AttendeeId → what the rules say, of whom nothing is left to be done."""
    found, token = [], ""
    while True:
        page = done(scene.alice.get("/attendees?limit=100" + (f"&nextToken={token}" if token else "")))
        found += page["items"]
        token = page["nextToken"]
        if not token:
            break
    assert {attendee["status"] for attendee in found if attendee["externalUserId"] != LEAVER} == {"applied"}
    return {attendee["attendeeId"]: attendee["capabilities"] for attendee in found}


def few(calls: list[Json], outcomes: list[Json]) -> None:
    """No more calls than there are different outcomes, and one; none of them throttled."""
    distinct = {str(outcome["capabilities"]) for outcome in outcomes if outcome["outcome"] == "applied"}
    assert {call["status"] for call in calls} == {200}
    assert 2 <= len(calls) <= len(distinct) + 1


def test_mute_all_and_back(crowded: ModeratedMeeting) -> None:
    """Somebody comes in another's place after the first batch, and before it is answered."""
    scene, simulator = crowded, crowded.theatre.simulator
    before = simulator.have(scene.meeting_id)
    assert len(before) == PEOPLE
    assert len({str(had) for had in before.values()}) >= 7
    began = len(scene.changes())
    scene.fault(operation=BATCH, delayMs=800)
    with ThreadPoolExecutor(1) as host:
        asked = host.submit(scene.alice.post, "/mute-all", {"reason": "exam"})
        until(lambda: len(scene.changes()) > began, 20, "the first call")
        simulator.chime.delete_attendee(MeetingId=scene.meeting_id, AttendeeId=scene.seats[LEAVER])
        newcomer = scene.join("newcomer")
        until(lambda: simulator.has(scene.meeting_id, newcomer)["audio"] == "Receive", SECONDS, "he is muted")
        answer = done(asked.result())
    assert answer["status"] == "applied"
    outcomes = [outcome for outcome in answer["outcomes"] if outcome["attendeeId"] != newcomer]
    assert {outcome["attendeeId"]: outcome["externalUserId"] for outcome in outcomes} == {
        seat: user for user, seat in scene.seats.items()
    }
    assert {o["externalUserId"] for o in outcomes if o["outcome"] == "spared"} == set(HOSTS)
    few([call for call in scene.changes()[began:] if call["attendeeId"] != newcomer], outcomes)

    present = {user: seat for user, seat in scene.seats.items() if user != LEAVER}
    expected = {seat: silenced(user, before[seat]) for user, seat in present.items()} | {newcomer: MUTED}
    until(lambda: simulator.have(scene.meeting_id) == expected, SECONDS, "each has exactly what the rules say")
    until(lambda: newcomer in shown_to_a_host(scene), SECONDS, "the newcomer is known")
    assert {seat: has for seat, has in shown_to_a_host(scene).items() if seat in expected} == expected

    began = len(scene.changes())
    lifted = done(scene.alice.post("/unmute-all", {}))
    assert lifted["status"] == "applied"
    few(scene.changes()[began:], lifted["outcomes"])
    had = {seat: before[seat] for seat in present.values()} | {newcomer: EVERYTHING}
    assert simulator.have(scene.meeting_id) == had
    assert {seat: has for seat, has in shown_to_a_host(scene).items() if seat in had} == had
