"""Users in the lobby receive messages about their own place in it, and no others."""

import pytest
from moderation.application.requests import Request
from moderation.domain.commands import Admit, Ban, LeaveLobby, LetIn, Mute, Remove, SetMeeting

from tests.memory.live import LiveMeeting, Page
from tests.memory.moderated_meeting import ADMIN, MEETING, ModeratedMeeting, unseen
from tests.unit.application.commanded_meeting import by


@pytest.fixture
def live() -> LiveMeeting:
    live = LiveMeeting(ModeratedMeeting())
    say(live, SetMeeting(lobby=True))
    admit(live)
    return live


def say(live: LiveMeeting, command: SetMeeting) -> None:
    live.meeting.gavel.perform(Request(MEETING, by("alice"), command))
    live.pump()


def admit(live: LiveMeeting) -> None:
    live.meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": None})))
    live.pump()


def send(live: LiveMeeting, who: str, command: LetIn | LeaveLobby | Ban) -> None:
    live.meeting.ask_user(who, command, "dora")
    live.pump()


def knows_nothing(page: Page) -> bool:
    return not (page.meeting or page.me or page.attendees or page.entries or page.cursor)


def test_it_says_that_they_wait_and_nothing_of_the_meeting(live: LiveMeeting) -> None:
    page = live.opens("dora")
    assert page.lobby == ["waiting"]
    live.meeting.ask("alice", Mute(reason="noise"), "bob")
    say(live, SetMeeting(mode="audience"))
    assert (page.lobby, page.closed, knows_nothing(page)) == (["waiting"], None, True)


def test_let_in_they_are_told_so_and_everything(live: LiveMeeting) -> None:
    page = live.opens("dora")
    send(live, "alice", LetIn())
    assert (page.lobby, page.closed) == (["waiting", "admitted"], None)
    assert page.me["role"] == "participant"
    assert page.meeting["meetingId"] == MEETING
    assert len(page.attendees) == len(live.meeting.roles)
    live.meeting.ask("alice", Mute(), "bob")
    live.pump()
    assert page.lobby == ["waiting", "admitted"]


def test_turned_away_they_are_told_so_and_cut_off(live: LiveMeeting) -> None:
    page = live.opens("dora")
    send(live, "alice", LetIn(admit=False))
    assert (page.closed, page.lobby, knows_nothing(page)) == ("turned-away", ["waiting"], True)
    assert live.gateway.closed == [page.connection_id]


@pytest.mark.parametrize(
    ("who", "command", "said"), [("dora", LeaveLobby(), "not-permitted"), ("alice", Ban(), "banned")]
)
def test_who_waits_no_more_is_cut_off(live: LiveMeeting, who: str, command: LeaveLobby | Ban, said: str) -> None:
    page = live.opens("dora")
    send(live, who, command)
    assert (page.closed, knows_nothing(page)) == (said, True)


def test_with_the_lobby_off_they_are_told_to_ask_again(live: LiveMeeting) -> None:
    page = live.opens("dora")
    say(live, SetMeeting(lobby=False))
    assert page.closed == "lobby-off"


def test_made_a_host_and_admitted_they_are_told(live: LiveMeeting) -> None:
    page = live.opens("dora")
    live.meeting.gavel.perform(Request(MEETING, ADMIN, Admit({"dora": "host"})))
    live.pump()
    assert page.lobby == ["waiting", "admitted"]
    assert page.me["role"] == "host"


def test_hosts_hear_that_they_left(live: LiveMeeting) -> None:
    page = live.opens("alice")
    send(live, "dora", LeaveLobby())
    assert [entry["command"] for entry in page.entries.values()][-1:] == ["leave-lobby"]


def test_who_was_removed_and_came_back_waits_too(live: LiveMeeting) -> None:
    page = live.opens("bob")
    live.meeting.ask("alice", Remove(), "bob")
    live.pump()
    assert page.closed == "not-permitted"
    back = unseen("bob", 1)
    live.meeting.chime.rooms[MEETING].attendees[back.attendee_id] = back
    live.meeting.gavel.chime_events.on_joined(MEETING, back.attendee_id)
    assert live.opens("bob").lobby == ["waiting"]
