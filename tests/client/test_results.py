"""Changes that are waited for, pages, and the history."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
from gavel_client import StillPendingError

from tests.client.server import CHANGE, MEETING, Server, attendee, change, change_answer, entry, meeting


def test_a_pending_change_is_waited_for() -> None:
    server = Server((202, change_answer(status="pending")), (200, change(status="pending")), (200, change()))
    result = server.gavel().meeting(MEETING).user("bob").mute()
    assert result.status == "pending"
    settled = result.wait()
    assert settled is not None
    assert settled.status == "applied"
    assert server.last.url.path == f"/meetings/{MEETING}/changes/{CHANGE}"


def test_waiting_has_an_end() -> None:
    server = Server((202, change_answer(status="pending")), (200, change(status="pending", awaiting="consent")))
    result = server.gavel().meeting(MEETING).user("bob").unmute()
    with pytest.raises(StillPendingError) as raised:
        result.wait(within=0)
    assert raised.value.change.awaiting == "consent"


def test_where_nothing_changed_there_is_nothing_to_wait_for() -> None:
    server = Server((200, change_answer(changeId=None, status="unchanged")))
    assert server.gavel().meeting(MEETING).user("bob").mute().wait() is None


def test_a_replayed_answer_says_so() -> None:
    answer = httpx.Response(200, json=change_answer(), headers={"Idempotency-Replayed": "true"})
    assert Server(answer).gavel().meeting(MEETING).user("bob").mute(idempotency_key="k").replayed


def test_attendees_page_by_page() -> None:
    first = {"items": [attendee(externalUserId="alice")], "nextToken": "next"}
    server = Server((200, first), (200, {"items": [attendee()], "nextToken": None}))
    found = [each.external_user_id for each in server.gavel().meeting(MEETING).attendees(limit=1)]
    assert found == ["alice", "bob"]
    assert dict(server.last.url.params) == {"limit": "1", "nextToken": "next"}


def pages(*numbers: list[int]) -> Iterator[tuple[int, dict[str, object]]]:
    for page in numbers:
        yield 200, {"items": [entry(number) for number in page], "cursor": f"C{page[-1] if page else ''}"}


def test_the_history_gives_each_entry_once() -> None:
    """The cursor stays behind, so pages overlap."""
    server = Server(*pages([1, 2], [2, 3], [3]))
    history = server.gavel().meeting(MEETING).history(limit=2, command="mute", user_id="bob")
    assert [each.entry_id for each in history] == ["E1", "E2", "E3"]
    assert history.cursor == "C3"
    assert dict(server.requests[0].url.params) == {"limit": "2", "command": "mute", "externalUserId": "bob"}
    assert server.requests[1].url.params["after"] == "C2"


def test_the_history_can_be_followed() -> None:
    server = Server(*pages([1], [], [2]))
    followed = iter(server.gavel().meeting(MEETING).history(follow=True, poll=0))
    assert [next(followed).entry_id, next(followed).entry_id] == ["E1", "E2"]


def test_a_page_that_repeats_is_asked_for_larger() -> None:
    server = Server(*pages([1, 2], [1, 2], [1, 2, 3]))
    assert [each.entry_id for each in server.gavel().meeting(MEETING).history(limit=2)] == ["E1", "E2", "E3"]
    assert server.last.url.params["limit"] == "4"


def test_meetings_page_by_page() -> None:
    first_page = {"items": [meeting(), meeting()], "nextToken": "t"}
    server = Server((200, first_page), (200, {"items": [meeting()], "nextToken": None}))
    since, until = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 5, 5, tzinfo=UTC)
    listed = server.gavel().meetings.list(
        external_meeting_id="room 7", user_id="bob", since=since, until=until, limit=2, on_behalf_of="alice"
    )
    assert [each.meeting_id for each in listed] == [MEETING] * 3
    first, second = (dict(each.url.params) for each in server.requests)
    assert first == {
        "externalMeetingId": "room 7",
        "user": "bob",
        "from": "2026-05-04T10:00:00Z",
        "to": "2026-05-05T00:00:00Z",
        "limit": "2",
    }
    assert second == first | {"nextToken": "t"}
    assert server.last.headers["Gavel-On-Behalf-Of"] == "alice"
