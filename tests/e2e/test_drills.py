"""A host's decision survives everything between his click and Chime. All drills run at once, then each is looked at."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.drill import Drill, ends_applied, kill_workers
from tests.e2e.scene import EVERYTHING, MUTED, ModeratedMeeting, Theatre
from tests.e2e.tap import CHANGED, DECIDED, kinds

TROUBLE: dict[str, tuple[dict[str, object], ...]] = {
    "throttled ten times": ({"status": 429, "count": 10},),
    "unavailable three times": ({"status": 503, "count": 3},),
    "cut off before the deed": ({"dropConnection": "before"},),
    "cut off after the deed": ({"dropConnection": "after"},),
    "answers after five seconds": ({"delayMs": 5000, "count": 4},),
    "everything in turn": (
        {"status": 503},
        {"dropConnection": "after"},
        {"status": 429, "count": 2},
        {"delayMs": 5000},
        {"dropConnection": "before"},
    ),
}
GATEWAY = 29
"""Seconds that API Gateway waits; ten of them are the function's own budget, the rest is for cold starts."""
TAKEOVER = 120
"""Seconds: a lease of 15, a call's life of 30, a minute until the next tick, and the deed itself."""

Killed = tuple[ModeratedMeeting, httpx.Response]
Overtaken = tuple[ModeratedMeeting, str, int]
"""The scene, the change that came later, and how many calls there were after it."""


@pytest.fixture(scope="module")
def killed(theatre: Theatre) -> Killed:
    """The worker dies while Chime's answer is on its way: the change is committed, done, and not settled."""
    scene = theatre.scene()
    before = len(scene.changes())
    scene.fault(delayMs=2000)
    with ThreadPoolExecutor(1) as host:
        posted = host.submit(scene.alice.post, scene.at("bob", "/mute"), {"reason": "the worker is killed"})
        until(lambda: len(scene.changes()) > before, 10, "the call reaches Chime")
        assert kill_workers(theatre.stack, "host-api")
        return scene, posted.result()


@pytest.fixture(scope="module")
def overtaken(theatre: Theatre, killed: Killed) -> Overtaken:
    """A mute whose call was cut off, and which is done ten seconds later, when the host has unmuted long since."""
    scene = theatre.scene()
    scene.fault(dropConnection="after", effectAfterMs=10_000)
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "late"}))
    unmuted = done(scene.alice.post(scene.at("bob", "/unmute")))["changeId"]
    return scene, unmuted, len(scene.changes())


@pytest.fixture(scope="module")
def drills(theatre: Theatre, overtaken: Overtaken) -> Iterator[dict[str, tuple[Drill, Future[None]]]]:
    """Started together after the worker was killed, so that none of them is hit as well."""
    with ThreadPoolExecutor(len(TROUBLE)) as hosts:
        all_of_them = [Drill(name, trouble, theatre.scene()) for name, trouble in TROUBLE.items()]
        yield {drill.name: (drill, hosts.submit(drill.start)) for drill in all_of_them}


@pytest.mark.parametrize("name", TROUBLE)
def test_in_trouble_the_change_ends_applied(drills: dict[str, tuple[Drill, Future[None]]], name: str) -> None:
    drill, started = drills[name]
    started.result()
    ends_applied(drill.scene, drill.change_id)


def test_a_host_does_not_wait_for_ever(drills: dict[str, tuple[Drill, Future[None]]]) -> None:
    """Three answers that are late use up the ten seconds; he hears where to look."""
    drill, started = drills["answers after five seconds"]
    started.result()
    assert drill.told["status"] == "pending"
    assert drill.told["attendee"]["status"] == "pending"
    assert drill.answer is not None
    assert 5 < drill.answer.elapsed.total_seconds() < GATEWAY


def test_the_host_is_told_at_once_where_trying_again_helps(drills: dict[str, tuple[Drill, Future[None]]]) -> None:
    for name in ("unavailable three times", "cut off before the deed", "cut off after the deed"):
        drill, started = drills[name]
        started.result()
        assert drill.told["status"] == "applied"


def test_what_chime_refuses_for_good_is_taken_back(scene: ModeratedMeeting) -> None:
    muted = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    scene.fault(status=400)
    refused = problem(scene.alice.post(scene.at("bob", "/unmute")), 502, "chime-refused")
    assert "simulator" not in refused["detail"]
    shown = scene.shown("bob")
    assert (shown["capabilities"], shown["status"], scene.has("bob")) == (MUTED, "applied", MUTED)
    assert [limit["reason"] for limit in shown["limits"]] == ["noise"]
    change_id = refused["changeId"]
    assert scene.change(change_id)["status"] == "abandoned"
    assert scene.story(change_id) == [DECIDED, "Moderation Abandoned"]
    events = scene.theatre.tap.until(scene.meeting_id, lambda seen: "Moderation Abandoned" in kinds(seen))
    assert CHANGED not in kinds([event for event in events if event["detail"]["changeId"] == change_id])
    assert scene.story(muted["changeId"]) == [DECIDED, CHANGED]
    done(scene.alice.post(scene.at("bob", "/unmute")))
    assert scene.has("bob") == EVERYTHING


def test_what_the_media_servers_do_not_take_is_applied_again(scene: ModeratedMeeting) -> None:
    """Chime's API took it, so the host was told `applied`; Chime's event tells that it is not so."""
    scene.fault(success=0)
    muted = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    assert muted["status"] == "applied"
    until(lambda: scene.has("bob") == MUTED, 60, "the event is heard, and the update applied again")
    scene.theatre.tap.until(scene.meeting_id, lambda seen: "Moderation Delayed" in kinds(seen))
    until(lambda: scene.shown("bob")["status"] == "applied", 60, "and noted")


def test_who_has_left_is_gone(scene: ModeratedMeeting) -> None:
    """It is no failure: nobody is there who could be heard. When they come again, it binds them."""
    with scene.theatre.simulator.without("events"):
        scene.theatre.simulator.chime.delete_attendee(MeetingId=scene.meeting_id, AttendeeId=scene.seats["bob"])
    answer = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    assert (answer["status"], answer["attendee"]["status"]) == ("gone", "gone")
    assert scene.change(answer["changeId"])["status"] == "gone"
    assert scene.story(answer["changeId"]) == [DECIDED]
    assert scene.shown("bob")["status"] == "gone"
    again = scene.join("bob")
    back = done(scene.alice.get(f"/attendees/{again}"))
    assert (back["capabilities"], [limit["reason"] for limit in back["limits"]]) == (MUTED, ["noise"])


def test_a_call_that_takes_effect_late_is_put_right(overtaken: Overtaken) -> None:
    """It undoes what was ordered after it, so Chime is looked at again when it can't come any more, and told again."""
    scene, unmuted, calls = overtaken
    assert scene.shown("bob")["capabilities"] == EVERYTHING
    until(lambda: len(scene.changes()) > calls, TAKEOVER, "Chime was found to differ")
    until(lambda: scene.has("bob") == EVERYTHING, 10, "it has been put right")
    assert scene.change(unmuted)["status"] == "applied"
    assert scene.shown("bob")["status"] == "applied"


def test_another_worker_goes_on_where_one_was_killed(killed: Killed) -> None:
    """The host hears a failure of the machine; what he decided was committed, and is carried out."""
    scene, answer = killed
    assert answer.status_code >= 500
    change_id = next(entry["changeId"] for entry in scene.alice.history() if entry["command"] == "mute")
    story = ends_applied(scene, change_id, TAKEOVER)
    assert story == [DECIDED, "Moderation Delayed", CHANGED]
