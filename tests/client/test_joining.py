"""One call lets a user join: admit, create, bind, and then the JoinToken."""

import json
from typing import Any

import httpx
import pytest
from gavel_client import CreatedAttendee, NotAdmitted, ServerError, StillPendingError

from tests.client.server import ATTENDEE, CHANGE, MEETING, Server, attendee, change, problem

CAPABILITIES = {"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"}
ADMITTED = (200, {"items": [{"externalUserId": "bob", "admitted": True, "capabilities": CAPABILITIES}]})
JOIN_TOKEN = "a-join-token"


class Chime:
    """Notes the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def create_attendee(self, **arguments: Any) -> Any:
        self.calls.append(("create", arguments))
        return {"Attendee": {"AttendeeId": ATTENDEE, "ExternalUserId": "bob", "JoinToken": JOIN_TOKEN}}

    def delete_attendee(self, **arguments: Any) -> Any:
        self.calls.append(("delete", arguments))


def test_a_user_joins() -> None:
    server, chime = Server(ADMITTED, (200, attendee())), Chime()
    created = server.gavel().create_attendee(chime, MEETING, "bob", "participant")
    assert isinstance(created, CreatedAttendee)
    assert created.join_info["JoinToken"] == JOIN_TOKEN
    assert JOIN_TOKEN not in repr(created)
    assert [request.url.path for request in server.requests] == [
        f"/meetings/{MEETING}/admissions",
        f"/meetings/{MEETING}/attendees/{ATTENDEE}",
    ]
    create = {"MeetingId": MEETING, "ExternalUserId": "bob", "Capabilities": CAPABILITIES}
    assert chime.calls == [("create", create)]


def test_a_user_joins_by_name() -> None:
    server = Server(ADMITTED, (200, attendee(displayName="Zoë")))
    created = server.gavel().create_attendee(Chime(), MEETING, "bob", display_name="Zoë")
    assert isinstance(created, CreatedAttendee)
    assert created.attendee.display_name == "Zoë"
    sent = [json.loads(request.content) for request in server.requests]
    assert sent == [{"users": [{"externalUserId": "bob", "displayName": "Zoë"}]}, {}]


def test_names_for_those_who_are_admitted_or_bound() -> None:
    server = Server((200, {"items": []}))
    server.gavel().meeting(MEETING).admit(["bob", "eve"], display_names={"eve": "Eve"})
    assert server.body == {"users": [{"externalUserId": "bob"}, {"externalUserId": "eve", "displayName": "Eve"}]}
    server = Server((200, attendee(displayName="Bob")))
    assert server.gavel().meeting(MEETING).bind(ATTENDEE, display_name="Bob").display_name == "Bob"
    assert server.body == {"displayName": "Bob"}


@pytest.mark.parametrize("code", ["waiting", "banned"])
def test_a_user_who_may_not_join_has_no_attendee(code: str) -> None:
    server = Server((200, {"items": [{"externalUserId": "bob", "admitted": False, "code": code}]}))
    chime = Chime()
    assert server.gavel().create_attendee(chime, MEETING, "bob") == NotAdmitted("bob", code)
    assert chime.calls == []


def test_the_token_waits_for_chime() -> None:
    """While the binding is pending, the attendee may send what the rules forbid."""
    pending = httpx.Response(202, json=attendee(status="pending"), headers={"Location": f"/x/changes/{CHANGE}"})
    server = Server(ADMITTED, pending, (200, change(status="pending")), (200, change()), (200, attendee()))
    created = server.gavel().create_attendee(Chime(), MEETING, "bob")
    assert isinstance(created, CreatedAttendee)
    assert created.attendee.status == "applied"
    assert len(server.requests) == 5


def test_an_attendee_that_cannot_be_bound_is_deleted() -> None:
    server, chime = Server(ADMITTED, problem(500, "internal-error")), Chime()
    with pytest.raises(ServerError):
        server.gavel().create_attendee(chime, MEETING, "bob")
    assert chime.calls[-1] == ("delete", {"MeetingId": MEETING, "AttendeeId": ATTENDEE})


def test_a_ban_between_admission_and_binding() -> None:
    server, chime = Server(ADMITTED, problem(403, "banned")), Chime()
    assert server.gavel().create_attendee(chime, MEETING, "bob") == NotAdmitted("bob", "banned")
    assert chime.calls[-1][0] == "delete"


def test_a_binding_that_stays_pending() -> None:
    pending = httpx.Response(202, json=attendee(status="pending"), headers={"Location": f"/x/changes/{CHANGE}"})
    server = Server(pending, (200, change(status="pending")))
    with pytest.raises(StillPendingError):
        server.gavel().meeting(MEETING).bind(ATTENDEE, within=0)
