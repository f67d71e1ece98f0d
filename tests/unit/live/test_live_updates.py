"""Subscribers always see what the same query over HTTP would show them, and nothing else."""

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

from tests.memory.live import LiveMeeting, Page
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of
from tests.unit.application.commanded_meeting import CommandedMeeting

EVERYBODY = ("alice", "cora", "bob", "carol")
REASON = "a reason that is nobody else's business"


@pytest.fixture
def live() -> LiveMeeting:
    return LiveMeeting(CommandedMeeting())


@pytest.fixture
def pages(live: LiveMeeting) -> dict[str, Page]:
    return {user: live.opens(user) for user in EVERYBODY}


def shown(meeting: ModeratedMeeting, page: Page) -> dict[str, Any]:
    """The API's answers to the same user, without departed attendees: after the end that is all."""
    actor = Actor(ActorKind.USER, page.user)
    attendees: Any = meeting.gavel.attendees(MEETING, actor, limit=100, after=None)
    return timeless(
        {
            "meeting": meeting.gavel.meeting(MEETING, actor),
            "me": meeting.gavel.me(MEETING, actor),
            "attendees": {a["attendeeId"]: a for a in attendees["items"] if a["status"] != "gone"},
        }
    )


def on(page: Page) -> dict[str, Any]:
    return timeless({"meeting": page.meeting, "me": page.me, "attendees": page.attendees})


def timeless(shown: dict[str, Any]) -> dict[str, Any]:
    """Without fields that only follow from the time."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(inner) for key, inner in value.items() if key != "remainingSeconds"}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    found: dict[str, Any] = without(shown)
    return found


def steps(meeting: CommandedMeeting) -> Iterator[str]:
    yield "nothing at all"
    meeting.ask("alice", Mute(reason=REASON, seconds=30), "bob")
    yield "a mute"
    meeting.ask("bob", Mute(), "bob")
    yield "the user's own"
    meeting.ask("bob", Mute(), "alice")
    yield "an attempt that is refused"
    meeting.say("alice", MuteEverybody(reason=REASON))
    yield "a mute-all"
    meeting.comes("dora")
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("dora"))
    yield "a newcomer"
    meeting.say("alice", SetMeeting(mode="presentation"))
    yield "a mode"
    meeting.say("alice", SetMeeting(frozen=True))
    yield "frozen"
    meeting.say("alice", SetMeeting(frozen=False))
    yield "thawed"
    meeting.say("alice", UnmuteEverybody())
    meeting.say("alice", SetMeeting(mode="open"))
    yield "two things at once"
    meeting.comes("erin")
    meeting.gavel.chime_events.on_joined(MEETING, attendee_of("erin"))
    yield "a newcomer without a change"
    yield from user_commands(meeting)
    meeting.chime_refuses()
    meeting.ask("alice", Mute(reason=REASON), "carol")
    yield "what Chime has not taken yet"
    meeting.chime_recovers()
    meeting.reconcile(seconds=40)
    yield "and then takes"
    meeting.reconcile(seconds=60)
    yield "what has ended by itself"
    meeting.goes("carol")
    meeting.ask("alice", Unmute(), "carol")
    yield "who is gone"
    del meeting.chime.rooms[MEETING]
    meeting.gavel.chime_events.on_ended(MEETING)
    yield "the end"


def user_commands(meeting: CommandedMeeting) -> Iterator[str]:
    meeting.ask("bob", RaiseHand(), "bob")
    meeting.ask("carol", RaiseHand(), "carol")
    yield "two hands"
    meeting.ask("alice", GrantFloor(seconds=120, reason=REASON), "bob")
    yield "the floor, and a hand that is down"
    meeting.ask("alice", LowerHand(), "carol")
    meeting.ask("alice", EndFloor(), "bob")
    yield "neither"
    meeting.ask("alice", Hold(reason=REASON), "carol")
    yield "held"
    meeting.ask("alice", Release(), "carol")
    yield "and released"
    meeting.ask("alice", SetRole(role="presenter"), "bob")
    yield "another role"
    meeting.ask("alice", Remove(ban=True, reason=REASON), "erin")
    yield "banned"


def test_every_page_shows_what_its_owner_would_be_shown(live: LiveMeeting, pages: dict[str, Page]) -> None:
    meeting = live.meeting
    assert isinstance(meeting, CommandedMeeting)
    for step in steps(meeting):
        live.pump()
        for page in pages.values():
            assert on(page) == shown(meeting, page), (step, page.user)


def test_news_that_comes_late_and_twice_does_no_harm(live: LiveMeeting, pages: dict[str, Page]) -> None:
    meeting = live.meeting
    assert isinstance(meeting, CommandedMeeting)
    told = [live.delta() for _ in steps(meeting)]
    for news in [*told, *told[3:], told[2]]:
        live.publisher.publish(news)
    live.pump()
    for page in pages.values():
        assert on(page) == shown(meeting, page), page.user
    written = {entry.id for entry in meeting.entries()}
    assert pages["alice"].entries.keys() == {entry.id for news in told for entry in news.entries} <= written


def test_a_late_subscriber_is_shown_the_same(live: LiveMeeting) -> None:
    meeting = live.meeting
    assert isinstance(meeting, CommandedMeeting)
    for step in steps(meeting):
        if step == "the end":
            return
        page = live.opens("bob")
        assert on(page) == shown(meeting, page), step
        live.subscriptions.disconnect(page.connection_id)


def test_moderators_see_the_history_as_it_is_written(live: LiveMeeting, pages: dict[str, Page]) -> None:
    meeting = live.meeting
    assert isinstance(meeting, CommandedMeeting)
    began = live.opens("alice").cursor
    for _ in steps(meeting):
        live.pump()
    actor = Actor(ActorKind.USER, "alice")
    history: Any = meeting.gavel.history(MEETING, actor, after=began, limit=100, attendee_id=None)
    written = {entry["entryId"]: entry for entry in history["items"] if entry["command"] != "register"}
    assert written
    assert pages["alice"].entries == pages["cora"].entries == written


def test_others_hear_of_what_was_done_to_them_alone(live: LiveMeeting, pages: dict[str, Page]) -> None:
    meeting = live.meeting
    assert isinstance(meeting, CommandedMeeting)
    for _ in steps(meeting):
        live.pump()
    for user in ("bob", "carol"):
        told = list(pages[user].entries.values())
        assert told
        assert {a["externalUserId"] for entry in told for a in entry["attendees"]} == {user}
        assert "Moderation Decided" not in {entry["type"] for entry in told}
        assert not any({"parameters", "policies", "verdict"} & entry.keys() for entry in told)


def test_of_an_entrys_detail_users_see_their_own_part(live: LiveMeeting, pages: dict[str, Page]) -> None:
    """Later types of entries have details that no test knows yet."""
    entry = Entry(
        id="01JZ",
        type="Unmute Requested",
        meeting_id=MEETING,
        external_meeting_id="",
        occurred_at=live.meeting.clock.now(),
        actor=Actor(ActorKind.USER, "alice"),
        command="unmute-all",
        revision="m2",
        extra={
            "attendees": [concerning(attendee_of(user), user) for user in ("bob", "carol")],
            "until": "2026-05-04T10:01:00.000Z",
            "moderators": "a secret",
        },
    )
    live.publisher.publish(MeetingDelta(MEETING, (entry,)))
    live.pump()
    told = pages["bob"].entries["01JZ"]
    assert told["attendees"] == [concerning(attendee_of("bob"), "bob")]
    assert told["until"] == "2026-05-04T10:01:00.000Z"
    assert "moderators" not in told
    assert pages["alice"].entries["01JZ"]["moderators"] == "a secret"


def test_nobody_learns_why_another_was_muted(live: LiveMeeting, pages: dict[str, Page]) -> None:
    heard: list[str] = []
    take = Page.take
    page = pages["carol"]
    live.meeting.ask("alice", Mute(reason=REASON), "bob")
    live.publisher.publish(live.delta())
    for message in live.gateway.sent[page.connection_id]:
        heard.append(json.dumps(message))
        take(page, message)
    assert page.attendees[attendee_of("bob")]["capabilities"]["audio"] == "Receive"
    assert REASON not in "".join(heard)
    assert "alice" not in "".join(heard)
    assert all("limits" not in a for key, a in page.attendees.items() if key != attendee_of("carol"))


def test_the_user_concerned_learns_why(live: LiveMeeting, pages: dict[str, Page]) -> None:
    live.meeting.ask("alice", Mute(reason=REASON), "bob")
    live.pump()
    [limit] = pages["bob"].attendees[attendee_of("bob")]["limits"]
    assert (limit["actor"], limit["reason"]) == ("alice", REASON)
    assert pages["bob"].me["attendee"]["capabilities"]["audio"] == "Receive"


def test_who_concerns_nobody_hears_nothing(live: LiveMeeting, pages: dict[str, Page]) -> None:
    live.meeting.ask("bob", Mute(), "carol")
    live.publisher.publish(live.delta())
    assert live.gateway.sent.keys() == {pages["alice"].connection_id, pages["cora"].connection_id}


def test_the_back_end_may_listen_and_see_all(live: LiveMeeting) -> None:
    page = live.opens(ADMIN)
    assert page.me["role"] is None
    live.meeting.ask("alice", Mute(reason=REASON), "bob")
    live.pump()
    assert page.attendees[attendee_of("bob")]["limits"][0]["reason"] == REASON
    assert any(entry["reason"] == REASON for entry in page.entries.values())


def test_a_client_that_comes_back_is_told_what_it_missed(live: LiveMeeting) -> None:
    page = live.opens("alice")
    live.subscriptions.disconnect(page.connection_id)
    live.meeting.clock.pass_by(60)
    live.meeting.ask("alice", Mute(reason=REASON), "bob")
    live.pump()
    assert not page.entries
    again = live.opens("alice", after=page.cursor)
    types = [entry["type"] for entry in again.entries.values() if entry["command"] == "mute"]
    assert types == ["Moderation Decided", "Attendee Capabilities Changed"]
    assert on(again) == shown(live.meeting, again)
    assert not live.opens("alice").entries, "without a cursor nothing is past"


def test_what_was_missed_comes_in_parts_without_a_gap(live: LiveMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herald_module, "TOGETHER", 2)
    monkeypatch.setattr(herald_module, "MOST_MISSED", 3)
    first = live.opens("alice")
    for number in range(4):
        live.meeting.ask("alice", Mute(reason=f"{number}") if number % 2 == 0 else Unmute(reason=f"{number}"), "bob")
    page = live.opens("alice", after=first.cursor)
    assert page.more
    while page.more:
        assert live.subscriptions.listen(page.connection_id, page.cursor)
        live.pump()
    assert {e["reason"] for e in page.entries.values() if e["command"] != "register"} == {"0", "1", "2", "3"}


def test_a_large_meeting_comes_in_messages_that_fit() -> None:
    users = [f"u{number:03d}" for number in range(80)]
    meeting = CommandedMeeting(roles={"alice": "host"} | dict.fromkeys(users, "participant"))
    live = LiveMeeting(meeting)
    alice = live.opens("alice")
    live.gateway.sizes.clear()
    meeting.say("alice", MuteEverybody(reason=REASON))
    live.pump()
    assert {alice.attendees[attendee_of(user)]["capabilities"]["audio"] for user in users} == {"Receive"}
    assert len(live.gateway.sizes) > 1
    assert max(live.gateway.sizes) <= MOST_BYTES + len(
        '{"type":"change","part":10,"cursor":"..........................."}'
    )


def test_however_many_have_a_role_every_message_fits() -> None:
    """The roles alone are more than a message holds: they come in parts, and the page has them all."""
    live = LiveMeeting(CommandedMeeting())
    many = {f"user-{number:04d}-{'x' * 50}": "participant" for number in range(3_000)}
    for user_id, role in many.items():
        user = User(user_id, UserRules(role=role))
        live.meeting.ledger.users[MEETING, user_id] = user
    alice, bob = live.opens("alice"), live.opens("bob")
    assert alice.meeting["roles"].items() >= many.items()
    assert alice.meeting["roles"]["alice"] == "host"
    assert "roles" not in bob.meeting
    live.meeting.ask("alice", MuteEverybody(), "bob")
    live.pump()
    assert alice.meeting["roles"].items() >= many.items()
    assert (alice.closed, live.gateway.closed) == (None, [])


def test_however_many_are_spared_every_message_fits() -> None:
    """As many exempt users as may be named, by each of three mute-alls, with letters of two bytes."""
    live = LiveMeeting(CommandedMeeting())
    named = tuple(f"{'é' * 60}{number:04d}" for number in range(MOST_SPARED))
    alice = live.opens("alice")
    for medium in Medium:
        live.meeting.ask("alice", MuteEverybody(media=(medium,), spared_users=named, reason="é" * 500), "bob")
        live.pump()
    assert [each["except"]["externalUserIds"] for each in alice.meeting["muteAll"]] == [sorted(named)] * 3
    assert max(live.gateway.sizes) > 90_000, "three quarters of what a message may hold"
    assert live.gateway.closed == []


def test_an_entry_that_is_too_large_comes_without_its_lists(live: LiveMeeting, pages: dict[str, Page]) -> None:
    attendees = [
        concerning(attendee_of(f"u{number}"), f"u{number}" * 10) | {"note": "x" * 400} for number in range(400)
    ]
    said = MuteEverybody().parameters()
    entry = Entry(
        id="01JZ",
        type="Moderation Decided",
        meeting_id=MEETING,
        external_meeting_id="",
        occurred_at=live.meeting.clock.now(),
        actor=Actor(ActorKind.USER, "alice"),
        command="mute-all",
        revision="m2",
        reason="exam",
        extra={"verdict": "accepted", "policies": [], "code": None, "parameters": said, "attendees": attendees},
    )
    live.publisher.publish(MeetingDelta(MEETING, (entry,)))
    live.pump()
    told = pages["alice"].entries["01JZ"]
    assert told["truncated"] is True
    assert (told["command"], told["reason"], told["verdict"]) == ("mute-all", "exam", "accepted")
    assert "attendees" not in told
    assert live.gateway.closed == []


def test_the_whole_meeting_is_told_once_for_each_of_its_revisions(live: LiveMeeting, pages: dict[str, Page]) -> None:
    revised = MeetingDelta(MEETING, revision=live.meeting.stored().revision + 1)
    assert live.publisher.publish(revised) == len(pages)
    checked = MeetingDelta(MEETING, revision=live.meeting.stored().revision)
    assert live.publisher.publish(checked) == 0, "that it was checked is noted every two minutes, and changes nothing"


def test_the_role_of_a_user_who_is_not_there_is_shown_to_moderators(live: LiveMeeting, pages: dict[str, Page]) -> None:
    live.meeting.ask_user("alice", SetRole(role="presenter"), "zoe")
    live.pump()
    assert pages["cora"].meeting["roles"]["zoe"] == "presenter"


def test_nothing_is_read_where_nobody_listens(live: LiveMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LedgerUnavailableError

    live.meeting.ask("alice", Mute(), "bob")
    news = live.delta()
    monkeypatch.setattr(live.meeting.ledger, "load", refuse)
    monkeypatch.setattr(live.meeting.ledger, "all_users", refuse)
    assert live.publisher.publish(news) == 0
