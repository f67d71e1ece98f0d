"""HTTP responses of the application's outcomes."""

from dataclasses import replace

import pytest
from host_api.problems import KINDS
from moderation.application.requests import Answer, Refused
from moderation.domain.capability import EVERYTHING

from .api import (
    ADMISSION,
    ADMITTED,
    APPLIED,
    ATTENDEE,
    GOVERNED,
    LIMIT,
    MEETING,
    OUTCOMES,
    REGISTERED,
    A,
    HostApi,
    M,
    Reply,
    StandIn,
)

LISTS = ("/hands", "/bans", "/lobby")
MUTE = f"/meetings/{M}/attendees/{A}/mute"
CAPABILITIES = f"/meetings/{M}/attendees/{A}/capabilities"


def muted(answer: Answer) -> Reply:
    return HostApi(StandIn(answer))("POST", MUTE)


def refused(refusal: Refused) -> Reply:
    return HostApi(StandIn(refused=refusal))("PATCH", CAPABILITIES, {"audio": "None"})


def test_applied() -> None:
    reply = muted(APPLIED)
    assert reply.status == 200
    assert reply.document == {
        "changeId": "01JZ",
        "status": "applied",
        "attendee": ATTENDEE,
        "before": {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"},
        "after": {"audio": "Receive", "video": "Receive", "content": "Receive"},
        "effects": ["content-audio-may-flow"],
    }
    assert set(reply.headers) == {"Content-Type", "Cache-Control"}


def test_pending() -> None:
    reply = muted(replace(APPLIED, status="pending"))
    assert (reply.status, reply.headers["Location"]) == (202, f"/meetings/{M}/changes/01JZ")


@pytest.mark.parametrize("status", ["unchanged", "dry-run"])
def test_nothing_was_changed(status: str) -> None:
    reply = muted(Answer(status, ATTENDEE, before=EVERYTHING, after=EVERYTHING))
    assert (reply.status, reply.document["status"], reply.document["changeId"]) == (200, status, None)


def test_superseded() -> None:
    reply = muted(replace(APPLIED, status="superseded", closed_by="01K0"))
    assert (reply.status, reply.document["supersededBy"]) == (200, "01K0")


def test_waiting_for_consent() -> None:
    reply = muted(replace(APPLIED, status="pending", awaiting="consent"))
    assert (reply.status, reply.document["awaiting"]) == (202, "consent")
    assert reply.headers["Location"] == f"/meetings/{M}/changes/01JZ"


def test_a_hand_is_no_change() -> None:
    up = ATTENDEE | {"hand": {"raisedAt": "2026-05-04T10:00:00.000Z"}}
    reply = HostApi(StandIn(Answer("applied", up)))("PUT", f"/meetings/{M}/users/bob/hand")
    assert (reply.status, reply.document["changeId"], reply.document["attendee"]) == (200, None, up)


def test_replayed() -> None:
    assert muted(replace(APPLIED, replayed=True)).headers["Idempotency-Replayed"] == "true"
    again = Refused("meeting-ended", "the meeting has ended", replayed=True)
    assert refused(again).headers["Idempotency-Replayed"] == "true"


def test_revisions() -> None:
    assert HostApi()("GET", f"/meetings/{M}/users/bob").headers["ETag"] == '"p3.m7"'
    assert HostApi()("GET", f"/meetings/{M}").headers["ETag"] == '"m7"'
    assert HostApi()("PUT", f"/meetings/{M}").headers["ETag"] == '"m7"'


def test_registered() -> None:
    reply = HostApi(StandIn(replace(REGISTERED, status="pending", replayed=True)))("PUT", f"/meetings/{M}")
    assert (reply.status, reply.document) == (202, MEETING)
    assert reply.headers["Location"] == f"/meetings/{M}/changes/01JZ"
    assert reply.headers["Idempotency-Replayed"] == "true"


def test_registered_dry() -> None:
    reply = HostApi(StandIn(Answer("dry-run", MEETING)))("PUT", f"/meetings/{M}?dryRun=true")
    assert reply.document == MEETING | {"status": "dry-run"}
    assert "ETag" not in reply.headers


def muted_all(answer: Answer) -> Reply:
    return HostApi(StandIn(answer))("POST", f"/meetings/{M}/mute-all")


def test_governed() -> None:
    reply = muted_all(GOVERNED)
    assert (reply.status, reply.headers["ETag"]) == (200, '"m7"')
    assert reply.document == {
        "changeId": "01JZ",
        "status": "applied",
        "outcomes": [*OUTCOMES],
        "meeting": MEETING,
    }


def test_some_are_asked() -> None:
    asked = OUTCOMES[1] | {"outcome": "pending", "awaiting": "consent", "changeId": "01K0"}
    reply = muted_all(replace(GOVERNED, outcomes=(OUTCOMES[0], asked)))
    assert reply.document["outcomes"] == [OUTCOMES[0], asked]


def undone(answer: Answer) -> Reply:
    return HostApi(StandIn(answer))("POST", f"/meetings/{M}/undo", {"changeId": "01JA"})


def test_undone_for_one_user() -> None:
    reply = undone(APPLIED)
    assert (reply.status, reply.document["attendee"]) == (200, ATTENDEE)
    assert "outcomes" not in reply.document


def test_undone_for_everybody() -> None:
    reply = undone(replace(GOVERNED, status="pending"))
    assert (reply.status, reply.document["meeting"], reply.document["outcomes"]) == (202, MEETING, [*OUTCOMES])
    assert reply.headers["ETag"] == '"m7"'
    assert undone(replace(GOVERNED, outcomes=())).document["outcomes"] == []


def test_ended() -> None:
    gone = OUTCOMES[1] | {"outcome": "gone"}
    reply = HostApi(StandIn(replace(GOVERNED, outcomes=(gone,))))("POST", f"/meetings/{M}/end")
    assert (reply.status, reply.document["outcomes"]) == (200, [gone])


def test_governed_pending() -> None:
    reply = muted_all(replace(GOVERNED, status="pending", replayed=True))
    assert (reply.status, reply.headers["Location"]) == (202, f"/meetings/{M}/changes/01JZ")
    assert reply.headers["Idempotency-Replayed"] == "true"


def test_governed_superseded() -> None:
    reply = muted_all(replace(GOVERNED, status="superseded", closed_by="01K0"))
    assert (reply.status, reply.document["supersededBy"]) == (200, "01K0")


def test_governed_in_vain() -> None:
    reply = muted_all(Answer("unchanged", MEETING, outcomes=()))
    assert (reply.status, reply.document["changeId"], reply.document["outcomes"]) == (200, None, [])
    assert muted_all(Answer("unchanged", MEETING, replayed=True)).document["outcomes"] == []


def test_governed_dry() -> None:
    reply = muted_all(Answer("dry-run", MEETING, outcomes=OUTCOMES))
    assert (reply.status, reply.document["status"], reply.document["outcomes"]) == (200, "dry-run", [*OUTCOMES])
    assert "ETag" not in reply.headers


def admitted(answer: Answer) -> Reply:
    return HostApi(StandIn(answer))("POST", f"/meetings/{M}/admissions", {"users": [{"externalUserId": "bob"}]})


def test_admitted() -> None:
    waiting = {"externalUserId": "carol", "admitted": False, "code": "waiting"}
    reply = admitted(replace(ADMITTED, outcomes=(ADMISSION, waiting)))
    assert (reply.status, reply.document) == (200, {"items": [ADMISSION, waiting]})
    assert set(reply.headers) == {"Content-Type", "Cache-Control"}
    assert admitted(replace(ADMITTED, replayed=True)).headers["Idempotency-Replayed"] == "true"


def test_admitted_dry() -> None:
    assert admitted(replace(ADMITTED, status="dry-run")).document == {"items": [ADMISSION], "status": "dry-run"}


def bound(answer: Answer) -> Reply:
    return HostApi(StandIn(answer))("PUT", f"/meetings/{M}/attendees/{A}")


def test_bound() -> None:
    reply = bound(APPLIED)
    assert (reply.status, reply.document, reply.headers["ETag"]) == (200, ATTENDEE, '"p3.m7"')
    assert bound(Answer("unchanged", ATTENDEE)).document == ATTENDEE


def test_bound_pending() -> None:
    reply = bound(replace(APPLIED, status="pending", subject=ATTENDEE | {"status": "pending"}))
    assert (reply.status, reply.document["status"]) == (202, "pending")
    assert reply.headers["Location"] == f"/meetings/{M}/changes/01JZ"


def test_bound_dry() -> None:
    reply = bound(Answer("dry-run", ATTENDEE))
    assert reply.document == ATTENDEE | {"status": "dry-run"}
    assert "ETag" not in reply.headers


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("invalid-request", 400),
        ("not-permitted", 403),
        ("banned", 403),
        ("meeting-not-found", 404),
        ("attendee-not-found", 404),
        ("capability-unavailable", 409),
        ("meeting-ended", 409),
        ("revision-mismatch", 412),
        ("content-needs-video", 422),
        ("idempotency-key-reused", 422),
        ("chime-refused", 502),
        ("busy", 503),
        ("contended", 503),
    ],
)
def test_refusals(code: str, status: int) -> None:
    reply = refused(Refused(code, "because"))
    assert (reply.status, reply.code, reply.document["detail"]) == (status, code, "because")
    assert reply.document["instance"] == CAPABILITIES
    assert ("Retry-After" in reply.headers) is (status == 503)


def test_what_a_refusal_says() -> None:
    assert refused(Refused("not-permitted", "no")).document["policies"] == ["no-permit"]
    policies = ("non-hosts-may-not-act-on-hosts",)
    assert refused(Refused("not-permitted", "no", policies=policies)).document["policies"] == [*policies]
    assert refused(Refused("capability-unavailable", "no", limits=(LIMIT,))).document["limits"] == [LIMIT]
    assert refused(Refused("chime-refused", "no", change_id="01JZ")).document["changeId"] == "01JZ"
    pointed = refused(Refused("invalid-request", "no such mode", pointer="/mode"))
    assert pointed.document["errors"] == [{"pointer": "/mode", "detail": "no such mode"}]


@pytest.mark.parametrize("code", ["not-permitted", "meeting-not-found", "meeting-ended", "revision-mismatch", "busy"])
def test_refused_meeting_commands(code: str) -> None:
    users = {"users": [{"externalUserId": "bob"}]}
    for method, path, body in (
        ("POST", "/mute-all", None),
        ("POST", "/unmute-all", None),
        ("PATCH", "", {"frozen": True}),
        ("POST", "/admissions", users),
        ("PUT", f"/attendees/{A}", None),
    ):
        assert HostApi(StandIn(refused=Refused(code, "no")))(method, f"/meetings/{M}{path}", body).code == code


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "status"),
    [
        ("PUT", "/users/bob/role", {"role": "viewer"}, "last-host", 409),
        ("POST", "/users/bob/remove", None, "last-host", 409),
        ("PUT", "/bans/bob", None, "last-host", 409),
        ("DELETE", "/bans/bob", None, "capability-unavailable", 409),
        ("PUT", "/lobby/bob", {"admit": True}, "attendee-not-found", 404),
        ("POST", "/undo", {"changeId": "01JZ"}, "not-undoable", 409),
        ("POST", "/undo", {"changeId": "01JZ"}, "change-not-found", 404),
        ("PUT", "/users/bob/consent", {"changeId": "01JZ", "accept": True}, "no-request", 409),
        ("POST", "/users/bob/floor", None, "capability-unavailable", 409),
        ("POST", "/end", None, "banned", 403),
    ],
)
def test_refused_commands(method: str, path: str, body: object, code: str, status: int) -> None:
    reply = HostApi(StandIn(refused=Refused(code, "no")))(method, f"/meetings/{M}{path}", body)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize("code", ["not-permitted", "banned", "meeting-not-found", "busy"])
def test_refused_reading(code: str) -> None:
    for path in ("", "/me", "/attendees", f"/attendees/{A}", "/users/bob", "/history", "/changes/01JZ", *LISTS):
        assert HostApi(StandIn(refused=Refused(code, "no")))("GET", f"/meetings/{M}{path}").code == code


def test_a_revision_is_required() -> None:
    reply = HostApi(StandIn(refused=Refused("revision-required", "say it")))("PUT", f"/meetings/{M}")
    assert reply.status == 428


def test_titles_are_text_for_users() -> None:
    assert all(400 <= status < 600 and title for status, title in KINDS.values())


def test_where_to_listen() -> None:
    api = HostApi()
    reply = api("POST", f"/meetings/{M}/live")
    assert reply.status == 200
    assert reply.document.keys() == {"url", "ticket", "expiresAt", "cursor"}
    assert api.gavel.asked == [("live", M, api.gavel.actor)]


def test_who_may_not_listen_is_told_by_which_policies() -> None:
    reply = HostApi(StandIn(refused=Refused("not-permitted", "no", ("no-permit",))))("POST", f"/meetings/{M}/live")
    assert (reply.status, reply.code, reply.document["policies"]) == (403, "not-permitted", ["no-permit"])


def test_what_waits_for_an_answer_may_be_another_change() -> None:
    reply = muted(replace(APPLIED, status="pending", awaiting="consent", waiting="01ZZ"))
    assert (reply.status, reply.document["changeId"], reply.document["awaiting"]) == (202, "01JZ", "consent")
    assert reply.headers["Location"] == f"/meetings/{M}/changes/01ZZ"
