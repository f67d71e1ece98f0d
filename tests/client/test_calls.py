"""What the client sends, and what it makes of the answers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from gavel_client import UnexpectedAnswerError
from gavel_client.durations import in_seconds

from tests.client.server import ATTENDEE, CHANGE, MEETING, Server, attendee, change_answer, meeting


def test_a_mute() -> None:
    server = Server((200, change_answer()))
    result = server.gavel().meeting(MEETING).user("bob").mute(duration="5m", reason="noise")
    assert (server.last.method, server.last.url.path) == ("POST", f"/meetings/{MEETING}/users/bob/mute")
    assert server.body == {"media": ["audio"], "durationSeconds": 300, "reason": "noise"}
    assert server.last.headers["Authorization"] == "Bearer token"
    assert server.last.headers["Idempotency-Key"]
    assert server.last.headers["User-Agent"].startswith("gavel-client/")
    assert (result.status, result.change_id, result.replayed) == ("applied", CHANGE, False)
    assert result.attendee is not None
    assert result.attendee.capabilities.audio == "Receive"


def test_an_attendee() -> None:
    server = Server((200, change_answer()))
    server.gavel().meeting(MEETING).attendee(ATTENDEE).unmute(["audio", "content"])
    assert server.last.url.path == f"/meetings/{MEETING}/attendees/{ATTENDEE}/unmute"
    assert server.body == {"media": ["audio", "content"]}


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("bob", "bob"),
        ("bob@example.com", "bob%40example.com"),
        ("Zoë K", "Zo%C3%AB%20K"),
        ("a/b", "~YS9i"),
        ("~bob", "~fmJvYg"),
        ("50%", "~NTAl"),
        ("..", "~Li4"),
    ],
)
def test_ids_with_trouble(user: str, path: str) -> None:
    server = Server((200, attendee(externalUserId=user)))
    server.gavel(on_behalf_of=user).meeting(MEETING).user(user).get()
    assert server.last.url.raw_path.decode() == f"/meetings/{MEETING}/users/{path}"
    assert server.last.headers["Gavel-On-Behalf-Of"] == path


def test_options_of_a_write() -> None:
    server = Server((200, change_answer()))
    bob = server.gavel().meeting(MEETING).user("bob")
    bob.hold(if_match="p3.m7", idempotency_key="mine", on_behalf_of="alice")
    assert server.last.headers["If-Match"] == '"p3.m7"'
    assert server.last.headers["Idempotency-Key"] == "mine"
    assert server.last.headers["Gavel-On-Behalf-Of"] == "alice"
    bob.hold(if_match='"p3.m7"', dry_run=True)
    assert server.last.headers["If-Match"] == '"p3.m7"'
    assert dict(server.last.url.params) == {"dryRun": "true"}
    assert "Idempotency-Key" not in server.last.headers


def test_each_write_has_a_key_of_its_own() -> None:
    server = Server((200, change_answer()))
    bob = server.gavel().meeting(MEETING).user("bob")
    bob.mute()
    bob.mute()
    assert len({request.headers["Idempotency-Key"] for request in server.requests}) == 2


def test_acting_for_a_user() -> None:
    server = Server((200, meeting()))
    gavel = server.gavel(on_behalf_of="alice")
    gavel.meetings.get(MEETING)
    assert server.last.headers["Gavel-On-Behalf-Of"] == "alice"
    gavel.on_behalf_of("carol").meetings.get(MEETING)
    assert server.last.headers["Gavel-On-Behalf-Of"] == "carol"
    gavel.on_behalf_of(None).meetings.get(MEETING)
    assert "Gavel-On-Behalf-Of" not in server.last.headers


def test_a_registration() -> None:
    server = Server((200, meeting()))
    registered = server.gavel().meetings.register(MEETING, roles={"alice": "host"}, lobby=True)
    assert (server.last.method, server.body) == ("PUT", {"roles": {"alice": "host"}, "lobby": True})
    assert registered.revision == "m7"


def test_a_mute_all_with_exceptions() -> None:
    answer = {"changeId": CHANGE, "status": "applied", "outcomes": [], "meeting": meeting()}
    server = Server((200, answer))
    server.gavel().meeting(MEETING).mute_all(("audio", "content"), except_users=["carol"], except_roles=[])
    assert server.body == {"media": ["audio", "content"], "except": {"externalUserIds": ["carol"], "roles": []}}


def test_an_undo_is_answered_as_what_it_undoes() -> None:
    of_meeting = {"changeId": CHANGE, "status": "applied", "outcomes": [], "meeting": meeting()}
    server = Server((200, of_meeting), (200, change_answer()))
    undo = server.gavel().meeting(MEETING).undo
    assert type(undo(CHANGE)).__name__ == "MeetingChangeResult"
    assert type(undo(CHANGE)).__name__ == "ChangeResult"


def test_times_are_sent_in_utc() -> None:
    server = Server((200, change_answer()))
    until = datetime(2026, 6, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    server.gavel().meeting(MEETING).ban("dave", until=until)
    assert server.body == {"until": "2026-06-01T12:00:00Z"}
    with pytest.raises(ValueError, match="no time zone"):
        server.gavel().meeting(MEETING).ban("dave", until=datetime(2026, 6, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("duration", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("5m", 300), ("2h", 7200), (timedelta(minutes=1), 60)]
)
def test_durations(duration: int | str | timedelta, seconds: int) -> None:
    assert in_seconds(duration) == seconds


def test_what_is_no_duration() -> None:
    with pytest.raises(ValueError, match="`soon` is not a duration"):
        in_seconds("soon")


def test_what_later_versions_add_is_no_error() -> None:
    server = Server((200, attendee(status="teleported", mood="good")))
    shown = server.gavel().meeting(MEETING).user("bob").get()
    assert (shown.status, shown.model_extra) == ("teleported", {"mood": "good"})


def test_an_answer_that_is_not_gavels() -> None:
    server = Server((200, {"hello": "world"}))
    with pytest.raises(UnexpectedAnswerError):
        server.gavel().meetings.get(MEETING)


def test_times_of_answers() -> None:
    hand = {"raisedAt": "2026-05-04T10:00:00.000Z"}
    shown = Server((200, attendee(hand=hand))).gavel().meeting(MEETING).user("bob").get()
    assert shown.hand is not None
    assert shown.hand.raised_at == datetime(2026, 5, 4, 10, tzinfo=UTC)
