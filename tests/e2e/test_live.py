"""Changes of a meeting reach its live subscribers, whatever their cause, within two seconds."""

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.caller import done, problem
from tests.e2e.meeting import EVERYTHING, MUTED, ModeratedMeeting, ObservedStack
from tests.e2e.page import LivePage, connection
from tests.memory.live import Page

PROMISED = 2
"""Seconds from the event to the page."""


@pytest.fixture(scope="module")
def listened(local_stack: ObservedStack) -> ModeratedMeeting:
    """A meeting to which somebody has listened: cold starts are over."""
    meeting = local_stack.meeting(ROLES)
    with LivePage(meeting.alice, "alice") as page:
        meeting.alice.post(meeting.at("victor", "/mute"), {})
        assert page.shows(lambda shown: bool(shown.entries), 30)
    return meeting


ROLES = {"alice": "host", "hugo": "host", "bob": "participant", "carol": "participant", "victor": "viewer"}


def has(
    meeting: ModeratedMeeting, user: str, capabilities: dict[str, str], status: str = "applied"
) -> Callable[[Page], bool]:
    def condition(page: Page) -> bool:
        attendee = page.attendees.get(meeting.attendees[user], {})
        return (attendee.get("capabilities"), attendee.get("status")) == (capabilities, status)

    return condition


def test_two_hosts_and_an_attendee_see_a_mute(local_stack: ObservedStack, listened: ModeratedMeeting) -> None:
    meeting = local_stack.meeting(ROLES)
    with ExitStack() as stack:
        pages = [stack.enter_context(LivePage(meeting.caller(user), user)) for user in ("alice", "hugo", "bob")]
        assert all(has(meeting, "bob", EVERYTHING)(page.page) for page in pages)
        done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
        assert [page.shows(has(meeting, "bob", MUTED), PROMISED) for page in pages] == [True] * 3
        done(meeting.caller("hugo").post("/mute-all", {}))
        assert [page.shows(has(meeting, "carol", MUTED), PROMISED) for page in pages] == [True] * 3
        alice, hugo, bob = (page.page for page in pages)
        assert bob.me["attendee"]["limits"][0]["reason"] == "noise"
        assert bob.meeting["muteAll"][0].keys() == {"media", "liftableBy", "since", "until"}
        assert "limits" not in bob.attendees[meeting.attendees["carol"]]
        assert pages[1].shows(
            lambda page: {"mute", "mute-all"} <= {e["command"] for e in page.entries.values()}, PROMISED
        )
        said = json.dumps(pages[2].messages)
        assert "hugo's" not in said
        assert "JoinToken" not in said
        assert alice.entries or hugo.entries


def test_a_hand_goes_up_and_who_is_banned_is_cut_off(local_stack: ObservedStack, listened: ModeratedMeeting) -> None:
    meeting = local_stack.meeting(ROLES)
    with LivePage(meeting.alice, "alice") as alice, LivePage(meeting.bob, "bob") as bob:
        done(meeting.bob.put(meeting.at("bob", "/hand")))
        assert alice.shows(lambda page: page.attendees[meeting.attendees["bob"]]["hand"] is not None, PROMISED)
        meeting.alice.post(meeting.at("bob", "/remove"), {"ban": True, "reason": "enough"})
        assert bob.shows(lambda page: page.closed == "banned", PROMISED)
        assert alice.shows(lambda page: meeting.attendees["bob"] not in page.attendees, PROMISED)
    problem(meeting.bob.post("/live"), 403, "banned")


def test_a_newcomer_appears(local_stack: ObservedStack, listened: ModeratedMeeting) -> None:
    meeting = local_stack.meeting(ROLES)
    with LivePage(meeting.caller("bob"), "bob") as page:
        meeting.attendees["dora"] = meeting.join("dora")
        assert page.shows(has(meeting, "dora", EVERYTHING), 30), "the news of Chime comes first"


def test_a_client_that_comes_back_goes_on_where_it_was(local_stack: ObservedStack, listened: ModeratedMeeting) -> None:
    meeting = local_stack.meeting(ROLES)
    with LivePage(meeting.alice, "alice") as before:
        cursor = before.page.cursor
    done(meeting.caller("hugo").post(meeting.at("bob", "/mute"), {"reason": "while she was away"}))
    with LivePage(meeting.alice, "alice", after=cursor) as after:
        assert has(meeting, "bob", MUTED)(after.page)
        missed = [entry for entry in after.page.entries.values() if entry["reason"] == "while she was away"]
        assert {entry["type"] for entry in missed} == {"Moderation Decided", "Attendee Capabilities Changed"}
        history = {entry["entryId"]: entry for entry in meeting.alice.history()}
        assert all(history[key] == entry for key, entry in after.page.entries.items())


def test_what_the_gateway_closes_by_itself_is_made_good(local_stack: ObservedStack, listened: ModeratedMeeting) -> None:
    """After ten minutes of silence, or two hours: neither the page nor Gavel had a say. Nobody is told anything on the
    dead connection, others hear all the same, and who comes back has what was missed.
    """
    meeting = local_stack.meeting(ROLES)
    with LivePage(meeting.bob, "bob") as other, LivePage(meeting.alice, "alice") as page:
        cursor = page.page.cursor
        local_stack.close_connection(meeting.meeting_id, "alice")
        assert page.ended.wait(30), "the gateway has closed it"
        done(meeting.caller("hugo").post(meeting.at("bob", "/mute"), {"reason": "while the line was dead"}))
        assert other.shows(has(meeting, "bob", MUTED), 30)
        with LivePage(meeting.alice, "alice", after=cursor) as after:
            assert has(meeting, "bob", MUTED)(after.page)
            assert "while the line was dead" in {entry["reason"] for entry in after.page.entries.values()}
            done(meeting.caller("hugo").post(meeting.at("bob", "/unmute"), {}))
            assert after.shows(has(meeting, "bob", EVERYTHING), 30)


def test_asking_again_on_the_same_line(listened: ModeratedMeeting) -> None:
    with LivePage(listened.bob, "bob") as page:
        page.ask(page.page.cursor)
        assert page.ready.wait(30)
        assert [message["type"] for message in page.messages] == ["snapshot", "snapshot"]


def test_a_ticket_opens_one_connection(listened: ModeratedMeeting) -> None:
    url = done(listened.bob.post("/live"))["url"]
    with connection(url):
        pass
    for refused in (url, url.replace("ticket=", "ticket=x"), url.partition("?")[0]):
        with pytest.raises(InvalidStatus) as answer, connection(refused):
            pass
        assert answer.value.response.status_code == 403


def test_strangers_are_given_none(listened: ModeratedMeeting) -> None:
    problem(listened.caller("mallory").post("/live"), 403, "not-permitted")
    assert listened.with_token(None).post("/live").status_code == 401


def test_the_back_end_may_let_somebody_listen(listened: ModeratedMeeting) -> None:
    with LivePage(listened.on_behalf_of("bob"), "bob") as page:
        assert page.page.me["role"] == "participant"
