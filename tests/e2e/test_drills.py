"""A host's decision survives everything between their click and Chime. All drills run at once, then each is checked."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.bus_events import CHANGED, DECIDED, kinds
from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.drill import Drill, ends_applied, kill_workers
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack

TROUBLE: dict[str, tuple[dict[str, object], ...]] = {
    "throttled ten times": ({"status": 429, "count": 10},),
    "unavailable three times": ({"status": 503, "count": 3},),
    "cut off before the call": ({"dropConnection": "before"},),
    "cut off after the call": ({"dropConnection": "after"},),
    "answers after five seconds": ({"delayMs": 5000, "count": 4},),
    "everything in turn": (
        {"status": 503},
        {"dropConnection": "after"},
        {"status": 429, "count": 2},
        {"delayMs": 5000},
        {"dropConnection": "before"},
    ),
}
TAKEOVER = 120
"""Seconds: a lease of 15, a call's life of 30, a minute until the next tick, and the command itself."""

Killed = tuple[ModeratedMeeting, httpx.Response]
Overtaken = tuple[ModeratedMeeting, str, int]
"""The meeting, the change that came later, and how many calls there were after it."""


@pytest.fixture(scope="module")
def killed(local_stack: ObservedStack) -> Killed:
    """The worker dies while Chime's answer is on its way: the change is committed, done, and not settled."""
    meeting = local_stack.meeting()
    before = len(meeting.changes())
    meeting.fault(delayMs=10_000, count=2)
    with ThreadPoolExecutor(1) as host:
        posted = host.submit(meeting.alice.post, meeting.at("bob", "/mute"), {"reason": "the worker is killed"})
        until(lambda: len(meeting.changes()) > before, 10, "the call reaches Chime")
        assert kill_workers(local_stack.stack, "host-api")
        meeting.fault(count=0)
        return meeting, posted.result()


@pytest.fixture(scope="module")
def overtaken(local_stack: ObservedStack, killed: Killed) -> Overtaken:
    """A mute whose call was cut off, and which is done ten seconds later, when the host has unmuted long since."""
    meeting = local_stack.meeting()
    meeting.fault(dropConnection="after", effectAfterMs=10_000)
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "late"}))
    unmuted = done(meeting.alice.post(meeting.at("bob", "/unmute")))["changeId"]
    return meeting, unmuted, len(meeting.changes())


@pytest.fixture(scope="module")
def drills(local_stack: ObservedStack, overtaken: Overtaken) -> Iterator[dict[str, tuple[Drill, Future[None]]]]:
    """Started together after the worker was killed, so that none of them is hit as well."""
    with ThreadPoolExecutor(len(TROUBLE)) as hosts:
        all_of_them = [Drill(name, trouble, local_stack.meeting()) for name, trouble in TROUBLE.items()]
        yield {drill.name: (drill, hosts.submit(drill.start)) for drill in all_of_them}


@pytest.mark.parametrize("name", TROUBLE)
def test_in_trouble_the_change_ends_applied(drills: dict[str, tuple[Drill, Future[None]]], name: str) -> None:
    drill, started = drills[name]
    started.result()
    ends_applied(drill.meeting, drill.change_id)


def test_a_host_does_not_wait_for_ever(drills: dict[str, tuple[Drill, Future[None]]]) -> None:
    """Late answers use up the function's time; its answer says where to look, and the change is still pending then."""
    drill, started = drills["answers after five seconds"]
    started.result()
    assert drill.told["status"] == "pending"
    assert drill.told["attendee"]["status"] == "pending"


def test_the_host_is_told_at_once_where_trying_again_helps(drills: dict[str, tuple[Drill, Future[None]]]) -> None:
    for name in ("unavailable three times", "cut off before the call", "cut off after the call"):
        drill, started = drills[name]
        started.result()
        assert drill.told["status"] == "applied"


def test_what_chime_refuses_for_good_is_taken_back(meeting: ModeratedMeeting) -> None:
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    meeting.fault(status=400)
    refused = problem(meeting.alice.post(meeting.at("bob", "/unmute")), 502, "chime-refused")
    assert "simulator" not in refused["detail"]
    shown = meeting.shown("bob")
    assert (shown["capabilities"], shown["status"], meeting.has("bob")) == (MUTED, "applied", MUTED)
    assert [limit["reason"] for limit in shown["limits"]] == ["noise"]
    change_id = refused["changeId"]
    assert meeting.change(change_id)["status"] == "abandoned"
    assert meeting.story(change_id) == [DECIDED, "Moderation Abandoned"]
    events = meeting.local_stack.bus_events.until(
        meeting.meeting_id, lambda seen: "Moderation Abandoned" in kinds(seen)
    )
    assert CHANGED not in kinds([event for event in events if event["detail"]["changeId"] == change_id])
    assert meeting.story(muted["changeId"]) == [DECIDED, CHANGED]
    done(meeting.alice.post(meeting.at("bob", "/unmute")))
    assert meeting.has("bob") == EVERYTHING


def test_what_the_media_servers_do_not_take_is_applied_again(meeting: ModeratedMeeting) -> None:
    """Chime's API took it, so the host was told `applied`; Chime's event tells that it is not so."""
    meeting.fault(success=0)
    muted = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert muted["status"] == "applied"
    until(lambda: meeting.has("bob") == MUTED, 60, "the event is heard, and the update applied again")
    meeting.local_stack.bus_events.until(meeting.meeting_id, lambda seen: "Moderation Delayed" in kinds(seen))
    until(lambda: meeting.shown("bob")["status"] == "applied", 60, "and noted")


def test_who_has_left_is_gone(meeting: ModeratedMeeting) -> None:
    """It is no failure: nobody is there who could be heard. When they come again, it binds them."""
    with meeting.local_stack.simulator.without("events"):
        meeting.local_stack.simulator.chime.delete_attendee(
            MeetingId=meeting.meeting_id, AttendeeId=meeting.attendees["bob"]
        )
    answer = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert (answer["status"], answer["attendee"]["status"]) == ("gone", "gone")
    assert meeting.change(answer["changeId"])["status"] == "gone"
    assert meeting.story(answer["changeId"]) == [DECIDED]
    assert meeting.shown("bob")["status"] == "gone"
    again = meeting.join("bob")
    back = done(meeting.alice.get(f"/attendees/{again}"))
    assert (back["capabilities"], [limit["reason"] for limit in back["limits"]]) == (MUTED, ["noise"])


def test_a_call_that_takes_effect_late_is_put_right(overtaken: Overtaken) -> None:
    """It undoes what was ordered after it, so Chime is looked at again when it can't come any more."""
    meeting, unmuted, calls = overtaken
    assert meeting.shown("bob")["capabilities"] == EVERYTHING
    until(lambda: len(meeting.changes()) > calls, TAKEOVER, "Chime was found to differ")
    until(lambda: meeting.has("bob") == EVERYTHING, 10, "it has been put right")
    assert meeting.change(unmuted)["status"] == "applied"
    assert meeting.shown("bob")["status"] == "applied"


def test_another_worker_goes_on_where_one_was_killed(killed: Killed) -> None:
    """The host gets an error of the infrastructure; their decision was committed, and is applied."""
    meeting, answer = killed
    assert answer.status_code >= 500
    change_id = next(entry["changeId"] for entry in meeting.alice.history() if entry["command"] == "mute")
    story = ends_applied(meeting, change_id, TAKEOVER)
    assert story == [DECIDED, "Moderation Delayed", CHANGED]
