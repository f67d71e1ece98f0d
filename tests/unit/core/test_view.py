"""What callers are shown, in the contract's words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from moderation.core.actor import Actor, ActorKind
from moderation.core.capability import EVERYTHING, NOTHING, RECEIVING, Capabilities, Medium, sending
from moderation.core.command import Mute
from moderation.core.effective import Holds
from moderation.core.meeting import Features, Seat, User
from moderation.core.view import attendee_document, limit_documents, meeting_document

from .scenes import ANYTHING, NOW, SEAT, case, decided, holding, meeting, own, person, withholding

AUDIO = Capabilities.SEND_AUDIO


def document(
    user: User, seat: Seat | None = None, holds: Holds = ANYTHING, features: Features | None = None, **options: bool
) -> dict[str, object]:
    return attendee_document(meeting(features or Features()), user, seat, holds, NOW, **options)


def case_limits(user: User) -> list[dict[str, object]]:
    found = document(user)["limits"]
    assert isinstance(found, list)
    return found


def test_the_contracts_example() -> None:
    user = person(withholding(AUDIO, reason="noise", until=NOW + timedelta(seconds=271)))
    assert document(user, Seat(SEAT, EVERYTHING & ~AUDIO)) == {
        "meetingId": "m",
        "attendeeId": SEAT,
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
        "revision": "p3.m7",
    }


def test_others_see_no_limits() -> None:
    shown = document(person(withholding(AUDIO, reason="noise")), with_limits=False)
    assert "limits" not in shown
    assert "noise" not in str(shown)
    assert "alice" not in str(shown)


def test_nothing_else_leaks() -> None:
    """Neither the back end that acts for a host, nor what was granted, nor what Chime is known to hold."""
    actor = Actor(ActorKind.USER, "alice", via="back-end-7")
    user = person(withholding(AUDIO, actor), grant=EVERYTHING, given=AUDIO)
    shown = document(replace(user, revised_by="change-9"), Seat(SEAT, RECEIVING))
    assert "back-end-7" not in str(shown)
    assert "change-9" not in str(shown)
    assert set(shown) == {
        *("meetingId", "attendeeId", "externalUserId", "role", "capabilities"),
        *("status", "limits", "hand", "floor", "revision"),
    }


@pytest.mark.parametrize(("ahead", "shown"), [(1_000, 1), (1_001, 2), (270_001, 271), (1, 1)])
def test_remaining_seconds_are_never_too_few(ahead: int, shown: int) -> None:
    (limit,) = case_limits(person(withholding(AUDIO, until=NOW + timedelta(milliseconds=ahead))))
    assert limit["remainingSeconds"] == shown


def test_without_an_end_there_is_nothing_remaining() -> None:
    (limit,) = case_limits(person(own(AUDIO)))
    assert (limit["until"], limit["remainingSeconds"], limit["reason"]) == (None, None, None)
    assert (limit["liftableBy"], limit["actor"]) == ("self", "bob")


def test_one_mute_of_three_media_is_one_limit() -> None:
    scene = case()
    made = decided(scene, Mute(tuple(Medium), reason="exam")).rules
    (limit,) = case_limits(replace(scene.user, rules=made))
    assert limit["media"] == ["audio", "video", "content"]


def test_what_differs_is_told_apart() -> None:
    user = person(withholding(AUDIO, reason="noise") + withholding(Capabilities.SEND_VIDEO, reason="exam"))
    assert [(limit["media"], limit["reason"]) for limit in case_limits(user)] == [
        (["audio"], "noise"),
        (["video"], "exam"),
    ]


def test_send_and_receive_are_told_apart() -> None:
    assert [(limit["media"], limit["withholds"]) for limit in case_limits(person(grant=NOTHING))] == [
        (["audio", "video", "content"], "send"),
        (["audio", "video", "content"], "receive"),
    ]


def test_every_cause_has_its_word() -> None:
    user = person(own(Capabilities.RECEIVE_VIDEO), grant=EVERYTHING & ~AUDIO)
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


def test_a_meeting_without_content_says_so() -> None:
    assert document(person(), features=Features(content=False))["limits"] == [
        {"media": ["content"], "withholds": "send", "by": "meeting-feature"},
        {"media": ["content"], "withholds": "receive", "by": "meeting-feature"},
    ]


def test_no_limits() -> None:
    assert case_limits(person()) == []
    assert limit_documents((), NOW) == []


MUTED = person(withholding(sending([Medium.AUDIO])))


@pytest.mark.parametrize(
    ("seat", "status"),
    [
        (Seat(SEAT, EVERYTHING & ~AUDIO), "applied"),
        (Seat(SEAT, EVERYTHING), "pending"),
        (Seat(SEAT, None), "pending"),
        (Seat(SEAT, EVERYTHING, drifted=True), "drifted"),
        (Seat(SEAT, EVERYTHING & ~AUDIO, gone=True), "gone"),
        (Seat(SEAT, EVERYTHING & ~AUDIO, drifted=True), "applied"),
    ],
)
def test_the_status_says_whether_chime_has_it(seat: Seat, status: str) -> None:
    """Capabilities are what the rules say in any case: the page shows the rule and whether it is in force."""
    shown = document(MUTED, seat)
    assert shown["status"] == status
    assert shown["capabilities"] == {"audio": "Receive", "video": "SendReceive", "content": "SendReceive"}


def test_whoever_has_no_seat_yet_is_shown_all_the_same() -> None:
    shown = document(MUTED)
    assert (shown["attendeeId"], shown["externalUserId"]) == (None, "bob")


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


def test_roles_are_for_moderators() -> None:
    assert "roles" not in meeting_document(meeting())
    assert meeting_document(meeting(), {"alice": "host"})["roles"] == {"alice": "host"}
