"""The asynchronous client: the same, awaited. `tests/contracts/test_python_client.py` holds the two together."""

import asyncio

import pytest
from gavel_client import BannedError, CreatedAttendee

from tests.client.server import MEETING, Server, attendee, change, change_answer, problem
from tests.client.test_joining import ADMITTED, Chime
from tests.client.test_results import pages


def test_a_mute_that_is_waited_for() -> None:
    async def story() -> None:
        async def token() -> str:
            return "fresh"

        server = Server(problem(503, "busy"), (202, change_answer(status="pending")), (200, change()))
        async with server.async_gavel(token) as gavel:
            result = await gavel.meeting(MEETING).user("bob").mute(duration="5m")
            settled = await result.wait()
        assert settled is not None
        assert settled.status == "applied"
        assert server.last.headers["Authorization"] == "Bearer fresh"

    asyncio.run(story())


def test_iterators() -> None:
    async def story() -> None:
        server = Server((200, {"items": [attendee()], "nextToken": None}), *pages([1, 2], [2]))
        meeting = server.async_gavel().meeting(MEETING)
        assert [each.external_user_id async for each in meeting.attendees()] == ["bob"]
        assert [each.entry_id async for each in meeting.history(limit=2)] == ["E1", "E2"]

    asyncio.run(story())


def test_a_user_joins() -> None:
    async def story() -> None:
        server = Server(ADMITTED, (200, attendee()))
        created = await server.async_gavel().create_attendee(Chime(), MEETING, "bob")
        assert isinstance(created, CreatedAttendee)

    asyncio.run(story())


def test_a_problem() -> None:
    async def story() -> None:
        with pytest.raises(BannedError):
            await Server(problem(403, "banned")).async_gavel().meeting(MEETING).me()

    asyncio.run(story())
