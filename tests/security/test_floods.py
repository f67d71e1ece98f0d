"""Whoever goes on and on fills no history and takes no calls from others; whoever moderates is never held up."""

import uuid
from collections.abc import Callable

import pytest

from tests.memory.moderated_meeting import MEETING, seat
from tests.security.cast import Cast
from tests.unit.host_api.door import Reply

REFUSALS_A_MINUTE, DEEDS_A_MINUTE, READS_A_MINUTE = 10, 30, 60
FLOOD = 150


@pytest.fixture
def cast() -> Cast:
    return Cast()


def flood(cast: Cast, ask: Callable[[int], Reply]) -> list[Reply]:
    """A hundred a second."""
    replies = []
    for number in range(FLOOD):
        replies.append(ask(number))
        cast.scene.surroundings.pass_by(0.01)
    return replies


def written(cast: Cast) -> int:
    """Entries since the beginning."""
    return len(cast.scene.ledger.entries) - len(cast.begun_with)


def count(replies: list[Reply], status: int) -> int:
    return sum(reply.status == status for reply in replies)


def test_refused_attempts(cast: Cast) -> None:
    replies = flood(cast, lambda _: cast("pete", "POST", "/users/bob/mute"))
    assert (count(replies, 403), count(replies, 429)) == (REFUSALS_A_MINUTE, FLOOD - REFUSALS_A_MINUTE)
    assert written(cast) == REFUSALS_A_MINUTE
    assert cast.scene.chime.calls == []
    assert (replies[-1].code, replies[-1].headers["Retry-After"]) == ("too-many", "6")
    cast.scene.surroundings.pass_by(6)
    assert cast("pete", "POST", "/users/bob/mute").status == 403


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
        ("PUT", f"/attendees/{seat('bob')}", None),
        ("PUT", "/lobby/eve", {"admit": True}),
    ],
)
def test_whatever_is_refused(cast: Cast, method: str, path: str, body: object) -> None:
    """Each refused command is limited and recorded in the same way."""
    replies = flood(cast, lambda _: cast("pete", method, path, body))
    assert (count(replies, 403), count(replies, 429)) == (REFUSALS_A_MINUTE, FLOOD - REFUSALS_A_MINUTE)
    refused = cast.scene.ledger.entries[len(cast.begun_with) :]
    assert [(entry.extra["verdict"], entry.extra["code"]) for entry in refused] == [
        ("refused", "not-permitted")
    ] * REFUSALS_A_MINUTE
    assert cast.scene.chime.calls == []


@pytest.mark.parametrize(
    ("path", "method", "body", "command", "names"),
    [
        ("", "PUT", {"mode": "audience"}, "register", []),
        ("/admissions", "POST", {"users": [{"externalUserId": "zoe"}]}, "admit-users", ["zoe"]),
    ],
)
def test_a_refused_command_of_the_back_end_is_a_line_of_history(
    cast: Cast, path: str, method: str, body: object, command: str, names: list[str]
) -> None:
    assert cast("pete", method, path, body).code == "not-permitted"
    [line] = cast("alice", "GET", "/history?verdict=refused").document["items"]
    assert (line["command"], line["actor"]["id"], line["code"]) == (command, "pete", "not-permitted")
    assert [attendee["externalUserId"] for attendee in line["attendees"]] == names
    assert line["policies"] == ["no-permit"]


def test_a_refused_command_of_the_back_end_is_answered_again_under_its_key(cast: Cast) -> None:
    def register() -> Reply:
        return cast("pete", "PUT", "", {"mode": "audience"}, headers={"idempotency-key": "k"})

    first, again = register(), register()
    assert (first.status, again.status) == (403, 403)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert written(cast) == 1


def test_refusals_of_what_the_rules_stand_against(cast: Cast) -> None:
    """He may unmute himself, but not what a host has muted: that is an entry each time, as long as he has patience."""
    replies = flood(cast, lambda _: cast("bob", "POST", "/users/bob/unmute"))
    assert (count(replies, 409), count(replies, 429)) == (DEEDS_A_MINUTE, FLOOD - DEEDS_A_MINUTE)
    assert written(cast) == DEEDS_A_MINUTE
    assert cast.scene.chime.orders() == []


def test_his_own_deeds(cast: Cast) -> None:
    replies = flood(cast, lambda n: cast("pete", "POST", f"/users/pete/{'unmute' if n % 2 else 'mute'}"))
    assert count(replies, 200) == DEEDS_A_MINUTE
    assert len(cast.scene.chime.orders()) <= DEEDS_A_MINUTE + 1
    assert written(cast) <= 2 * DEEDS_A_MINUTE + 2


def test_hands_up_and_down(cast: Cast) -> None:
    flood(cast, lambda n: cast("pete", "DELETE" if n % 2 else "PUT", "/users/pete/hand"))
    assert written(cast) <= DEEDS_A_MINUTE + 1
    assert cast.scene.chime.calls == []


def test_a_hand_of_somebody_who_sits_nowhere(cast: Cast) -> None:
    """Whether he is there is a look at Chime, and looks of those who moderate nobody are few, for all together."""
    assert cast("admin", "POST", "/admissions", {"users": [{"externalUserId": "zoe", "role": "host"}]}).status == 200
    cast.scene.chime.calls.clear()
    flood(cast, lambda _: cast("zoe", "PUT", "/users/zoe/hand"))
    assert len(cast.scene.chime.calls) <= DEEDS_A_MINUTE / 2


def test_tickets(cast: Cast) -> None:
    replies = flood(cast, lambda _: cast("pete", "POST", "/live"))
    assert len(cast.house.listeners.tickets) == count(replies, 200) == DEEDS_A_MINUTE
    assert replies[-1].code == "too-many"


def test_idempotency_keys(cast: Cast) -> None:
    """Each is kept for a month."""
    flood(cast, lambda n: cast("pete", "POST", "/users/pete/unmute", headers={"idempotency-key": f"k{n}"}))
    flood(cast, lambda n: cast("pete", "POST", "/mute-all", headers={"idempotency-key": f"m{n}"}))
    assert len(cast.scene.ledger.keys) <= DEEDS_A_MINUTE + REFUSALS_A_MINUTE


def test_one_minute_for_all_of_it(cast: Cast) -> None:
    """Whoever has spent it on one thing has none for another, whoever speaks for him; others have theirs."""
    flood(cast, lambda _: cast("pete", "POST", "/users/bob/mute"))
    assert cast("pete", "POST", "/mute-all").code == "too-many"
    assert cast("pete", "POST", "/users/bob/mute", behalf=True).code == "too-many"
    assert cast("paula", "POST", "/users/bob/mute").code == "not-permitted"
    cast.scene.surroundings.pass_by(60)
    assert cast("pete", "POST", "/users/pete/mute").status == 200


WAITS = {"eve"}
"""Who waits in the lobby may listen for being let in."""


@pytest.mark.parametrize("who", ["mallory", "eve", "dave", "olga"])
def test_whoever_is_nobody_here_leaves_nothing_at_all(cast: Cast, who: str) -> None:
    """Neither do people of other meetings, the banned and those in the lobby."""
    before, tickets = cast.state(), dict(cast.house.listeners.tickets)
    paths = ["/mute-all", "/users/bob/mute", f"/users/{who}/unmute", f"/attendees/{seat('nobody')}/mute"]
    for path in [*paths, *([] if who in WAITS else ["/live"])]:

        def ask(number: int, path: str = path) -> Reply:
            return cast(who, "POST", path, headers={"idempotency-key": f"k{number}"})

        assert count(flood(cast, ask), 403) == FLOOD
    flood(cast, lambda _: cast(who, "PUT", f"/users/{who}/hand"))
    flood(cast, lambda n: cast(who, "GET", f"/attendees/{uuid.UUID(int=n)}"))
    assert cast.state() == before
    assert written(cast) == 0
    assert (cast.scene.ledger.keys, cast.scene.ledger.minutes, cast.house.listeners.tickets) == ({}, {}, tickets)
    assert cast.scene.chime.calls == []


def test_meetings_that_are_not_there(cast: Cast) -> None:
    before = cast.state()
    for method, path in (
        ("GET", ""),
        ("GET", "/me"),
        ("POST", "/mute-all"),
        ("POST", "/users/pete/mute"),
        ("POST", "/live"),
    ):
        for who in ("pete", "mallory", "alice", "admin"):

            def ask(number: int, who: str = who, method: str = method, path: str = path) -> Reply:
                return cast(who, method, path, meeting_id=str(uuid.UUID(int=number)))

            assert count(flood(cast, ask), 404) == FLOOD
    for who in ("pete", "mallory", "alice"):

        def register(number: int, who: str = who) -> Reply:
            return cast(who, "PUT", "", {"mode": "open"}, meeting_id=str(uuid.UUID(int=number)))

        assert count(flood(cast, register), 403) == FLOOD
    assert cast.state() == before
    assert written(cast) == 0
    assert (cast.scene.ledger.keys, cast.scene.ledger.minutes) == ({}, {})
    assert cast.scene.chime.calls == []


def test_seats_that_are_not_there(cast: Cast) -> None:
    """Of strange seats a participant may make Gavel look at few, and only for what he might do to himself."""
    flood(cast, lambda n: cast("pete", "POST", f"/attendees/{uuid.UUID(int=n)}/unmute"))
    flood(cast, lambda n: cast("pete", "GET", f"/attendees/{uuid.UUID(int=n)}"))
    assert len(cast.scene.chime.calls) <= DEEDS_A_MINUTE


def test_whoever_moderates_is_not_held_up(cast: Cast) -> None:
    for who in ("alice", "cora", "admin"):

        def ask(number: int, who: str = who) -> Reply:
            return cast(who, "POST", f"/users/bob/{'mute' if number % 2 else 'unmute'}")

        assert count(flood(cast, ask), 200) == FLOOD
    assert cast.scene.ledger.minutes == {}


def test_a_dry_run_costs_nothing(cast: Cast) -> None:
    flood(cast, lambda _: cast("pete", "POST", "/users/bob/mute?dryRun=true"))
    flood(cast, lambda _: cast("pete", "POST", "/users/pete/mute?dryRun=true"))
    assert cast.scene.ledger.minutes == {}
    assert written(cast) == 0


def test_the_minute_is_of_one_meeting(cast: Cast) -> None:
    flood(cast, lambda _: cast("bob", "POST", "/mute-all"))
    elsewhere = "22222222-2222-2222-2222-222222222222"
    assert cast("bob", "POST", "/mute-all").code == "too-many"
    assert cast("bob", "POST", "/mute-all", meeting_id=elsewhere).code == "not-permitted"
    assert {meeting_id for meeting_id, *_ in cast.scene.ledger.minutes} == {MEETING, elsewhere}


@pytest.mark.parametrize(("who", "path"), [("pete", "/attendees"), ("alice", "/attendees"), ("alice", "/history")])
def test_who_reads_on_and_on_is_held_up_and_may_command_all_the_same(cast: Cast, who: str, path: str) -> None:
    """A page is what reading costs: each takes a second of a minute that is for reading alone."""
    replies = flood(cast, lambda _: cast(who, "GET", f"{path}?limit=1"))
    assert count(replies, 200) in (READS_A_MINUTE, READS_A_MINUTE + 1)
    assert count(replies, 200) + count(replies, 429) == FLOOD
    held_up = next(reply for reply in replies if reply.status == 429)
    assert (held_up.code, held_up.headers["Retry-After"]) == ("too-many", "1")
    assert cast(who, "POST", f"/users/{who}/mute").status == 200
    cast.scene.surroundings.pass_by(1)
    assert cast(who, "GET", f"{path}?limit=1").status == 200


def test_a_back_end_reads_as_often_as_it_likes(cast: Cast) -> None:
    assert count(flood(cast, lambda _: cast("admin", "GET", "/attendees?limit=1")), 200) == FLOOD
