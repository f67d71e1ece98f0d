"""What callers may see: lists, themselves, one user's history. Banned users see nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from moderation.adapters.cedar import CedarPolicies
from moderation.application.requests import Refused, Request
from moderation.bootstrap import Gavel
from moderation.domain.actor import Actor, ActorKind, Authorization, AuthorizationRequest
from moderation.domain.capability import EVERYTHING, Capabilities
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
from moderation.ports import ChimeAttendee

from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, attendee_of

ALICE, BOB, CAROL, CORA = (Actor(ActorKind.USER, user) for user in ("alice", "bob", "carol", "cora"))
NOBODY = Actor(ActorKind.USER, "nick")
READS = ("meeting", "me", "attendees", "hands", "bans", "lobby", "history", "change", "attendee")


def read(meeting: ModeratedMeeting, what: str, actor: Actor) -> Document | Refused:
    more: dict[str, dict[str, Any]] = {
        "attendees": {"limit": 10, "after": None},
        "history": {"after": None, "limit": 10},
        "change": {"change_id": "01JZ"},
        "attendee": {"user_id": "carol"},
    }
    found: Document | Refused = getattr(meeting.gavel, what)(MEETING, actor, **more.get(what, {}))
    return found


def seen(meeting: ModeratedMeeting, what: str, actor: Actor = ALICE) -> Any:
    found = read(meeting, what, actor)
    assert not isinstance(found, Refused), found
    return found


def items(meeting: ModeratedMeeting, what: str, actor: Actor = ALICE) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = seen(meeting, what, actor)["items"]
    return listed


class MaySeeLimitsOf(CedarPolicies):
    """Hosts see the limits of participants only."""

    def authorize(self, question: AuthorizationRequest) -> Authorization:
        if question.action == "view-limits":
            return Authorization(question.user_role == "participant")
        return super().authorize(question)


def test_limits_are_shown_to_who_may_see_those_of_that_user() -> None:
    meeting = ModeratedMeeting()
    gavel = Gavel(replace(meeting.ports, policies=MaySeeLimitsOf()))
    for user, are_shown in (("carol", True), ("cora", False)):
        found = gavel.attendee(MEETING, ALICE, user_id=user)
        assert not isinstance(found, Refused)
        assert ("limits" in found) is are_shown


def test_what_a_recorded_batch_left_of_an_unknown_attendee_is_shown_as_no_grant() -> None:
    meeting = ModeratedMeeting()
    batch = EVERYTHING & ~Capabilities.SEND_VIDEO
    for user, capabilities in (("zoe", batch), ("zed", EVERYTHING & ~Capabilities.SEND_CONTENT)):
        meeting.chime.rooms[MEETING].attendees[attendee_of(user)] = ChimeAttendee(attendee_of(user), user, capabilities)
    meeting.ledger.batches[MEETING, "c1"] = frozenset({batch})

    def limits(user: str) -> list[str]:
        found = meeting.gavel.attendee(MEETING, ALICE, attendee_id=attendee_of(user))
        assert not isinstance(found, Refused), found
        return [limit["by"] for limit in found["limits"]]  # type: ignore[attr-defined]

    assert limits("zoe") == []
    assert limits("zed") == ["grant"]


def decide_for_meeting(meeting: ModeratedMeeting, command: Command) -> None:
    meeting.gavel.perform(Request(MEETING, ADMIN, command))


def test_hands_the_oldest_first() -> None:
    meeting = ModeratedMeeting()
    started = meeting.clock.now()
    for user in ("carol", "bob"):
        meeting.ask_user(user, RaiseHand(), user)
    meeting.clock.pass_by(1)
    meeting.ask_user("cora", RaiseHand(), "cora")
    assert items(meeting, "hands", BOB) == [
        {"externalUserId": "bob", "attendeeId": attendee_of("bob"), "raisedAt": iso(started)},
        {"externalUserId": "carol", "attendeeId": attendee_of("carol"), "raisedAt": iso(started)},
        {"externalUserId": "cora", "attendeeId": attendee_of("cora"), "raisedAt": iso(started + timedelta(seconds=1))},
    ]
    shown = {item["externalUserId"]: item["hand"] for item in items(meeting, "attendees", BOB)}
    assert shown == {"alice": None, "hugo": None} | {u: {"raisedAt": iso(started)} for u in ("bob", "carol")} | {
        "cora": {"raisedAt": iso(started + timedelta(seconds=1))}
    }
    assert seen(meeting, "me", BOB)["attendee"]["hand"] == {"raisedAt": iso(started)}


def test_a_hand_of_somebody_who_has_no_attendee_yet() -> None:
    meeting = ModeratedMeeting()
    meeting.ask_user(ADMIN, SetRole("viewer"), "late")
    meeting.ask_user("late", RaiseHand(), "late")
    assert [(item["externalUserId"], item["attendeeId"]) for item in items(meeting, "hands")] == [("late", None)]


def test_bans() -> None:
    meeting = ModeratedMeeting()
    now = meeting.clock.now()
    meeting.ask_user("alice", Ban(reason="spam"), "bob")
    meeting.clock.pass_by(1)
    until = now + timedelta(hours=1)
    meeting.ask_user("hugo", Ban(until), "stranger")
    assert [item["externalUserId"] for item in items(meeting, "bans", CORA)] == ["bob", "stranger"]
    spam, stranger = items(meeting, "bans")
    assert spam == {"externalUserId": "bob", "actor": "alice", "reason": "spam", "since": iso(now), "until": None}
    assert (stranger["actor"], stranger["reason"], stranger["until"]) == ("hugo", None, iso(until))


def test_the_lobby() -> None:
    meeting = ModeratedMeeting()
    decide_for_meeting(meeting, SetMeeting(lobby=True))
    started = meeting.clock.now()
    for users in ({"zoe": "viewer"}, {"yan": None, "xia": None}):
        decide_for_meeting(meeting, Admit(users))
        meeting.clock.pass_by(1)
    meeting.ask_user("alice", LetIn(admit=False), "xia")
    assert items(meeting, "lobby", CORA) == [
        {"externalUserId": "zoe", "role": "viewer", "since": iso(started)},
        {"externalUserId": "yan", "role": "participant", "since": iso(started + timedelta(seconds=1))},
    ]
    meeting.ask_user("alice", LetIn(), "zoe")
    assert [item["externalUserId"] for item in items(meeting, "lobby")] == ["yan"]
    decide_for_meeting(meeting, SetMeeting(lobby=False))
    assert items(meeting, "lobby") == []


@pytest.mark.parametrize(
    ("what", "by_a_participant"),
    [
        *((what, None) for what in ("meeting", "me", "attendees", "attendee", "hands")),
        *((what, "not-permitted") for what in ("bans", "lobby", "history", "change")),
    ],
)
def test_who_may_look(what: str, by_a_participant: str | None) -> None:
    meeting = ModeratedMeeting()
    by_the_back_end = read(meeting, what, ADMIN)
    assert not isinstance(by_the_back_end, Refused) or by_the_back_end.code == "change-not-found"
    found = read(meeting, what, BOB)
    assert (found.code if isinstance(found, Refused) else None) == by_a_participant
    nobodys = read(meeting, what, NOBODY)
    assert isinstance(nobodys, Refused)
    assert nobodys.code == "not-permitted"


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("via", [None, "back-end"])
def test_a_banned_user_sees_nothing(what: str, via: str | None) -> None:
    meeting = ModeratedMeeting()
    meeting.ask_user("alice", Ban(), "bob")
    found = read(meeting, what, replace(BOB, via=via))
    assert isinstance(found, Refused)
    assert found.code == "banned"


def test_a_banned_host_is_among_no_roles() -> None:
    meeting = ModeratedMeeting()
    assert seen(meeting, "meeting")["roles"]["hugo"] == "host"
    meeting.ask_user("alice", Ban(), "hugo")
    assert "hugo" not in seen(meeting, "meeting")["roles"]


@pytest.mark.parametrize("actor", [BOB, Actor(ActorKind.USER, "bob", "back-end")])
def test_reason_actor_and_exceptions_of_a_mute_all_are_shown_to_moderators_only(actor: Actor) -> None:
    meeting = ModeratedMeeting()
    decide_for_meeting(meeting, MuteEverybody(spared_users=("carol",), reason="exam"))
    [shown] = seen(meeting, "meeting", actor)["muteAll"]
    assert set(shown) == {"media", "liftableBy", "since", "until"}
    for moderator in (ALICE, CORA, ADMIN):
        [whole] = seen(meeting, "meeting", moderator)["muteAll"]
        assert (whole["reason"], whole["actor"], whole["except"]["externalUserIds"]) == ("exam", ADMIN.id, ["carol"])


@pytest.mark.parametrize("actor", [ALICE, BOB])
def test_every_page_is_told_which_modes_and_roles_there_are(actor: Actor) -> None:
    shown = seen(ModeratedMeeting(), "meeting", actor)
    assert [each["id"] for each in shown["availableModes"]] == ["open", "presentation", "audience", "audio-only"]
    assert shown["availableRoles"][0] == {"id": "host", "label": "host"}
    me = seen(ModeratedMeeting(), "me", actor)
    assert (me["modes"], me["roles"]) == (shown["availableModes"], shown["availableRoles"])


def test_an_attendee_known_only_to_chime_is_shown_to_moderators() -> None:
    """Chime's calls are few: it is asked for moderators only."""
    meeting = ModeratedMeeting()
    meeting.chime.write(MEETING, ChimeAttendee(attendee_of("newt"), "newt", EVERYTHING), EVERYTHING)
    shown = meeting.gavel.attendee(MEETING, ALICE, attendee_id=attendee_of("newt"))
    assert not isinstance(shown, Refused)
    assert (shown["externalUserId"], shown["attendeeId"]) == ("newt", attendee_of("newt"))
    meeting.chime.calls.clear()
    hidden = meeting.gavel.attendee(MEETING, BOB, attendee_id=attendee_of("newt"))
    assert isinstance(hidden, Refused)
    assert (hidden.code, meeting.chime.calls) == ("attendee-not-found", [])


def test_an_attendee_known_only_to_chime_is_shown_with_the_rules_of_their_user() -> None:
    meeting = ModeratedMeeting()
    meeting.ask_user("alice", SetRole("viewer"), "newt")
    meeting.chime.write(MEETING, ChimeAttendee(attendee_of("newt"), "newt", EVERYTHING), EVERYTHING)
    shown = meeting.gavel.attendee(MEETING, ALICE, attendee_id=attendee_of("newt"))
    assert not isinstance(shown, Refused)
    assert shown["role"] == "viewer"


def test_the_meeting_tells_no_turns() -> None:
    """Floor generations are internal."""
    meeting = ModeratedMeeting()
    before = set(seen(meeting, "meeting"))
    decide_for_meeting(meeting, MuteEverybody())
    assert set(seen(meeting, "meeting")) == before


OWN = {"mute-self", "unmute-self", "raise-hand", "lower-own-hand", "consent"}
ON_PEOPLE = {
    *("mute", "unmute", "set-capabilities", "hold", "release", "remove", "ban", "unban", "admit"),
    *("lower-hand", "grant-floor", "end-floor"),
}
MEETING_COMMANDS = {"mute-all", "unmute-all", "lower-all-hands", "set-mode", "freeze", "unfreeze", "undo"}
LISTS = {"view-hands", "view-lobby", "view-bans", "view-history"}


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (BOB, OWN | {"view-hands"}),
        (CORA, OWN | ON_PEOPLE | MEETING_COMMANDS | LISTS),
        (ALICE, OWN | ON_PEOPLE | MEETING_COMMANDS | LISTS | {"set-role", "set-settings", "end"}),
        (ADMIN, ON_PEOPLE | MEETING_COMMANDS | LISTS | {"set-role", "set-settings", "end"}),
    ],
)
def test_what_a_page_may_offer(actor: Actor, may: set[str]) -> None:
    offered = seen(ModeratedMeeting(), "me", actor)["may"]
    assert len(set(offered)) == len(offered)
    assert set(offered) == may


def told(meeting: ModeratedMeeting, **target: Any) -> list[tuple[str, str]]:
    found = meeting.gavel.history(MEETING, ALICE, after=None, limit=100, **target)
    assert not isinstance(found, Refused)
    listed: Any = found["items"]
    return [(item["type"], item["command"]) for item in listed if item["command"] != "register"]


def test_the_history_of_one_user() -> None:
    """Entries about any attendee of the user or about none; entries about the whole meeting count, too."""
    meeting = ModeratedMeeting()
    meeting.ask("alice", Mute(), "bob")
    meeting.ask("alice", Mute(), "carol")
    meeting.ask_user("bob", RaiseHand(), "bob")
    meeting.ask_user("alice", Ban(), "stranger")
    decide_for_meeting(meeting, SetMeeting(lobby=True))
    bobs = told(meeting, user_id="bob")
    assert bobs == told(meeting, attendee_id=attendee_of("bob"))
    assert [kind for kind, _ in bobs if kind.startswith("Hand")] == ["Hand Raised"]
    assert [command for _, command in bobs] == ["mute", "mute", "raise-hand", "set-settings", "set-settings"]
    assert ("Moderation Decided", "ban") in told(meeting, user_id="stranger")
    assert {command for _, command in told(meeting, attendee_id=attendee_of("stranger"))} == {"set-settings"}


def test_a_change_tells_what_it_waits_for() -> None:
    meeting = ModeratedMeeting()
    decide_for_meeting(meeting, SetMeeting(unmute_consent=UnmuteConsent.REQUIRED))
    meeting.ask("alice", Mute(), "bob")
    asked = meeting.answered("alice", Unmute(), "bob")
    change = meeting.gavel.change(MEETING, ALICE, asked.change_id or "")
    assert not isinstance(change, Refused)
    assert (change["status"], change["awaiting"]) == ("pending", "consent")
    [bob] = [item for item in items(meeting, "attendees", BOB) if item["externalUserId"] == "bob"]
    assert bob["asked"]["changeId"] == asked.change_id
    [unseen] = [item for item in items(meeting, "attendees", CAROL) if item["externalUserId"] == "bob"]
    assert "asked" not in unseen


def test_a_change_says_what_was_asked_for_and_what_it_came_to() -> None:
    meeting = ModeratedMeeting()
    decided_at = meeting.clock.now()
    done = meeting.answered("alice", Mute(seconds=300, reason="noise"), "bob")
    shown = meeting.gavel.change(MEETING, ALICE, done.change_id or "")
    assert shown == {
        "changeId": done.change_id,
        "meetingId": MEETING,
        "command": "mute",
        "parameters": {"media": ["audio"], "durationSeconds": 300},
        "actor": {"kind": "user", "id": "alice"},
        "reason": "noise",
        "status": "applied",
        "attendeeId": attendee_of("bob"),
        "externalUserId": "bob",
        "before": {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"},
        "after": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
        "effects": ["content-audio-may-flow"],
        "decidedAt": iso(decided_at),
        "supersededBy": None,
        "awaiting": None,
        "revision": done.subject["revision"],
    }


def test_a_change_is_shown_to_its_caller_and_to_the_user_it_is_about() -> None:
    meeting = ModeratedMeeting()
    through = Actor(ActorKind.USER, "bob", "back-end")
    own = meeting.answered(through, Mute(), "bob")
    done = meeting.answered("alice", Mute(reason="noise"), "bob")
    for change_id in (own.change_id, done.change_id):
        for actor in (BOB, through, ALICE, CORA):
            assert not isinstance(meeting.gavel.change(MEETING, actor, change_id or ""), Refused)
        for actor in (CAROL, NOBODY):
            assert isinstance(refused := meeting.gavel.change(MEETING, actor, change_id or ""), Refused)
            assert refused.code == "not-permitted"
    everybody = meeting.gavel.perform(Request(MEETING, ALICE, MuteEverybody()))
    assert not isinstance(everybody, Refused)
    assert isinstance(meeting.gavel.change(MEETING, BOB, everybody.change_id or ""), Refused)
