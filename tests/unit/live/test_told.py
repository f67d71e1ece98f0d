"""What those who listen see: always what they would be shown if they asked, and nothing besides."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moderation.application.live import publisher as herald_module
from moderation.application.live.messages import MOST_BYTES
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import Medium
from moderation.domain.commands import (
    EndFloor,
    GrantFloor,
    Hold,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Release,
    Remove,
    SetMeeting,
    SetRole,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.entry import Entry, concerning
from moderation.domain.meeting import User, UserRules
from moderation.models.meetings import MOST_SPARED
from moderation.ports import LedgerUnavailableError
from moderation.ports.live import MeetingDelta

from tests.memory.live import House, Page
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat
from tests.unit.application.hall import Hall

EVERYBODY = ("alice", "cora", "bob", "carol")
REASON = "a reason that is nobody else's business"


@pytest.fixture
def house() -> House:
    return House(Hall())


@pytest.fixture
def pages(house: House) -> dict[str, Page]:
    return {user: house.opens(user) for user in EVERYBODY}


def shown(scene: ModeratedMeeting, page: Page) -> dict[str, Any]:
    """What the routes of the API answer to the same person, without those who are gone: after the end that is all."""
    actor = Actor(ActorKind.USER, page.user)
    attendees: Any = scene.gavel.attendees(MEETING, actor, limit=100, after=None)
    return timeless(
        {
            "meeting": scene.gavel.meeting(MEETING, actor),
            "me": scene.gavel.me(MEETING, actor),
            "attendees": {a["attendeeId"]: a for a in attendees["items"] if a["status"] != "gone"},
        }
    )


def on(page: Page) -> dict[str, Any]:
    return timeless({"meeting": page.meeting, "me": page.me, "attendees": page.attendees})


def timeless(shown: dict[str, Any]) -> dict[str, Any]:
    """Nobody is told that a second has passed."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(inner) for key, inner in value.items() if key != "remainingSeconds"}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    found: dict[str, Any] = without(shown)
    return found


def deeds(hall: Hall) -> Iterator[str]:
    yield "nothing at all"
    hall.ask("alice", Mute(reason=REASON, seconds=30), "bob")
    yield "a mute"
    hall.ask("bob", Mute(), "bob")
    yield "his own"
    hall.ask("bob", Mute(), "alice")
    yield "an attempt that is refused"
    hall.say("alice", MuteEverybody(reason=REASON))
    yield "a mute-all"
    hall.comes("dora")
    hall.gavel.presence.on_joined(MEETING, seat("dora"))
    yield "a newcomer"
    hall.say("alice", SetMeeting(mode="presentation"))
    yield "a mode"
    hall.say("alice", SetMeeting(frozen=True))
    yield "frozen"
    hall.say("alice", SetMeeting(frozen=False))
    yield "thawed"
    hall.say("alice", UnmuteEverybody())
    hall.say("alice", SetMeeting(mode="open"))
    yield "two things at once"
    hall.comes("erin")
    hall.gavel.presence.on_joined(MEETING, seat("erin"))
    yield "a newcomer to whom nothing is done"
    yield from deeds_on_people(hall)
    hall.chime_refuses()
    hall.ask("alice", Mute(reason=REASON), "carol")
    yield "what Chime has not taken yet"
    hall.chime_recovers()
    hall.reconcile(seconds=40)
    yield "and then takes"
    hall.reconcile(seconds=60)
    yield "what has ended by itself"
    hall.goes("carol")
    hall.ask("alice", Unmute(), "carol")
    yield "who is gone"
    del hall.chime.rooms[MEETING]
    hall.gavel.presence.on_ended(MEETING)
    yield "the end"


def deeds_on_people(hall: Hall) -> Iterator[str]:
    hall.ask("bob", RaiseHand(), "bob")
    hall.ask("carol", RaiseHand(), "carol")
    yield "two hands"
    hall.ask("alice", GrantFloor(seconds=120, reason=REASON), "bob")
    yield "the floor, and a hand that is down"
    hall.ask("alice", LowerHand(), "carol")
    hall.ask("alice", EndFloor(), "bob")
    yield "neither"
    hall.ask("alice", Hold(reason=REASON), "carol")
    yield "held"
    hall.ask("alice", Release(), "carol")
    yield "and released"
    hall.ask("alice", SetRole(role="presenter"), "bob")
    yield "another role"
    hall.ask("alice", Remove(ban=True, reason=REASON), "erin")
    yield "banned"


def test_every_page_shows_what_its_owner_would_be_shown(house: House, pages: dict[str, Page]) -> None:
    scene = house.scene
    assert isinstance(scene, Hall)
    for deed in deeds(scene):
        house.pump()
        for page in pages.values():
            assert on(page) == shown(scene, page), (deed, page.user)


def test_news_that_comes_late_and_twice_does_no_harm(house: House, pages: dict[str, Page]) -> None:
    scene = house.scene
    assert isinstance(scene, Hall)
    told = [house.news() for _ in deeds(scene)]
    for news in [*told, *told[3:], told[2]]:
        house.herald.tell(news)
    house.pump()
    for page in pages.values():
        assert on(page) == shown(scene, page), page.user
    written = {entry.id for entry in scene.entries()}
    assert pages["alice"].entries.keys() == {entry.id for news in told for entry in news.entries} <= written


def test_whoever_comes_late_is_shown_the_same(house: House) -> None:
    scene = house.scene
    assert isinstance(scene, Hall)
    for deed in deeds(scene):
        if deed == "the end":
            return
        page = house.opens("bob")
        assert on(page) == shown(scene, page), deed
        house.listening.disconnect(page.connection_id)


def test_moderators_see_the_history_as_it_is_written(house: House, pages: dict[str, Page]) -> None:
    scene = house.scene
    assert isinstance(scene, Hall)
    began = house.opens("alice").cursor
    for _ in deeds(scene):
        house.pump()
    actor = Actor(ActorKind.USER, "alice")
    history: Any = scene.gavel.history(MEETING, actor, after=began, limit=100, attendee_id=None)
    written = {entry["entryId"]: entry for entry in history["items"] if entry["command"] != "register"}
    assert written
    assert pages["alice"].entries == pages["cora"].entries == written


def test_others_hear_of_what_was_done_to_them_alone(house: House, pages: dict[str, Page]) -> None:
    scene = house.scene
    assert isinstance(scene, Hall)
    for _ in deeds(scene):
        house.pump()
    for user in ("bob", "carol"):
        told = list(pages[user].entries.values())
        assert told
        assert {a["externalUserId"] for entry in told for a in entry["attendees"]} == {user}
        assert "Moderation Decided" not in {entry["type"] for entry in told}
        assert not any({"parameters", "policies", "verdict"} & entry.keys() for entry in told)


def test_of_what_an_entry_adds_the_person_is_told_what_is_his(house: House, pages: dict[str, Page]) -> None:
    """Types that come later add what nobody has thought of yet."""
    entry = Entry(
        id="01JZ",
        type="Unmute Requested",
        meeting_id=MEETING,
        external_meeting_id="",
        occurred_at=house.scene.surroundings.now(),
        actor=Actor(ActorKind.USER, "alice"),
        command="unmute-all",
        revision="m2",
        extra={
            "attendees": [concerning(seat(user), user) for user in ("bob", "carol")],
            "until": "2026-05-04T10:01:00.000Z",
            "moderators": "a secret",
        },
    )
    house.herald.tell(MeetingDelta(MEETING, (entry,)))
    house.pump()
    told = pages["bob"].entries["01JZ"]
    assert told["attendees"] == [concerning(seat("bob"), "bob")]
    assert told["until"] == "2026-05-04T10:01:00.000Z"
    assert "moderators" not in told
    assert pages["alice"].entries["01JZ"]["moderators"] == "a secret"


def test_nobody_learns_why_another_was_muted(house: House, pages: dict[str, Page]) -> None:
    heard: list[str] = []
    take = Page.take
    page = pages["carol"]
    house.scene.ask("alice", Mute(reason=REASON), "bob")
    house.herald.tell(house.news())
    for message in house.lines.sent[page.connection_id]:
        heard.append(json.dumps(message))
        take(page, message)
    assert page.attendees[seat("bob")]["capabilities"]["audio"] == "Receive"
    assert REASON not in "".join(heard)
    assert "alice" not in "".join(heard)
    assert all("limits" not in a for key, a in page.attendees.items() if key != seat("carol"))


def test_the_person_himself_learns_why(house: House, pages: dict[str, Page]) -> None:
    house.scene.ask("alice", Mute(reason=REASON), "bob")
    house.pump()
    [limit] = pages["bob"].attendees[seat("bob")]["limits"]
    assert (limit["actor"], limit["reason"]) == ("alice", REASON)
    assert pages["bob"].me["attendee"]["capabilities"]["audio"] == "Receive"


def test_who_concerns_nobody_hears_nothing(house: House, pages: dict[str, Page]) -> None:
    house.scene.ask("bob", Mute(), "carol")
    house.herald.tell(house.news())
    assert house.lines.sent.keys() == {pages["alice"].connection_id, pages["cora"].connection_id}


def test_the_back_end_may_listen_and_see_all(house: House) -> None:
    page = house.opens(ADMIN)
    assert page.me["role"] is None
    house.scene.ask("alice", Mute(reason=REASON), "bob")
    house.pump()
    assert page.attendees[seat("bob")]["limits"][0]["reason"] == REASON
    assert any(entry["reason"] == REASON for entry in page.entries.values())


def test_who_comes_back_is_told_what_he_missed(house: House) -> None:
    page = house.opens("alice")
    house.listening.disconnect(page.connection_id)
    house.scene.surroundings.pass_by(60)
    house.scene.ask("alice", Mute(reason=REASON), "bob")
    house.pump()
    assert not page.entries
    again = house.opens("alice", after=page.cursor)
    types = [entry["type"] for entry in again.entries.values() if entry["command"] == "mute"]
    assert types == ["Moderation Decided", "Attendee Capabilities Changed"]
    assert on(again) == shown(house.scene, again)
    assert not house.opens("alice").entries, "without a cursor nothing is past"


def test_what_was_missed_comes_in_parts_without_a_gap(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald_module, "TOGETHER", 2)
    monkeypatch.setattr(herald_module, "MOST_MISSED", 3)
    first = house.opens("alice")
    for number in range(4):
        house.scene.ask("alice", Mute(reason=f"{number}") if number % 2 == 0 else Unmute(reason=f"{number}"), "bob")
    page = house.opens("alice", after=first.cursor)
    assert page.more
    while page.more:
        assert house.listening.listen(page.connection_id, page.cursor)
        house.pump()
    assert {e["reason"] for e in page.entries.values() if e["command"] != "register"} == {"0", "1", "2", "3"}


def test_a_large_meeting_comes_in_messages_that_fit() -> None:
    people = [f"u{number:03d}" for number in range(80)]
    hall = Hall(roles={"alice": "host"} | dict.fromkeys(people, "participant"))
    house = House(hall)
    alice = house.opens("alice")
    house.lines.sizes.clear()
    hall.say("alice", MuteEverybody(reason=REASON))
    house.pump()
    assert {alice.attendees[seat(user)]["capabilities"]["audio"] for user in people} == {"Receive"}
    assert len(house.lines.sizes) > 1
    assert max(house.lines.sizes) <= MOST_BYTES + len(
        '{"type":"change","part":10,"cursor":"..........................."}'
    )


def test_however_many_have_a_role_every_message_fits() -> None:
    """The roles alone are more than a message holds: they come in pieces, and the page has them all."""
    house = House(Hall())
    many = {f"user-{number:04d}-{'x' * 50}": "participant" for number in range(3_000)}
    for user_id, role in many.items():
        user = User(user_id, UserRules(role=role))
        house.scene.ledger.users[MEETING, user_id] = user
    alice, bob = house.opens("alice"), house.opens("bob")
    assert alice.meeting["roles"].items() >= many.items()
    assert alice.meeting["roles"]["alice"] == "host"
    assert "roles" not in bob.meeting
    house.scene.ask("alice", MuteEverybody(), "bob")
    house.pump()
    assert alice.meeting["roles"].items() >= many.items()
    assert (alice.closed, house.lines.closed) == (None, [])


def test_however_many_are_spared_every_message_fits() -> None:
    """By each of three mute-alls as many as may be named, in letters of two bytes."""
    house = House(Hall())
    named = tuple(f"{'é' * 60}{number:04d}" for number in range(MOST_SPARED))
    alice = house.opens("alice")
    for medium in Medium:
        house.scene.ask("alice", MuteEverybody(media=(medium,), spared_users=named, reason="é" * 500), "bob")
        house.pump()
    assert [each["except"]["externalUserIds"] for each in alice.meeting["muteAll"]] == [sorted(named)] * 3
    assert max(house.lines.sizes) > 90_000, "three quarters of what a message may hold"
    assert house.lines.closed == []


def test_an_entry_that_is_too_large_comes_without_its_lists(house: House, pages: dict[str, Page]) -> None:
    attendees = [concerning(seat(f"u{number}"), f"u{number}" * 10) | {"note": "x" * 400} for number in range(400)]
    entry = Entry(
        id="01JZ",
        type="Moderation Decided",
        meeting_id=MEETING,
        external_meeting_id="",
        occurred_at=house.scene.surroundings.now(),
        actor=Actor(ActorKind.USER, "alice"),
        command="mute-all",
        revision="m2",
        reason="exam",
        extra={"verdict": "accepted", "policies": [], "code": None, "parameters": {}, "attendees": attendees},
    )
    house.herald.tell(MeetingDelta(MEETING, (entry,)))
    house.pump()
    told = pages["alice"].entries["01JZ"]
    assert told["truncated"] is True
    assert (told["command"], told["reason"], told["verdict"]) == ("mute-all", "exam", "accepted")
    assert "attendees" not in told
    assert house.lines.closed == []


def test_the_whole_meeting_is_told_once_for_each_of_its_revisions(house: House, pages: dict[str, Page]) -> None:
    revised = MeetingDelta(MEETING, revision=house.scene.meeting().revision + 1)
    assert house.herald.tell(revised) == len(pages)
    checked = MeetingDelta(MEETING, revision=house.scene.meeting().revision)
    assert house.herald.tell(checked) == 0, "that it was checked is noted every two minutes, and changes nothing"


def test_nothing_is_read_where_nobody_listens(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LedgerUnavailableError

    house.scene.ask("alice", Mute(), "bob")
    news = house.news()
    monkeypatch.setattr(house.scene.ledger, "load", refuse)
    monkeypatch.setattr(house.scene.ledger, "everybody", refuse)
    assert house.herald.tell(news) == 0
