"""`GET /meetings`: from the query to what is asked for, and back."""

from datetime import UTC, datetime

import pytest
from host_api.parameters import page_token
from moderation.application.queries.directory import MeetingFilter
from moderation.application.requests import Refused
from moderation.domain.actor import Actor, ActorKind

from .api import MEETING, PLACE, A, HostApi, StandIn

ADMIN = {"sub": "back-end", "scope": "gavel/admin"}


def test_every_meeting() -> None:
    api = HostApi(claims=ADMIN)
    reply = api("GET", "/meetings")
    assert reply.status == 200
    assert reply.document["items"] == [MEETING | {"registeredAt": "2026-05-04T10:00:00.000Z"}]
    assert reply.document["nextToken"] == page_token(PLACE)
    assert api.gavel.asked == [("meetings", MeetingFilter(), Actor(ActorKind.ADMIN, "back-end"), 50, None)]


def test_some_meetings() -> None:
    api = HostApi(claims=ADMIN)
    query = "externalMeetingId=room%207&user=b%C3%B6b&from=2026-05-04T10:00:00Z&to=2026-05-05T10:00:00.5Z"
    assert api("GET", f"/meetings/?{query}&limit=7&nextToken={page_token(PLACE)}").status == 200
    since, until = datetime(2026, 5, 4, 10, tzinfo=UTC), datetime(2026, 5, 5, 10, 0, 0, 500_000, tzinfo=UTC)
    [(_, wanted, _, limit, after)] = api.gavel.asked
    assert (wanted, limit, after) == (MeetingFilter("room 7", "böb", since, until), 7, PLACE)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("externalMeetingId=", "?externalMeetingId"),
        ("externalMeetingId=r", "?externalMeetingId"),
        (f"externalMeetingId={'r' * 65}", "?externalMeetingId"),
        ("user=b", "?user"),
        ("user=aws:MediaPipeline", "?user"),
        ("from=yesterday", "?from"),
        ("to=2026-05-04", "?to"),
        ("from=2026-05-04T10:00:00Z&to=2026-05-04T10:00:00Z", "?"),
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("nextToken=xx", "?nextToken"),
        (f"nextToken={page_token(A)}", "?nextToken"),
        (f"nextToken={page_token('2026-05-04T10:00:00.000Z')}", "?nextToken"),
        ("userId=bob", "?userId"),
        ("user=bob&user=carol", "?user"),
    ],
)
def test_what_is_no_query(query: str, pointer: str) -> None:
    api = HostApi(claims=ADMIN)
    reply = api("GET", f"/meetings?{query}")
    assert (reply.status, reply.code, reply.pointers) == (400, "invalid-request", [pointer])
    assert api.gavel.asked == []


@pytest.mark.parametrize(("code", "status"), [("not-permitted", 403), ("too-many", 429), ("busy", 503)])
def test_refusals(code: str, status: int) -> None:
    assert HostApi(StandIn(refused=Refused(code, "why", ("no-permit",))))("GET", "/meetings").status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_only_read(method: str) -> None:
    reply = HostApi(claims=ADMIN)(method, "/meetings")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")
