"""Who waits in the lobby listens to what becomes of that, and to nothing else."""

import pytest
from moderation.application.requests import Request
from moderation.domain.commands import Admit, Ban, LeaveLobby, LetIn, Mute, Remove, SetMeeting

from tests.memory.live import House, Page
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, unseen
from tests.unit.application.hall import by


@pytest.fixture
def house() -> House:
    house = House(ModeratedMeeting())
    say(house, SetMeeting(lobby=True))
    admit(house)
    return house


def say(house: House, command: SetMeeting) -> None:
    house.scene.gavel.perform(Request(MEETING, by("alice"), command))
    house.pump()


def admit(house: House) -> None:
    house.scene.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))
    house.pump()


def tell(house: House, who: str, command: LetIn | LeaveLobby | Ban) -> None:
    house.scene.ask_user(who, command, "dora")
    house.pump()


def knows_nothing(page: Page) -> bool:
    return not (page.meeting or page.me or page.attendees or page.entries or page.cursor)


def test_it_says_that_they_wait_and_nothing_of_the_meeting(house: House) -> None:
    page = house.opens("dora")
    assert page.lobby == ["waiting"]
    house.scene.ask("alice", Mute(reason="noise"), "bob")
    say(house, SetMeeting(mode="audience"))
    assert (page.lobby, page.closed, knows_nothing(page)) == (["waiting"], None, True)


def test_let_in_they_are_told_so_and_everything(house: House) -> None:
    page = house.opens("dora")
    tell(house, "alice", LetIn())
    assert (page.lobby, page.closed) == (["waiting", "admitted"], None)
    assert page.me["role"] == "participant"
    assert page.meeting["meetingId"] == MEETING
    assert len(page.attendees) == len(house.scene.roles)
    house.scene.ask("alice", Mute(), "bob")
    house.pump()
    assert page.lobby == ["waiting", "admitted"]


def test_turned_away_they_are_told_so_and_cut_off(house: House) -> None:
    page = house.opens("dora")
    tell(house, "alice", LetIn(admit=False))
    assert (page.closed, page.lobby, knows_nothing(page)) == ("turned-away", ["waiting"], True)
    assert house.lines.closed == [page.connection_id]


@pytest.mark.parametrize(
    ("who", "command", "said"), [("dora", LeaveLobby(), "not-permitted"), ("alice", Ban(), "banned")]
)
def test_who_waits_no_more_is_cut_off(house: House, who: str, command: LeaveLobby | Ban, said: str) -> None:
    page = house.opens("dora")
    tell(house, who, command)
    assert (page.closed, knows_nothing(page)) == (said, True)


def test_with_the_lobby_off_they_are_told_to_ask_again(house: House) -> None:
    page = house.opens("dora")
    say(house, SetMeeting(lobby=False))
    assert page.closed == "lobby-off"


def test_made_a_host_and_admitted_they_are_told(house: House) -> None:
    page = house.opens("dora")
    house.scene.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": "host"})))
    house.pump()
    assert page.lobby == ["waiting", "admitted"]
    assert page.me["role"] == "host"


def test_hosts_hear_that_they_left(house: House) -> None:
    page = house.opens("alice")
    tell(house, "dora", LeaveLobby())
    assert [entry["command"] for entry in page.entries.values()][-1:] == ["leave-lobby"]


def test_who_was_removed_and_came_back_waits_too(house: House) -> None:
    page = house.opens("bob")
    house.scene.ask("alice", Remove(), "bob")
    house.pump()
    assert page.closed == "not-permitted"
    back = unseen("bob", 1)
    house.scene.chime.rooms[MEETING].seats[back.attendee_id] = back
    house.scene.gavel.presence.on_joined(MEETING, back.attendee_id)
    assert house.opens("bob").lobby == ["waiting"]
