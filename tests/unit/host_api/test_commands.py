"""The command that each route makes."""

from datetime import UTC, datetime

import pytest
from moderation.domain.capability import Capabilities, LiftableBy, Medium
from moderation.domain.commands import (
    Admit,
    Ban,
    Bind,
    Command,
    Consent,
    End,
    EndFloor,
    GrantFloor,
    Hold,
    LetIn,
    LowerAllHands,
    LowerHand,
    Mute,
    MuteEverybody,
    RaiseHand,
    Register,
    Release,
    Remove,
    SetCapabilities,
    SetMeeting,
    SetRole,
    Unban,
    Undo,
    Unmute,
    UnmuteEverybody,
)
from moderation.domain.meeting import UnmuteConsent

from .api import A, HostApi, M

WHOLE_MUTE = {"media": ["content", "audio"], "durationSeconds": 300, "reason": "noise", "liftableBy": "self"}
UNTIL = datetime(2026, 6, 1, 12, 0, 0, 5000, tzinfo=UTC)
WHOLE_FLOOR = {"durationSeconds": 30, "media": ["audio", "content"], "exclusive": True, "reason": "your turn"}
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
    ("POST", "/hold", None, Hold()),
    ("POST", "/hold", {"reason": "x"}, Hold("x")),
    ("POST", "/release", {"reason": None}, Release()),
    ("POST", "/release", {"reason": "x"}, Release("x")),
    ("PUT", "/role", {"role": "presenter", "reason": "x"}, SetRole("presenter", "x")),
    ("POST", "/remove", None, Remove()),
    ("POST", "/remove", {"ban": False, "until": None, "reason": "x"}, Remove(reason="x")),
    (
        "POST",
        "/remove",
        {"until": "2026-06-01T12:00:00.005999Z", "ban": True, "reason": "x"},
        Remove(True, UNTIL, "x"),
    ),
    ("PUT", "/hand", None, RaiseHand()),
    ("PUT", "/hand", {"reason": "x"}, RaiseHand("x")),
    ("DELETE", "/hand", None, LowerHand()),
    ("POST", "/floor", None, GrantFloor(120, (Medium.AUDIO,))),
    ("POST", "/floor", WHOLE_FLOOR, GrantFloor(30, (Medium.AUDIO, Medium.CONTENT), True, "your turn")),
    ("DELETE", "/floor", None, EndFloor()),
    ("PUT", "/consent", {"changeId": "01JZ", "accept": True}, Consent("01JZ", True)),
    ("PUT", "/consent", {"changeId": "01JZ", "accept": False}, Consent("01JZ", False)),
]


@pytest.mark.parametrize(("method", "suffix", "body", "command"), CASES)
def test_on_an_attendee_and_on_a_user(method: str, suffix: str, body: object, command: Command) -> None:
    api = HostApi()
    assert api(method, f"/meetings/{M}/attendees/{A}{suffix}", body).status == 200
    assert api(method, f"/meetings/{M}/users/bob{suffix}", body).status == 200
    attendee, user = api.gavel.requests
    assert attendee.command == user.command == command
    assert (attendee.meeting_id, attendee.attendee_id, attendee.user_id) == (M, A, None)
    assert (user.meeting_id, user.attendee_id, user.user_id) == (M, None, "bob")


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
    api = HostApi()
    assert api("PUT", f"/meetings/{M}", body).status == 200
    assert api.gavel.requests[0].command == command


OF_A_PERSON: list[tuple[str, str, object, Command]] = [
    ("PUT", "bans", None, Ban()),
    ("PUT", "bans", {"until": "2026-06-01T12:00:00.005Z", "reason": "x"}, Ban(UNTIL, "x")),
    ("PUT", "bans", {"until": "2026-06-01T12:00:00Z"}, Ban(UNTIL.replace(microsecond=0))),
    ("DELETE", "bans", None, Unban()),
    ("PUT", "lobby", {"admit": True}, LetIn()),
    ("PUT", "lobby", {"admit": False, "reason": "x"}, LetIn(False, "x")),
]


@pytest.mark.parametrize(("method", "where", "body", "command"), OF_A_PERSON)
def test_on_users_who_need_not_be_in_the_meeting(method: str, where: str, body: object, command: Command) -> None:
    api = HostApi()
    assert api(method, f"/meetings/{M}/{where}/~YWwvaWNl", body).status == 200
    [request] = api.gavel.requests
    assert (request.command, request.meeting_id) == (command, M)
    assert (request.attendee_id, request.user_id) == (None, "al/ice")


WHOLE_MUTE_ALL = {
    "media": ["audio", "content"],
    "except": {"attendeeIds": [A, A + "#content"], "externalUserIds": ["al/ice", "al/ice"], "roles": ["viewer"]},
    "durationSeconds": 60,
    "reason": "exam",
    "liftableBy": "self",
}
ON_THE_MEETING: list[tuple[str, str, object, Command]] = [
    ("POST", "/mute-all", None, MuteEverybody()),
    ("POST", "/mute-all", {"except": {}}, MuteEverybody((Medium.AUDIO,), ("host", "cohost"))),
    ("POST", "/mute-all", {"except": {"roles": []}}, MuteEverybody(spared_roles=())),
    ("POST", "/mute-all", {"except": {"externalUserIds": ["bob"]}}, MuteEverybody(spared_users=("bob",))),
    (
        "POST",
        "/mute-all",
        WHOLE_MUTE_ALL,
        MuteEverybody((Medium.AUDIO, Medium.CONTENT), ("viewer",), ("al/ice",), (A,), 60, "exam", LiftableBy.SELF),
    ),
    ("POST", "/unmute-all", None, UnmuteEverybody()),
    ("POST", "/unmute-all", {"media": ["video"], "reason": "ok"}, UnmuteEverybody((Medium.VIDEO,), "ok")),
    ("PATCH", "", {"mode": "audience"}, SetMeeting(mode="audience")),
    ("PATCH", "", {"frozen": False, "reason": "go on"}, SetMeeting(frozen=False, reason="go on")),
    (
        "PATCH",
        "",
        {"mode": "open", "frozen": True, "defaultRole": "viewer", "unmuteConsent": "required", "lobby": False},
        SetMeeting("open", True, "viewer", UnmuteConsent.REQUIRED, False),
    ),
    (
        "POST",
        "/admissions",
        {"users": [{"externalUserId": "al/ice", "role": "host"}, {"externalUserId": "bob"}]},
        Admit({"al/ice": "host", "bob": None}),
    ),
    ("POST", "/undo", {"changeId": "01JZ"}, Undo("01JZ")),
    ("POST", "/undo", {"changeId": "01JZ", "reason": "x"}, Undo("01JZ", "x")),
    ("POST", "/hands/lower-all", None, LowerAllHands()),
    ("POST", "/hands/lower-all", {"reason": "x"}, LowerAllHands("x")),
    ("POST", "/end", None, End()),
    ("POST", "/end", {"reason": "x"}, End("x")),
]


@pytest.mark.parametrize(("method", "suffix", "body", "command"), ON_THE_MEETING)
def test_on_the_meeting(method: str, suffix: str, body: object, command: Command) -> None:
    api = HostApi()
    headers = {"if-match": '"m7"', "idempotency-key": "k"}
    assert api(method, f"/meetings/{M}{suffix}", body, headers=headers).status == 200
    assert api(method, f"/meetings/{M}{suffix}?dryRun=true", body, headers={"if-match": "*"}).status == 200
    wet, dry = api.gavel.requests
    assert wet.command == dry.command == command
    assert (wet.meeting_id, wet.attendee_id, wet.user_id, wet.if_match, wet.dry_run) == (M, None, None, "m7", False)
    assert (dry.if_match, dry.key, dry.dry_run) == (None, None, True)
    assert wet.key is not None


@pytest.mark.parametrize("body", [None, {}])
def test_binding(body: object) -> None:
    api = HostApi()
    assert api("PUT", f"/meetings/{M}/attendees/{A}%23content", body).status == 200
    request = api.gavel.requests[0]
    assert (request.command, request.meeting_id, request.attendee_id, request.user_id) == (Bind(), M, A, None)


def test_display_names_are_normalized() -> None:
    api = HostApi()
    assert api("PUT", f"/meetings/{M}/attendees/{A}", {"displayName": " Zoe\u0308 "}).status == 200
    users = [{"externalUserId": "bob", "displayName": "Bob"}, {"externalUserId": "eve", "displayName": None}]
    assert api("POST", f"/meetings/{M}/admissions", {"users": users}).status == 200
    assert [request.command for request in api.gavel.requests] == (
        [Bind("Zoë"), Admit({"bob": None, "eve": None}, {"bob": "Bob"})]
    )


def test_no_error_repeats_a_display_name() -> None:
    api = HostApi()
    for name in ("Secret\u202eName", "Secret" * 11, ["SecretName"]):
        answers = (
            api("PUT", f"/meetings/{M}/attendees/{A}", {"displayName": name}),
            api("POST", f"/meetings/{M}/admissions", {"users": [{"externalUserId": "bob", "displayName": name}]}),
        )
        assert [answer.pointers for answer in answers] == [["/displayName"], ["/users/0/displayName"]]
        assert "Secret" not in str([answer.document for answer in answers])


def test_a_hundred_users_may_be_admitted() -> None:
    body = {"users": [{"externalUserId": f"user{n}"} for n in range(100)]}
    assert HostApi()("POST", f"/meetings/{M}/admissions", body).status == 200


def test_a_user_may_be_named_twice_with_one_role() -> None:
    api = HostApi()
    bob = {"externalUserId": "bob", "role": "viewer"}
    assert api("POST", f"/meetings/{M}/admissions", {"users": [bob, bob]}).status == 200
    assert api.gavel.requests[0].command == Admit({"bob": "viewer"})


def test_ninety_users_may_be_named() -> None:
    assert HostApi()("PUT", f"/meetings/{M}", {"roles": {f"user{n}": "viewer" for n in range(90)}}).status == 200


@pytest.mark.parametrize(("query", "dry"), [("", False), ("?dryRun=true", True), ("?dryRun=false", False)])
def test_dry_runs(query: str, dry: bool) -> None:
    api = HostApi()
    assert api("POST", f"/meetings/{M}/users/bob/mute{query}").status == 200
    assert api.gavel.requests[0].dry_run is dry


def test_bytes_are_json_too() -> None:
    api = HostApi()
    headers = {"Content-Type": "application/JSON"}
    assert api("POST", f"/meetings/{M}/users/bob/mute", b'{"reason":"\xc3\xa9"}', headers=headers).status == 200
    assert api.gavel.requests[0].command.reason == "é"


def test_reading() -> None:
    api = HostApi()
    for path in ("", "/me", f"/attendees/{A}", "/users/bob", "/changes/01JZ", "/hands", "/bans", "/lobby"):
        assert api("GET", f"/meetings/{M}{path}").status == 200
    assert [(asked[0], asked[1], asked[3:]) for asked in api.gavel.asked] == [
        ("meeting", M, ()),
        ("me", M, ()),
        ("attendee", M, (A, None)),
        ("attendee", M, (None, "bob")),
        ("change", M, ("01JZ",)),
        ("hands", M, ()),
        ("bans", M, ()),
        ("lobby", M, ()),
    ]


@pytest.mark.parametrize("path", [f"/attendees/{A}/hand", "/users/bob/floor", "/bans/bob"])
def test_a_delete_is_a_write_like_any_other(path: str) -> None:
    api = HostApi()
    headers = {"if-match": '"p3.m7"', "idempotency-key": "k"}
    assert api("DELETE", f"/meetings/{M}{path}", headers=headers).status == 200
    assert api("DELETE", f"/meetings/{M}{path}?dryRun=true", headers=headers).status == 200
    wet, dry = api.gavel.requests
    assert (wet.if_match, wet.dry_run, wet.key is not None) == ("p3.m7", False, True)
    assert (dry.if_match, dry.dry_run, dry.key) == ("p3.m7", True, None)
