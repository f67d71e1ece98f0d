"""Who gets in, and who is shown out."""

import pytest
from moderation.application.live.publisher import MOST_LINES
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import Mute, Remove
from moderation.ports import LedgerUnavailableError
from moderation.ports.live import Ticket

from tests.memory.live import URL, House
from tests.memory.moderated_meeting import MEETING, ModeratedMeeting, seat

STRANGER = Actor(ActorKind.USER, "mallory")
BOB = Actor(ActorKind.USER, "bob")


@pytest.fixture
def house() -> House:
    return House(ModeratedMeeting())


def test_a_ticket_says_where_and_until_when(house: House) -> None:
    found = house.ticket("bob")
    assert found == {
        "url": f"{URL}?ticket=secret-1",
        "ticket": "secret-1",
        "expiresAt": "2026-05-04T10:01:00.000Z",
        "cursor": house.opens("alice").cursor,
    }


def test_what_is_kept_opens_nothing(house: House) -> None:
    house.ticket("bob")
    [kept] = house.listeners.tickets
    assert "secret" not in kept
    assert not house.listening.connect(kept, "c1")


def test_a_ticket_is_good_for_one_connection(house: House) -> None:
    secret = house.ticket("bob")["ticket"]
    assert house.listening.connect(secret, "c1")
    assert not house.listening.connect(secret, "c2")
    assert house.listeners.connected.keys() == {"c1"}


@pytest.mark.parametrize(("seconds", "opens"), [(60, True), (60.001, False)])
def test_a_ticket_lasts_a_minute(house: House, seconds: float, opens: bool) -> None:
    secret = house.ticket("bob")["ticket"]
    house.scene.surroundings.pass_by(seconds)
    assert house.listening.connect(secret, "c1") is opens


def test_strangers_get_none(house: House) -> None:
    refused = house.tickets.live(MEETING, STRANGER)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.policies) == ("not-permitted", ("no-permit",))
    assert not house.listeners.tickets


def test_an_unregistered_meeting_has_no_listeners(house: House) -> None:
    refused = house.tickets.live("22222222-1111-1111-1111-111111111111", BOB)
    assert isinstance(refused, Refused)
    assert refused.code == "meeting-not-found"


def test_where_tickets_cannot_be_kept_none_are_given(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Ticket) -> None:
        raise LedgerUnavailableError

    monkeypatch.setattr(house.listeners, "issue", fail)
    refused = house.tickets.live(MEETING, BOB)
    assert isinstance(refused, Refused)
    assert refused.code == "busy"


def test_who_is_connected_is_told_nothing_until_he_asks(house: House) -> None:
    assert house.listening.connect(house.ticket("bob")["ticket"], "c1")
    house.scene.ask("alice", Mute(), "bob")
    house.herald.tell(house.news())
    assert not house.lines.sent


def test_who_is_not_connected_cannot_ask(house: House) -> None:
    assert not house.listening.listen("c1", None)
    page = house.opens("bob")
    house.listening.disconnect(page.connection_id)
    assert not house.listening.listen(page.connection_id, None)
    assert house.listeners.of(MEETING) == []


def test_who_is_nobody_any_more_is_cut_off(house: House) -> None:
    page, other = house.opens("bob"), house.opens("alice")
    del house.scene.ledger.users[MEETING, "bob"]
    house.scene.ask("alice", Mute(), "carol")
    house.pump()
    assert page.closed == "not-permitted"
    assert house.lines.closed == [page.connection_id]
    assert [listener.actor.id for listener in house.listeners.of(MEETING)] == ["alice"]
    assert not page.entries
    assert other.entries


@pytest.mark.parametrize(("ban", "said"), [(True, "banned"), (False, "not-permitted")])
def test_who_is_banned_or_removed_is_cut_off(house: House, ban: bool, said: str) -> None:
    page, other = house.opens("bob"), house.opens("alice")
    house.scene.ask("alice", Remove(ban=ban, reason="enough"), "bob")
    house.pump()
    assert page.closed == said
    assert house.lines.closed == [page.connection_id]
    assert seat("bob") not in other.attendees
    refused = house.tickets.live(MEETING, BOB)
    assert (refused.code if isinstance(refused, Refused) else None) == said


def test_a_line_that_takes_nothing_keeps_nobody_waiting(house: House) -> None:
    lost, other = house.opens("bob"), house.opens("alice")
    house.lines.broken.add(lost.connection_id)
    house.scene.ask("alice", Mute(), "bob")
    house.pump()
    assert other.entries
    assert house.lines.closed == [lost.connection_id]
    assert [listener.connection_id for listener in house.listeners.of(MEETING)] == [other.connection_id]
    house.lines.broken.clear()
    assert house.listening.listen(lost.connection_id, lost.cursor)
    house.pump()
    assert lost.attendees == {k: v | lost.attendees[k] for k, v in lost.attendees.items()}
    assert lost.me["attendee"]["capabilities"]["audio"] == "Receive"


def test_one_person_has_so_many_connections_and_the_oldest_go(house: House) -> None:
    pages = []
    for _ in range(MOST_LINES + 2):
        pages.append(house.opens("bob"))
        house.scene.surroundings.pass_by(1)
    assert [page.closed for page in pages] == ["too-many-connections"] * 2 + [None] * MOST_LINES
    assert house.opens("carol").closed is None
