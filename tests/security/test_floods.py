"""Floods fill no history and take no calls from others; moderators are never limited."""

import uuid
from collections.abc import Callable

import pytest

from tests.memory.moderated_meeting import MEETING, attendee_of
from tests.security.api import MeetingsApi
from tests.unit.host_api.api import Reply

REFUSALS_A_MINUTE, COMMANDS_A_MINUTE, READS_A_MINUTE = 10, 30, 60
FLOOD = 150


@pytest.fixture
def api() -> MeetingsApi:
    return MeetingsApi()


def flood(api: MeetingsApi, ask: Callable[[int], Reply]) -> list[Reply]:
    """A hundred a second."""
    replies = []
    for number in range(FLOOD):
        replies.append(ask(number))
        api.meeting.clock.pass_by(0.01)
    return replies


def written(api: MeetingsApi) -> int:
    """Entries since the beginning."""
    return len(api.meeting.ledger.entries) - len(api.begun_with)


def count(replies: list[Reply], status: int) -> int:
    return sum(reply.status == status for reply in replies)


def test_refused_attempts(api: MeetingsApi) -> None:
    replies = flood(api, lambda _: api("pete", "POST", "/users/bob/mute"))
    assert (count(replies, 403), count(replies, 429)) == (REFUSALS_A_MINUTE, FLOOD - REFUSALS_A_MINUTE)
    assert written(api) == REFUSALS_A_MINUTE
    assert api.meeting.chime.calls == []
    assert (replies[-1].code, replies[-1].headers["Retry-After"]) == ("too-many", "6")
    api.meeting.clock.pass_by(6)
    assert api("pete", "POST", "/users/bob/mute").status == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"mode": "audience"}),
        ("POST", "/mute-all", None),
        ("POST", "/end", None),
        ("POST", "/undo", {"changeId": "01JZ"}),
        ("PUT", "/users/pete/role", {"role": "host"}),
        ("POST", "/users/alice/remove", {"ban": True}),
        ("PUT", "/users/bob/hand", None),
        ("PUT", "/users/bob/consent", {"changeId": "01JZ", "accept": True}),
        ("PUT", "", {"mode": "audience"}),
        ("POST", "/admissions", {"users": [{"externalUserId": "newcomer", "role": "host"}]}),
        ("PUT", f"/attendees/{attendee_of('bob')}", None),
        ("PUT", "/lobby/eve", {"admit": True}),
    ],
)
def test_whatever_is_refused(api: MeetingsApi, method: str, path: str, body: object) -> None:
    """Each refused command is limited and recorded in the same way."""
    replies = flood(api, lambda _: api("pete", method, path, body))
    assert (count(replies, 403), count(replies, 429)) == (REFUSALS_A_MINUTE, FLOOD - REFUSALS_A_MINUTE)
    refused = api.meeting.ledger.entries[len(api.begun_with) :]
    assert [(entry.extra["verdict"], entry.extra["code"]) for entry in refused] == [
        ("refused", "not-permitted")
    ] * REFUSALS_A_MINUTE
    assert api.meeting.chime.calls == []


@pytest.mark.parametrize(
    ("path", "method", "body", "command", "names"),
    [
        ("", "PUT", {"mode": "audience"}, "register", []),
        ("/admissions", "POST", {"users": [{"externalUserId": "zoe"}]}, "admit-users", ["zoe"]),
    ],
)
def test_a_refused_command_of_the_back_end_is_a_line_of_history(
    api: MeetingsApi, path: str, method: str, body: object, command: str, names: list[str]
) -> None:
    assert api("pete", method, path, body).code == "not-permitted"
    [line] = api("alice", "GET", "/history?verdict=refused").document["items"]
    assert (line["command"], line["actor"]["id"], line["code"]) == (command, "pete", "not-permitted")
    assert [attendee["externalUserId"] for attendee in line["attendees"]] == names
    assert line["policies"] == ["no-permit"]


def test_a_refused_command_of_the_back_end_is_answered_again_under_its_key(api: MeetingsApi) -> None:
    def register() -> Reply:
        return api("pete", "PUT", "", {"mode": "audience"}, headers={"idempotency-key": "k"})

    first, again = register(), register()
    assert (first.status, again.status) == (403, 403)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert written(api) == 1


def test_refusals_of_what_the_rules_stand_against(api: MeetingsApi) -> None:
    """A user may unmute themselves, but not what a host has muted: each attempt is an entry, until the limit."""
    replies = flood(api, lambda _: api("bob", "POST", "/users/bob/unmute"))
    assert (count(replies, 409), count(replies, 429)) == (COMMANDS_A_MINUTE, FLOOD - COMMANDS_A_MINUTE)
    assert written(api) == COMMANDS_A_MINUTE
    assert api.meeting.chime.updates() == []


def test_commands_on_themselves(api: MeetingsApi) -> None:
    replies = flood(api, lambda n: api("pete", "POST", f"/users/pete/{'unmute' if n % 2 else 'mute'}"))
    assert count(replies, 200) == COMMANDS_A_MINUTE
    assert len(api.meeting.chime.updates()) <= COMMANDS_A_MINUTE + 1
    assert written(api) <= 2 * COMMANDS_A_MINUTE + 2


def test_hands_up_and_down(api: MeetingsApi) -> None:
    flood(api, lambda n: api("pete", "DELETE" if n % 2 else "PUT", "/users/pete/hand"))
    assert written(api) <= COMMANDS_A_MINUTE + 1
    assert api.meeting.chime.calls == []


def test_a_hand_of_somebody_who_sits_nowhere(api: MeetingsApi) -> None:
    """Finding out whether a user is present reads Chime; such reads by non-moderators are limited for all together."""
    assert api("admin", "POST", "/admissions", {"users": [{"externalUserId": "zoe", "role": "host"}]}).status == 200
    api.meeting.chime.calls.clear()
    flood(api, lambda _: api("zoe", "PUT", "/users/zoe/hand"))
    assert len(api.meeting.chime.calls) <= COMMANDS_A_MINUTE / 2


def test_tickets(api: MeetingsApi) -> None:
    replies = flood(api, lambda _: api("pete", "POST", "/live"))
    assert len(api.live.connections.tickets) == count(replies, 200) == COMMANDS_A_MINUTE
    assert replies[-1].code == "too-many"


def test_idempotency_keys(api: MeetingsApi) -> None:
    """Each is kept for a month."""
    flood(api, lambda n: api("pete", "POST", "/users/pete/unmute", headers={"idempotency-key": f"k{n}"}))
    flood(api, lambda n: api("pete", "POST", "/mute-all", headers={"idempotency-key": f"m{n}"}))
    assert len(api.meeting.ledger.keys) <= COMMANDS_A_MINUTE + REFUSALS_A_MINUTE


def test_one_minute_for_all_of_it(api: MeetingsApi) -> None:
    """All commands of a user share one bucket, also through a back end; other users have their own."""
    flood(api, lambda _: api("pete", "POST", "/users/bob/mute"))
    assert api("pete", "POST", "/mute-all").code == "too-many"
    assert api("pete", "POST", "/users/bob/mute", behalf=True).code == "too-many"
    assert api("paula", "POST", "/users/bob/mute").code == "not-permitted"
    api.meeting.clock.pass_by(60)
    assert api("pete", "POST", "/users/pete/mute").status == 200


WAITS = {"eve"}
"""Who waits in the lobby may listen for being let in."""


@pytest.mark.parametrize("who", ["mallory", "eve", "dave", "olga"])
def test_users_unknown_to_the_meeting_leave_nothing_at_all(api: MeetingsApi, who: str) -> None:
    """Neither do people of other meetings, the banned and those in the lobby."""
    before, tickets = api.state(), dict(api.live.connections.tickets)
    paths = ["/mute-all", "/users/bob/mute", f"/users/{who}/unmute", f"/attendees/{attendee_of('nobody')}/mute"]
    for path in [*paths, *([] if who in WAITS else ["/live"])]:

        def ask(number: int, path: str = path) -> Reply:
            return api(who, "POST", path, headers={"idempotency-key": f"k{number}"})

        assert count(flood(api, ask), 403) == FLOOD
    flood(api, lambda _: api(who, "PUT", f"/users/{who}/hand"))
    flood(api, lambda n: api(who, "GET", f"/attendees/{uuid.UUID(int=n)}"))
    assert api.state() == before
    assert written(api) == 0
    assert (api.meeting.ledger.keys, api.meeting.ledger.minutes, api.live.connections.tickets) == ({}, {}, tickets)
    assert api.meeting.chime.calls == []


def test_meetings_that_are_not_there(api: MeetingsApi) -> None:
    before = api.state()
    for method, path in (
        ("GET", ""),
        ("GET", "/me"),
        ("POST", "/mute-all"),
        ("POST", "/users/pete/mute"),
        ("POST", "/live"),
    ):
        for who in ("pete", "mallory", "alice", "admin"):

            def ask(number: int, who: str = who, method: str = method, path: str = path) -> Reply:
                return api(who, method, path, meeting_id=str(uuid.UUID(int=number)))

            assert count(flood(api, ask), 404) == FLOOD
    for who in ("pete", "mallory", "alice"):

        def register(number: int, who: str = who) -> Reply:
            return api(who, "PUT", "", {"mode": "open"}, meeting_id=str(uuid.UUID(int=number)))

        assert count(flood(api, register), 403) == FLOOD
    assert api.state() == before
    assert written(api) == 0
    assert (api.meeting.ledger.keys, api.meeting.ledger.minutes) == ({}, {})
    assert api.meeting.chime.calls == []


def test_attendees_that_are_not_there(api: MeetingsApi) -> None:
    """A participant may make Gavel look up few unbound attendees, and only for commands on themselves."""
    flood(api, lambda n: api("pete", "POST", f"/attendees/{uuid.UUID(int=n)}/unmute"))
    flood(api, lambda n: api("pete", "GET", f"/attendees/{uuid.UUID(int=n)}"))
    assert len(api.meeting.chime.calls) <= COMMANDS_A_MINUTE


def test_moderators_are_not_held_up(api: MeetingsApi) -> None:
    for who in ("alice", "cora", "admin"):

        def ask(number: int, who: str = who) -> Reply:
            return api(who, "POST", f"/users/bob/{'mute' if number % 2 else 'unmute'}")

        assert count(flood(api, ask), 200) == FLOOD
    assert api.meeting.ledger.minutes == {}


def test_a_dry_run_costs_nothing(api: MeetingsApi) -> None:
    flood(api, lambda _: api("pete", "POST", "/users/bob/mute?dryRun=true"))
    flood(api, lambda _: api("pete", "POST", "/users/pete/mute?dryRun=true"))
    assert api.meeting.ledger.minutes == {}
    assert written(api) == 0


def test_the_minute_is_of_one_meeting(api: MeetingsApi) -> None:
    flood(api, lambda _: api("bob", "POST", "/mute-all"))
    elsewhere = "22222222-2222-2222-2222-222222222222"
    assert api("bob", "POST", "/mute-all").code == "too-many"
    assert api("bob", "POST", "/mute-all", meeting_id=elsewhere).code == "not-permitted"
    assert {meeting_id for meeting_id, *_ in api.meeting.ledger.minutes} == {MEETING, elsewhere}


@pytest.mark.parametrize(("who", "path"), [("pete", "/attendees"), ("alice", "/attendees"), ("alice", "/history")])
def test_who_reads_on_and_on_is_held_up_and_may_command_all_the_same(api: MeetingsApi, who: str, path: str) -> None:
    """A page is what reading costs: each takes a second of a minute that is for reading alone."""
    replies = flood(api, lambda _: api(who, "GET", f"{path}?limit=1"))
    assert count(replies, 200) in (READS_A_MINUTE, READS_A_MINUTE + 1)
    assert count(replies, 200) + count(replies, 429) == FLOOD
    held_up = next(reply for reply in replies if reply.status == 429)
    assert (held_up.code, held_up.headers["Retry-After"]) == ("too-many", "1")
    assert api(who, "POST", f"/users/{who}/mute").status == 200
    api.meeting.clock.pass_by(1)
    assert api(who, "GET", f"{path}?limit=1").status == 200


def test_a_back_end_reads_as_often_as_it_likes(api: MeetingsApi) -> None:
    assert count(flood(api, lambda _: api("admin", "GET", "/attendees?limit=1")), 200) == FLOOD
