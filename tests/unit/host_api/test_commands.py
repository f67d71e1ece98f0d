"""What the moderator is asked for each write."""

import pytest
from moderation.core.capability import Capabilities, Medium
from moderation.core.command import Command, Mute, Register, SetCapabilities, Unmute
from moderation.core.meeting import UnmuteConsent
from moderation.core.restriction import LiftableBy

from .door import A, Door, M

WHOLE_MUTE = {"media": ["content", "audio"], "durationSeconds": 300, "reason": "noise", "liftableBy": "self"}
CASES: list[tuple[str, str, object, Command]] = [
    ("POST", "/mute", None, Mute()),
    ("POST", "/mute", {}, Mute()),
    ("POST", "/mute", {"reason": None, "durationSeconds": None}, Mute()),
    ("POST", "/mute", WHOLE_MUTE, Mute((Medium.CONTENT, Medium.AUDIO), 300, "noise", LiftableBy.SELF)),
    ("POST", "/mute", {"durationSeconds": 86400, "reason": "é" * 500}, Mute(seconds=86400, reason="é" * 500)),
    ("POST", "/unmute", None, Unmute()),
    ("POST", "/unmute", {"media": ["video"], "reason": "ok"}, Unmute((Medium.VIDEO,), "ok")),
    (
        "PATCH",
        "/capabilities",
        {"video": "None", "audio": "SendReceive", "reason": "x"},
        SetCapabilities(
            {Medium.AUDIO: Capabilities.SEND_AUDIO | Capabilities.RECEIVE_AUDIO, Medium.VIDEO: Capabilities(0)}, "x"
        ),
    ),
    ("PATCH", "/capabilities", {"content": "Send"}, SetCapabilities({Medium.CONTENT: Capabilities.SEND_CONTENT})),
]


@pytest.mark.parametrize(("method", "suffix", "body", "command"), CASES)
def test_on_a_seat_and_on_a_person(method: str, suffix: str, body: object, command: Command) -> None:
    door = Door()
    assert door(method, f"/meetings/{M}/attendees/{A}{suffix}", body).status == 200
    assert door(method, f"/meetings/{M}/users/bob{suffix}", body).status == 200
    seat, person = door.gavel.requests
    assert seat.command == person.command == command
    assert (seat.meeting_id, seat.attendee_id, seat.user_id) == (M, A, None)
    assert (person.meeting_id, person.attendee_id, person.user_id) == (M, None, "bob")


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (None, Register()),
        ({}, Register()),
        ({"roles": {}}, Register(roles={})),
        (
            {
                "roles": {"al/ice": "host", "bob": "viewer"},
                "defaultRole": "viewer",
                "mode": "audio-only",
                "unmuteConsent": "muted-first",
                "lobby": True,
            },
            Register({"al/ice": "host", "bob": "viewer"}, "viewer", "audio-only", UnmuteConsent.MUTED_FIRST, True),
        ),
    ],
)
def test_register(body: object, command: Command) -> None:
    door = Door()
    assert door("PUT", f"/meetings/{M}", body).status == 200
    assert door.gavel.requests[0].command == command


def test_ninety_people_may_be_named() -> None:
    assert Door()("PUT", f"/meetings/{M}", {"roles": {f"user{n}": "viewer" for n in range(90)}}).status == 200


@pytest.mark.parametrize(("query", "dry"), [("", False), ("?dryRun=true", True), ("?dryRun=false", False)])
def test_dry_runs(query: str, dry: bool) -> None:
    door = Door()
    assert door("POST", f"/meetings/{M}/users/bob/mute{query}").status == 200
    assert door.gavel.requests[0].dry_run is dry


def test_bytes_are_json_too() -> None:
    door = Door()
    headers = {"Content-Type": "application/JSON"}
    assert door("POST", f"/meetings/{M}/users/bob/mute", b'{"reason":"\xc3\xa9"}', headers=headers).status == 200
    assert door.gavel.requests[0].command.reason == "é"


def test_reading() -> None:
    door = Door()
    for path in ("", "/me", f"/attendees/{A}", "/users/bob", "/changes/01JZ"):
        assert door("GET", f"/meetings/{M}{path}").status == 200
    assert [(asked[0], asked[1], asked[3:]) for asked in door.gavel.asked] == [
        ("meeting", M, ()),
        ("me", M, ()),
        ("attendee", M, (A, None)),
        ("attendee", M, (None, "bob")),
        ("change", M, ("01JZ",)),
    ]
