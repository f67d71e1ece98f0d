"""What callers may see: lists of who waits, themselves, the history of one person; and nothing if they are banned."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moderation.application.requests import Refused, Request
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import EVERYTHING
from moderation.domain.commands import (
    Admit,
    Ban,
    Command,
    LetIn,
    Mute,
    MuteEverybody,
    RaiseHand,
    SetMeeting,
    SetRole,
    Unmute,
)
from moderation.domain.documents import Document
from moderation.domain.entry import iso
from moderation.domain.meeting import UnmuteConsent
from moderation.ports import SeatInChime

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, seat

ALICE, BOB, CAROL, CORA = (Actor(ActorKind.USER, user) for user in ("alice", "bob", "carol", "cora"))
NOBODY = Actor(ActorKind.USER, "nick")
READS = ("meeting", "me", "attendees", "hands", "bans", "lobby", "history", "change", "attendee")


def read(scene: ModeratedMeeting, what: str, actor: Actor) -> Document | Refused:
    more: dict[str, dict[str, Any]] = {
        "attendees": {"limit": 10, "after": None},
        "history": {"after": None, "limit": 10},
        "change": {"change_id": "01JZ"},
        "attendee": {"user_id": "carol"},
    }
    found: Document | Refused = getattr(scene.gavel, what)(MEETING, actor, **more.get(what, {}))
    return found


def seen(scene: ModeratedMeeting, what: str, actor: Actor = ALICE) -> Any:
    found = read(scene, what, actor)
    assert not isinstance(found, Refused), found
    return found


def items(scene: ModeratedMeeting, what: str, actor: Actor = ALICE) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = seen(scene, what, actor)["items"]
    return listed


def decide_for_meeting(scene: ModeratedMeeting, command: Command) -> None:
    scene.gavel.perform(Request(MEETING, ADMIN, command))


def test_hands_the_oldest_first() -> None:
    scene = ModeratedMeeting()
    started = scene.surroundings.now()
    for user in ("carol", "bob"):
        scene.ask_user(user, RaiseHand(), user)
    scene.surroundings.pass_by(1)
    scene.ask_user("cora", RaiseHand(), "cora")
    assert items(scene, "hands", BOB) == [
        {"externalUserId": "bob", "attendeeId": seat("bob"), "raisedAt": iso(started)},
        {"externalUserId": "carol", "attendeeId": seat("carol"), "raisedAt": iso(started)},
        {"externalUserId": "cora", "attendeeId": seat("cora"), "raisedAt": iso(started + timedelta(seconds=1))},
    ]
    shown = {item["externalUserId"]: item["hand"] for item in items(scene, "attendees", BOB)}
    assert shown == {"alice": None, "hugo": None} | {u: {"raisedAt": iso(started)} for u in ("bob", "carol")} | {
        "cora": {"raisedAt": iso(started + timedelta(seconds=1))}
    }
    assert seen(scene, "me", BOB)["attendee"]["hand"] == {"raisedAt": iso(started)}


def test_a_hand_of_somebody_who_has_no_seat_yet() -> None:
    scene = ModeratedMeeting()
    scene.ask_user(ADMIN, SetRole("viewer"), "late")
    scene.ask_user("late", RaiseHand(), "late")
    assert [(item["externalUserId"], item["attendeeId"]) for item in items(scene, "hands")] == [("late", None)]


def test_bans() -> None:
    scene = ModeratedMeeting()
    now = scene.surroundings.now()
    scene.ask_user("alice", Ban(reason="spam"), "bob")
    scene.surroundings.pass_by(1)
    until = now + timedelta(hours=1)
    scene.ask_user("hugo", Ban(until), "stranger")
    assert [item["externalUserId"] for item in items(scene, "bans", CORA)] == ["bob", "stranger"]
    spam, stranger = items(scene, "bans")
    assert spam == {"externalUserId": "bob", "actor": "alice", "reason": "spam", "since": iso(now), "until": None}
    assert (stranger["actor"], stranger["reason"], stranger["until"]) == ("hugo", None, iso(until))


def test_the_lobby() -> None:
    scene = ModeratedMeeting()
    decide_for_meeting(scene, SetMeeting(lobby=True))
    started = scene.surroundings.now()
    for people in ({"zoe": "viewer"}, {"yan": None, "xia": None}):
        decide_for_meeting(scene, Admit(people))
        scene.surroundings.pass_by(1)
    scene.ask_user("alice", LetIn(admit=False), "xia")
    assert items(scene, "lobby", CORA) == [
        {"externalUserId": "zoe", "role": "viewer", "since": iso(started)},
        {"externalUserId": "yan", "role": "participant", "since": iso(started + timedelta(seconds=1))},
    ]
    scene.ask_user("alice", LetIn(), "zoe")
    assert [item["externalUserId"] for item in items(scene, "lobby")] == ["yan"]
    decide_for_meeting(scene, SetMeeting(lobby=False))
    assert items(scene, "lobby") == []


@pytest.mark.parametrize(
    ("what", "by_a_participant"),
    [
        *((what, None) for what in ("meeting", "me", "attendees", "attendee", "hands")),
        *((what, "not-permitted") for what in ("bans", "lobby", "history", "change")),
    ],
)
def test_who_may_look(what: str, by_a_participant: str | None) -> None:
    scene = ModeratedMeeting()
    by_the_back_end = read(scene, what, ADMIN)
    assert not isinstance(by_the_back_end, Refused) or by_the_back_end.code == "change-not-found"
    found = read(scene, what, BOB)
    assert (found.code if isinstance(found, Refused) else None) == by_a_participant
    nobodys = read(scene, what, NOBODY)
    assert isinstance(nobodys, Refused)
    assert nobodys.code == "not-permitted"


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("via", [None, "back-end"])
def test_whoever_is_banned_sees_nothing(what: str, via: str | None) -> None:
    scene = ModeratedMeeting()
    scene.ask_user("alice", Ban(), "bob")
    found = read(scene, what, replace(BOB, via=via))
    assert isinstance(found, Refused)
    assert found.code == "banned"


def test_a_banned_host_is_among_no_roles() -> None:
    scene = ModeratedMeeting()
    assert seen(scene, "meeting")["roles"]["hugo"] == "host"
    scene.ask_user("alice", Ban(), "hugo")
    assert "hugo" not in seen(scene, "meeting")["roles"]


@pytest.mark.parametrize("actor", [BOB, Actor(ActorKind.USER, "bob", "back-end")])
def test_why_by_whom_and_except_whom_a_mute_all_was_made_is_shown_to_moderators_only(actor: Actor) -> None:
    scene = ModeratedMeeting()
    decide_for_meeting(scene, MuteEverybody(spared_users=("carol",), reason="exam"))
    [shown] = seen(scene, "meeting", actor)["muteAll"]
    assert set(shown) == {"media", "liftableBy", "since", "until"}
    for moderator in (ALICE, CORA, ADMIN):
        [whole] = seen(scene, "meeting", moderator)["muteAll"]
        assert (whole["reason"], whole["actor"], whole["except"]["externalUserIds"]) == ("exam", ADMIN.id, ["carol"])


def test_an_attendee_whom_only_chime_knows_is_shown_to_who_moderates() -> None:
    """Chime's calls are few: for nobody else is it asked."""
    scene = ModeratedMeeting()
    scene.chime.write(MEETING, SeatInChime(seat("newt"), "newt", EVERYTHING), EVERYTHING)
    shown = scene.gavel.attendee(MEETING, ALICE, attendee_id=seat("newt"))
    assert not isinstance(shown, Refused)
    assert (shown["externalUserId"], shown["attendeeId"]) == ("newt", seat("newt"))
    scene.chime.calls.clear()
    hidden = scene.gavel.attendee(MEETING, BOB, attendee_id=seat("newt"))
    assert isinstance(hidden, Refused)
    assert (hidden.code, scene.chime.calls) == ("attendee-not-found", [])


def test_the_meeting_tells_no_turns() -> None:
    """Which floors a mute-all ended is nobody's business."""
    scene = ModeratedMeeting()
    before = set(seen(scene, "meeting"))
    decide_for_meeting(scene, MuteEverybody())
    assert set(seen(scene, "meeting")) == before


OWN = {"mute-self", "unmute-self", "raise-hand", "lower-own-hand", "consent"}
ON_PEOPLE = {
    *("mute", "unmute", "set-capabilities", "hold", "release", "remove", "ban", "unban", "admit"),
    *("lower-hand", "grant-floor", "end-floor"),
}
MEETING_DEEDS = {"mute-all", "unmute-all", "lower-all-hands", "set-mode", "freeze", "unfreeze", "undo"}
LISTS = {"view-hands", "view-lobby", "view-bans", "view-history"}


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (BOB, OWN | {"view-hands"}),
        (CORA, OWN | ON_PEOPLE | MEETING_DEEDS | LISTS),
        (ALICE, OWN | ON_PEOPLE | MEETING_DEEDS | LISTS | {"set-role", "set-settings", "end"}),
        (ADMIN, ON_PEOPLE | MEETING_DEEDS | LISTS | {"set-role", "set-settings", "end"}),
    ],
)
def test_what_a_page_may_offer(actor: Actor, may: set[str]) -> None:
    offered = seen(ModeratedMeeting(), "me", actor)["may"]
    assert len(set(offered)) == len(offered)
    assert set(offered) == may


def told(scene: ModeratedMeeting, **whom: str) -> list[tuple[str, str]]:
    found = scene.gavel.history(MEETING, ALICE, after=None, limit=100, **whom)
    assert not isinstance(found, Refused)
    listed: Any = found["items"]
    return [(item["type"], item["command"]) for item in listed if item["command"] != "register"]


def test_the_history_of_one_person() -> None:
    """On all his seats and on none; what is about everybody is about him."""
    scene = ModeratedMeeting()
    scene.ask("alice", Mute(), "bob")
    scene.ask("alice", Mute(), "carol")
    scene.ask_user("bob", RaiseHand(), "bob")
    scene.ask_user("alice", Ban(), "stranger")
    decide_for_meeting(scene, SetMeeting(lobby=True))
    bobs = told(scene, user_id="bob")
    assert bobs == told(scene, attendee_id=seat("bob"))
    assert [kind for kind, _ in bobs if kind.startswith("Hand")] == ["Hand Raised"]
    assert [command for _, command in bobs] == ["mute", "mute", "raise-hand", "set-settings", "set-settings"]
    assert ("Moderation Decided", "ban") in told(scene, user_id="stranger")
    assert {command for _, command in told(scene, attendee_id=seat("stranger"))} == {"set-settings"}


def test_a_change_tells_what_it_waits_for() -> None:
    scene = ModeratedMeeting()
    decide_for_meeting(scene, SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    scene.ask("alice", Mute(), "bob")
    asked = scene.answered("alice", Unmute(), "bob")
    change = scene.gavel.change(MEETING, ALICE, asked.change_id or "")
    assert not isinstance(change, Refused)
    assert (change["status"], change["awaiting"]) == ("pending", "consent")
    [bob] = [item for item in items(scene, "attendees", BOB) if item["externalUserId"] == "bob"]
    assert bob["asked"]["changeId"] == asked.change_id
    [unseen] = [item for item in items(scene, "attendees", CAROL) if item["externalUserId"] == "bob"]
    assert "asked" not in unseen


def test_a_change_says_what_was_asked_for_and_what_it_came_to() -> None:
    scene = ModeratedMeeting()
    decided_at = scene.surroundings.now()
    done = scene.answered("alice", Mute(seconds=300, reason="noise"), "bob")
    shown = scene.gavel.change(MEETING, ALICE, done.change_id or "")
    assert shown == {
        "changeId": done.change_id,
        "meetingId": MEETING,
        "command": "mute",
        "parameters": {"media": ["audio"], "durationSeconds": 300},
        "actor": {"kind": "user", "id": "alice"},
        "reason": "noise",
        "status": "applied",
        "attendeeId": seat("bob"),
        "externalUserId": "bob",
        "before": {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"},
        "after": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
        "effects": ["content-audio-may-flow"],
        "decidedAt": iso(decided_at),
        "supersededBy": None,
        "awaiting": None,
        "revision": done.subject["revision"],
    }


def test_a_change_is_shown_to_its_caller_and_to_whom_it_is_about() -> None:
    scene = ModeratedMeeting()
    through = Actor(ActorKind.USER, "bob", "back-end")
    own = scene.answered(through, Mute(), "bob")
    done = scene.answered("alice", Mute(reason="noise"), "bob")
    for change_id in (own.change_id, done.change_id):
        for actor in (BOB, through, ALICE, CORA):
            assert not isinstance(scene.gavel.change(MEETING, actor, change_id or ""), Refused)
        for actor in (CAROL, NOBODY):
            assert isinstance(refused := scene.gavel.change(MEETING, actor, change_id or ""), Refused)
            assert refused.code == "not-permitted"
    everybody = scene.gavel.perform(Request(MEETING, ALICE, MuteEverybody()))
    assert not isinstance(everybody, Refused)
    assert isinstance(scene.gavel.change(MEETING, BOB, everybody.change_id or ""), Refused)
