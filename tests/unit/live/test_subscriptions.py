"""Tickets, and connections that are accepted, refused or closed."""

import pytest
from moderation.application.live.publisher import MOST_CONNECTIONS
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Mute, Remove
from moderation.ports import LedgerUnavailableError
from moderation.ports.live import Ticket

from tests.memory.live import URL, LiveMeeting
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, attendee_of

STRANGER = Actor(ActorKind.USER, "mallory")
BOB = Actor(ActorKind.USER, "bob")


@pytest.fixture
def live() -> LiveMeeting:
    return LiveMeeting(ModeratedMeeting())


def test_a_ticket_says_where_and_until_when(live: LiveMeeting) -> None:
    found = live.ticket("bob")
    assert found == {
        "url": f"{URL}?ticket=secret-1",
        "ticket": "secret-1",
        "expiresAt": "2026-05-04T10:01:00.000Z",
        "cursor": live.opens("alice").cursor,
    }


def test_what_is_kept_opens_nothing(live: LiveMeeting) -> None:
    live.ticket("bob")
    [kept] = live.connections.tickets
    assert "secret" not in kept
    assert not live.subscriptions.connect(kept, "c1")


def test_a_ticket_is_good_for_one_connection(live: LiveMeeting) -> None:
    secret = live.ticket("bob")["ticket"]
    assert live.subscriptions.connect(secret, "c1")
    assert not live.subscriptions.connect(secret, "c2")
    assert live.connections.connected.keys() == {"c1"}


@pytest.mark.parametrize(("seconds", "opens"), [(60, True), (60.001, False)])
def test_a_ticket_lasts_a_minute(live: LiveMeeting, seconds: float, opens: bool) -> None:
    secret = live.ticket("bob")["ticket"]
    live.meeting.clock.pass_by(seconds)
    assert live.subscriptions.connect(secret, "c1") is opens


def test_strangers_get_none(live: LiveMeeting) -> None:
    refused = live.tickets.live(MEETING, STRANGER)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.policies) == ("not-permitted", ("no-permit",))
    assert not live.connections.tickets


def test_an_unregistered_meeting_has_no_listeners(live: LiveMeeting) -> None:
    refused = live.tickets.live("22222222-1111-1111-1111-111111111111", BOB)
    assert isinstance(refused, Refused)
    assert refused.code == "meeting-not-found"


def test_where_tickets_cannot_be_kept_none_are_given(live: LiveMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Ticket) -> None:
        raise LedgerUnavailableError

    monkeypatch.setattr(live.connections, "issue", fail)
    refused = live.tickets.live(MEETING, BOB)
    assert isinstance(refused, Refused)
    assert refused.code == "busy"


def test_a_connection_receives_nothing_before_listen(live: LiveMeeting) -> None:
    assert live.subscriptions.connect(live.ticket("bob")["ticket"], "c1")
    live.meeting.ask("alice", Mute(), "bob")
    live.publisher.publish(live.delta())
    assert not live.gateway.sent


def test_who_is_not_connected_cannot_ask(live: LiveMeeting) -> None:
    assert not live.subscriptions.listen("c1", None)
    page = live.opens("bob")
    live.subscriptions.disconnect(page.connection_id)
    assert not live.subscriptions.listen(page.connection_id, None)
    assert live.connections.of(MEETING) == []


def test_who_is_nobody_any_more_is_cut_off(live: LiveMeeting) -> None:
    page, other = live.opens("bob"), live.opens("alice")
    del live.meeting.ledger.users[MEETING, "bob"]
    live.meeting.ask("alice", Mute(), "carol")
    live.pump()
    assert page.closed == "not-permitted"
    assert live.gateway.closed == [page.connection_id]
    assert [listener.actor.id for listener in live.connections.of(MEETING)] == ["alice"]
    assert not page.entries
    assert other.entries


@pytest.mark.parametrize(("ban", "said"), [(True, "banned"), (False, "not-permitted")])
def test_who_is_banned_or_removed_is_cut_off(live: LiveMeeting, ban: bool, said: str) -> None:
    page, other = live.opens("bob"), live.opens("alice")
    live.meeting.ask("alice", Remove(ban=ban, reason="enough"), "bob")
    live.pump()
    assert page.closed == said
    assert live.gateway.closed == [page.connection_id]
    assert attendee_of("bob") not in other.attendees
    refused = live.tickets.live(MEETING, BOB)
    assert (refused.code if isinstance(refused, Refused) else None) == said


def test_a_line_that_takes_nothing_keeps_nobody_waiting(live: LiveMeeting) -> None:
    lost, other = live.opens("bob"), live.opens("alice")
    live.gateway.broken.add(lost.connection_id)
    live.meeting.ask("alice", Mute(), "bob")
    live.pump()
    assert other.entries
    assert live.gateway.closed == [lost.connection_id]
    assert [listener.connection_id for listener in live.connections.of(MEETING)] == [other.connection_id]
    live.gateway.broken.clear()
    assert live.subscriptions.listen(lost.connection_id, lost.cursor)
    live.pump()
    assert lost.attendees == {k: v | lost.attendees[k] for k, v in lost.attendees.items()}
    assert lost.me["attendee"]["capabilities"]["audio"] == "Receive"


def test_one_user_has_so_many_connections_and_the_oldest_go(live: LiveMeeting) -> None:
    pages = []
    for _ in range(MOST_CONNECTIONS + 2):
        pages.append(live.opens("bob"))
        live.meeting.clock.pass_by(1)
    assert [page.closed for page in pages] == ["too-many-connections"] * 2 + [None] * MOST_CONNECTIONS
    assert live.opens("carol").closed is None
