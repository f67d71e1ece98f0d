"""Every operation of the OpenAPI document has a method."""

import json
from typing import Any

from gavel_client import Gavel, GavelError

from tests.client.server import ATTENDEE, CHANGE, MEETING, Server
from tests.tracked import ROOT

NOT_FOR_CLIENTS = {"get-openapi"}
IDS = {MEETING: "{meetingId}", ATTENDEE: "{attendeeId}", CHANGE: "{changeId}", "bob": "{externalUserId}"}


def calls(gavel: Gavel) -> list[Any]:
    """A call of each method."""
    meeting = gavel.meeting(MEETING)
    both = [meeting.user("bob"), meeting.attendee(ATTENDEE)]
    of_users: list[Any] = []
    for user in both:
        of_users += [user.get, user.mute, user.unmute, user.hold, user.release, user.remove, user.raise_hand]
        of_users += [user.lower_hand, user.grant_floor, user.end_floor, lambda of=user: of.set_role("viewer")]
        of_users += [lambda of=user: of.set_capabilities(audio="None"), lambda of=user: of.consent(CHANGE, True)]
    return [
        *of_users, gavel.health, meeting.get, meeting.me, meeting.hands, meeting.bans, meeting.lobby, meeting.live,
        meeting.mute_all, meeting.unmute_all, meeting.lower_all_hands, meeting.update, meeting.end, meeting.register,
        lambda: list(meeting.attendees()), lambda: list(meeting.history()), lambda: meeting.change(CHANGE),
        lambda: meeting.undo(CHANGE), lambda: meeting.ban("bob"), lambda: meeting.unban("bob"),
        lambda: meeting.answer_lobby("bob"), lambda: meeting.leave_lobby("bob"), lambda: meeting.admit(["bob"]),
        lambda: list(gavel.meetings.list()),
        lambda: meeting.bind(ATTENDEE), meeting.mute_selected, meeting.unmute_selected, meeting.lower_hands,
        meeting.remove_selected, lambda: meeting.set_roles(["bob"], role="viewer"),
    ]  # fmt: skip


def test_every_operation_has_a_method() -> None:
    server = Server((200, {}))
    for call in calls(server.gavel()):
        try:
            call()
        except GavelError:
            """The answer is none; the request counts."""
    sent = {(each.method.lower(), template(each.url.path)) for each in server.requests}
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    documented = {
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["operationId"] not in NOT_FOR_CLIENTS
    }
    assert documented - sent == set()
    assert sent - documented == set()


def template(path: str) -> str:
    return "/".join(IDS.get(part, part) for part in path.split("/"))
