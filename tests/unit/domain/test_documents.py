"""The documents for callers, in the contract's words."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.capability import (
    EVERYTHING,
    NOTHING,
    RECEIVING,
    Capabilities,
    LiftableBy,
    Medium,
    MuteAll,
    sending,
)
from moderation.domain.commands import Mute
from moderation.domain.documents import attendee_document, limit_documents, meeting_document
from moderation.domain.effective import Holds
from moderation.domain.meeting import Attendee, Features, Meeting, MeetingRules, UnmuteConsent, User
from moderation.domain.personal_rules import Ban, ConsentRequest, Floor, Hold, Waiting

from .cases import ALICE, ANYTHING, ATTENDEE, NOW, a_user, case, decided, holding, meeting, own, withholding

AUDIO = Capabilities.SEND_AUDIO


def document(
    user: User,
    attendee: Attendee | None = None,
    holds: Holds = ANYTHING,
    features: Features | None = None,
    **options: bool,
) -> dict[str, object]:
    return attendee_document(meeting(features or Features()), user, attendee, holds, NOW, **options)


def shown_in(there: Meeting, user: User, **options: bool) -> dict[str, object]:
    return attendee_document(there, user, None, ANYTHING, NOW, **options)


def under(rules: MeetingRules) -> Meeting:
    return replace(meeting(), rules=rules)


def case_limits(user: User) -> list[dict[str, object]]:
    found = document(user)["limits"]
    assert isinstance(found, list)
    return found


def test_the_contracts_example() -> None:
    user = a_user(withholding(AUDIO, reason="noise", until=NOW + timedelta(seconds=271)))
    assert document(user, Attendee(ATTENDEE, EVERYTHING & ~AUDIO)) == {
        "meetingId": "m",
        "attendeeId": ATTENDEE,
        "externalUserId": "bob",
        "role": "participant",
        "capabilities": {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"},
        "status": "applied",
        "limits": [
            {
                "media": ["audio"],
                "withholds": "send",
                "by": "restriction",
                "liftableBy": "host",
                "actor": "alice",
                "reason": "noise",
                "since": "2026-05-04T09:59:00.000Z",
                "until": "2026-05-04T10:04:31.000Z",
                "remainingSeconds": 271,
            }
        ],
        "hand": None,
        "floor": None,
        "asked": None,
        "revision": "p3.m7",
    }


def test_others_see_no_limits() -> None:
    shown = document(a_user(withholding(AUDIO, reason="noise")), with_limits=False)
    assert "limits" not in shown
    assert "noise" not in str(shown)
    assert "alice" not in str(shown)


def test_nothing_else_leaks() -> None:
    """Neither the back end that acts for a host, nor the grant, nor the notes on Chime."""
    actor = Actor(ActorKind.USER, "alice", via="back-end-7")
    user = a_user(withholding(AUDIO, actor), grant=EVERYTHING, given=AUDIO)
    shown = document(replace(user, revised_by="change-9"), Attendee(ATTENDEE, RECEIVING))
    assert "back-end-7" not in str(shown)
    assert "change-9" not in str(shown)
    assert set(shown) == {
        *("meetingId", "attendeeId", "externalUserId", "role", "capabilities"),
        *("status", "limits", "hand", "floor", "asked", "revision"),
    }


@pytest.mark.parametrize(("ahead", "shown"), [(1_000, 1), (1_001, 2), (270_001, 271), (1, 1)])
def test_remaining_seconds_are_never_too_few(ahead: int, shown: int) -> None:
    (limit,) = case_limits(a_user(withholding(AUDIO, until=NOW + timedelta(milliseconds=ahead))))
    assert limit["remainingSeconds"] == shown


def test_without_an_end_there_is_nothing_remaining() -> None:
    (limit,) = case_limits(a_user(own(AUDIO)))
    assert (limit["until"], limit["remainingSeconds"], limit["reason"]) == (None, None, None)
    assert (limit["liftableBy"], limit["actor"]) == ("self", "bob")


def test_one_mute_of_three_media_is_one_limit() -> None:
    situation = case()
    made = decided(situation, Mute(tuple(Medium), reason="exam")).rules
    (limit,) = case_limits(replace(situation.user, rules=made))
    assert limit["media"] == ["audio", "video", "content"]


def test_what_differs_is_told_apart() -> None:
    user = a_user(withholding(AUDIO, reason="noise") + withholding(Capabilities.SEND_VIDEO, reason="exam"))
    assert [(limit["media"], limit["reason"]) for limit in case_limits(user)] == [
        (["audio"], "noise"),
        (["video"], "exam"),
    ]


def test_send_and_receive_are_told_apart() -> None:
    assert [(limit["media"], limit["withholds"]) for limit in case_limits(a_user(grant=NOTHING))] == [
        (["audio", "video", "content"], "send"),
        (["audio", "video", "content"], "receive"),
    ]


def test_every_cause_has_its_word() -> None:
    user = a_user(own(Capabilities.RECEIVE_VIDEO), grant=EVERYTHING & ~AUDIO)
    holds = holding(EVERYTHING & ~Capabilities.SEND_VIDEO, "hall")
    assert document(user, holds=holds, features=Features(content=True))["limits"] == [
        {
            "media": ["video"],
            "withholds": "receive",
            "by": "restriction",
            "liftableBy": "self",
            "actor": "bob",
            "reason": None,
            "since": "2026-05-04T09:59:00.000Z",
            "until": None,
            "remainingSeconds": None,
        },
        {"media": ["audio"], "withholds": "send", "by": "grant"},
        {"media": ["video"], "withholds": "send", "by": "policy", "policies": ["hall"]},
        {"media": ["content"], "withholds": "receive", "by": "content-needs-video"},
    ]


def silenced(until: datetime | None) -> Meeting:
    since = NOW - timedelta(seconds=60)
    mute_all = MuteAll("01C/audio", Medium.AUDIO, LiftableBy.SELF, ALICE, since, reason="exam", until=until)
    return under(MeetingRules(mute_alls=(mute_all,)))


def test_a_mute_all_is_a_limit_with_its_reason_and_its_end() -> None:
    limit: dict[str, object] = {"media": ["audio"], "withholds": "send", "by": "mute-all", "liftableBy": "self"}
    limit |= {"actor": "alice", "reason": "exam", "since": "2026-05-04T09:59:00.000Z"}
    ends: dict[str, object] = {"until": "2026-05-04T10:01:30.000Z", "remainingSeconds": 90}
    assert shown_in(silenced(NOW + timedelta(seconds=90)), a_user())["limits"] == [limit | ends]
    assert shown_in(silenced(None), a_user())["limits"] == [limit | {"until": None, "remainingSeconds": None}]
    assert shown_in(silenced(NOW), a_user())["limits"] == [], "it has ended"


def test_a_meeting_without_content_says_so() -> None:
    assert document(a_user(), features=Features(content=False))["limits"] == [
        {"media": ["content"], "withholds": "send", "by": "meeting-feature"},
        {"media": ["content"], "withholds": "receive", "by": "meeting-feature"},
    ]


def test_no_limits() -> None:
    assert case_limits(a_user()) == []
    assert limit_documents((), NOW) == []


MUTED = a_user(withholding(sending([Medium.AUDIO])))


@pytest.mark.parametrize(
    ("attendee", "status"),
    [
        (Attendee(ATTENDEE, EVERYTHING & ~AUDIO), "applied"),
        (Attendee(ATTENDEE, EVERYTHING), "pending"),
        (Attendee(ATTENDEE, None), "pending"),
        (Attendee(ATTENDEE, EVERYTHING, drifted=True), "drifted"),
        (Attendee(ATTENDEE, EVERYTHING & ~AUDIO, gone=True), "gone"),
        (Attendee(ATTENDEE, EVERYTHING & ~AUDIO, drifted=True), "applied"),
    ],
)
def test_the_status_says_whether_chime_has_it(attendee: Attendee, status: str) -> None:
    """`capabilities` is always what the rules say: the page shows the rule and whether Chime has it."""
    shown = document(MUTED, attendee)
    assert shown["status"] == status
    assert shown["capabilities"] == {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}


def test_a_user_without_an_attendee_is_shown_all_the_same() -> None:
    shown = document(MUTED)
    assert (shown["attendeeId"], shown["externalUserId"]) == (None, "bob")


def test_a_raised_hand() -> None:
    assert document(replace(a_user(), hand=NOW))["hand"] == {"raisedAt": "2026-05-04T10:00:00.000Z"}


FLOOR = Floor(
    media=(Medium.AUDIO, Medium.CONTENT),
    generations=("", ""),
    actor=ALICE,
    since=NOW - timedelta(seconds=30),
    until=NOW + timedelta(seconds=89.5),
)


def with_floor(floor: Floor) -> User:
    return replace(a_user(), rules=replace(a_user().rules, floor=floor))


def test_the_floor() -> None:
    """All users may see which user has the floor."""
    assert document(with_floor(FLOOR), with_limits=False)["floor"] == {
        "media": ["audio", "content"],
        "since": "2026-05-04T09:59:30.000Z",
        "until": "2026-05-04T10:01:29.500Z",
        "remainingSeconds": 90,
    }


def test_a_turn_that_is_over_is_none() -> None:
    assert document(with_floor(replace(FLOOR, until=NOW)))["floor"] is None
    overtaken = under(MeetingRules().with_floor_generation((Medium.AUDIO,), "c1"))
    shown = shown_in(overtaken, with_floor(FLOOR))["floor"]
    assert isinstance(shown, dict)
    assert shown["media"] == ["content"]
    assert (
        shown_in(under(MeetingRules().with_floor_generation(tuple(Medium), "c1")), with_floor(FLOOR))["floor"] is None
    )


def test_while_the_meeting_is_frozen_the_turn_does_not_run_out() -> None:
    frozen = under(MeetingRules(frozen_at=NOW - timedelta(seconds=10)))
    shown = shown_in(frozen, with_floor(FLOOR))["floor"]
    assert isinstance(shown, dict)
    assert shown["remainingSeconds"] == 100


ASKED = ConsentRequest("01C", ALICE, NOW - timedelta(seconds=20), NOW + timedelta(seconds=40))


def asked_of(asked: ConsentRequest, consent: UnmuteConsent, **options: bool) -> dict[str, object]:
    user = replace(
        a_user(), rules=replace(a_user().rules, asked=asked), attendees={ATTENDEE: Attendee(ATTENDEE, NOTHING)}
    )
    return shown_in(under(MeetingRules(unmute_consent=consent)), user, **options)


@pytest.mark.parametrize("consent", [UnmuteConsent.MUTED_FIRST, UnmuteConsent.REQUIRED])
def test_a_request_to_unmute(consent: UnmuteConsent) -> None:
    shown = asked_of(ASKED, consent)
    assert shown["asked"] == {
        "changeId": "01C",
        "kind": consent.value,
        "actor": "alice",
        "since": "2026-05-04T09:59:40.000Z",
        "until": "2026-05-04T10:00:40.000Z",
        "remainingSeconds": 40,
    }
    assert shown["limits"] == [{"media": ["audio"], "withholds": "send", "by": "consent", "liftableBy": "self"}]


def test_only_an_open_request_is_shown_and_not_to_everybody() -> None:
    assert asked_of(replace(ASKED, until=NOW), UnmuteConsent.REQUIRED)["asked"] is None
    assert asked_of(ASKED, UnmuteConsent.NONE)["asked"] is None
    assert "asked" not in asked_of(ASKED, UnmuteConsent.REQUIRED, with_limits=False)


def test_somebody_on_hold() -> None:
    rules = replace(a_user().rules, hold=Hold(ALICE, NOW, "calm down"))
    shown = document(replace(a_user(), rules=rules), Attendee(ATTENDEE, NOTHING))
    assert (shown["capabilities"], shown["status"], shown["role"]) == (
        {"audio": "None", "video": "None", "content": "None"},
        "applied",
        "participant",
    )
    because: dict[str, object] = {"by": "hold", "liftableBy": "host", "actor": "alice", "reason": "calm down"}
    because |= {"since": "2026-05-04T10:00:00.000Z", "until": None, "remainingSeconds": None}
    media = ["audio", "video", "content"]
    assert shown["limits"] == [
        {"media": media, "withholds": "send", **because},
        {"media": media, "withholds": "receive", **because},
    ]


def test_a_user_who_should_be_in_the_lobby_is_held_by_nobody() -> None:
    user = replace(a_user(), rules=replace(a_user().rules, waiting=Waiting(NOW)))
    limits = shown_in(under(MeetingRules(lobby=True)), user)["limits"]
    assert isinstance(limits, list)
    assert (limits[0]["by"], limits[0]["since"]) == ("hold", "2026-05-04T10:00:00.000Z")
    assert "actor" not in limits[0]


def test_somebody_banned_has_no_role() -> None:
    until = NOW + timedelta(seconds=60)
    user = replace(a_user(), rules=replace(a_user().rules, ban=Ban(ALICE, NOW, "spam", until)))
    shown = document(user, Attendee(ATTENDEE, NOTHING))
    assert (shown["role"], shown["status"]) == (None, "pending")
    limits = shown["limits"]
    assert isinstance(limits, list)
    assert [(limit["by"], limit["reason"], limit["remainingSeconds"]) for limit in limits] == [("ban", "spam", 60)] * 2
    assert document(user, Attendee(ATTENDEE, NOTHING, gone=True))["status"] == "gone"


def test_of_what_has_ended_and_is_not_dropped_yet_nothing_remains() -> None:
    """A ban counts until the reconciler has ended it."""
    user = replace(a_user(), rules=replace(a_user().rules, ban=Ban(ALICE, NOW, "spam", NOW - timedelta(seconds=5))))
    (limit, _) = case_limits(user)
    assert limit["remainingSeconds"] == 0


def test_an_attendee_that_has_to_leave_is_pending_until_it_is_gone() -> None:
    rules = replace(MUTED.rules, removed=frozenset({ATTENDEE}))
    user = replace(MUTED, rules=rules)
    assert document(user, Attendee(ATTENDEE, EVERYTHING & ~AUDIO))["status"] == "pending"
    assert document(user, Attendee(ATTENDEE, EVERYTHING & ~AUDIO, gone=True))["status"] == "gone"
    assert document(user, Attendee("another", EVERYTHING & ~AUDIO))["status"] == "applied"


def test_the_meeting() -> None:
    assert meeting_document(meeting(Features(content=False), ended_at=NOW)) == {
        "meetingId": "m",
        "externalMeetingId": "standup",
        "mode": "open",
        "defaultRole": "participant",
        "frozen": False,
        "muteAll": [],
        "unmuteConsent": "none",
        "lobby": False,
        "features": {"video": True, "content": False},
        "endedAt": "2026-05-04T10:00:00.000Z",
        "revision": "m7",
    }


def test_the_end_of_a_mute_all_stands_in_the_meeting() -> None:
    [timed] = cast("list[dict[str, object]]", meeting_document(silenced(NOW + timedelta(seconds=90)))["muteAll"])
    [lasting] = cast("list[dict[str, object]]", meeting_document(silenced(None))["muteAll"])
    assert (timed["until"], lasting["until"]) == ("2026-05-04T10:01:30.000Z", None)


def test_turns_are_nobodys_business() -> None:
    there = under(MeetingRules().with_floor_generation(tuple(Medium), "01C"))
    assert meeting_document(there) == meeting_document(meeting())


def test_roles_are_for_moderators() -> None:
    assert "roles" not in meeting_document(meeting())
    assert meeting_document(meeting(), {"alice": "host"})["roles"] == {"alice": "host"}
