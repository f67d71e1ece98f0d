"""Routes of commands on several attendees and users: what each becomes, and what is answered."""

from typing import Any

import pytest
from moderation.application.requests import BUSY, Answer, Selected
from moderation.domain.capability import LiftableBy, Medium
from moderation.domain.commands import Command, LowerHand, Mute, Remove, SetRole, Unmute
from moderation.domain.documents import Document

from tests.unit.host_api.api import SELECTED, A, HostApi, M, StandIn

BOB = {"externalUserIds": ["bob"]}
MUTE = {"media": ["video"], "durationSeconds": 60, "reason": "exam", "liftableBy": "self"}
ROUTES: list[tuple[str, dict[str, Any], Command]] = [
    ("/mute", {}, Mute()),
    ("/mute", MUTE, Mute((Medium.VIDEO,), 60, "exam", LiftableBy.SELF)),
    ("/unmute", {"media": ["content"], "reason": "ok"}, Unmute((Medium.CONTENT,), "ok")),
    ("/hands/lower", {"reason": "next topic"}, LowerHand("next topic")),
    ("/roles", {"role": "presenter"}, SetRole("presenter")),
    ("/remove", {"ban": True, "reason": "insults"}, Remove(ban=True, reason="insults")),
]


@pytest.mark.parametrize(("path", "body", "command"), ROUTES)
def test_the_command_is_the_one_on_one_user(path: str, body: dict[str, Any], command: Command) -> None:
    api = HostApi()
    named = {"attendeeIds": [A + "#content"], "externalUserIds": ["al/ice", "bob"]}
    reply = api("POST", f"/meetings/{M}{path}", body | named, headers={"idempotency-key": "k", "if-match": '"m7"'})
    assert (reply.status, reply.document) == (202, {"status": "pending", "outcomes": [*(SELECTED.outcomes or ())]})
    assert "Location" not in reply.headers
    [request] = api.gavel.requests
    assert (request.command, request.attendee_id, request.user_id) == (command, None, None)
    assert (request.key is not None, request.if_match) == (True, "m7")
    assert api.gavel.selection == [Selected(A), Selected(user_id="al/ice"), Selected(user_id="bob")]


@pytest.mark.parametrize(
    "named",
    [
        None,
        {},
        {"externalUserIds": []},
        {"externalUserIds": ["bob", "bob"]},
        {"externalUserIds": [f"user{n}" for n in range(251)]},
        {"externalUserIds": [f"user{n}" for n in range(250)], "attendeeIds": [A]},
        {"attendeeIds": ["bob"]},
        {"roles": ["viewer"], **BOB},
    ],
)
def test_it_names_1_to_250_each_once(named: object) -> None:
    api = HostApi()
    assert api("POST", f"/meetings/{M}/mute", named).code == "invalid-request"
    assert api.gavel.requests == []


def test_it_may_name_250() -> None:
    api = HostApi()
    users = [f"user{n}" for n in range(250)]
    assert api("POST", f"/meetings/{M}/mute", {"externalUserIds": users}).status == 202
    assert [one.user_id for one in api.gavel.selection] == users


@pytest.mark.parametrize("status", ["applied", "unchanged", "refused", "dry-run"])
def test_what_is_decided_is_200(status: str) -> None:
    gone: Document = {"attendeeId": A, "externalUserId": "bob", "outcome": "gone"}
    reply = HostApi(StandIn(Answer(status, {}, outcomes=(gone,), replayed=True)))("POST", f"/meetings/{M}/mute", BOB)
    assert (reply.status, reply.document["status"]) == (200, status)
    assert reply.headers["Idempotency-Replayed"] == "true"


def test_what_is_refused_for_all_is_a_problem() -> None:
    assert HostApi(StandIn(BUSY))("POST", f"/meetings/{M}/unmute", BOB).status == 503


def test_a_dry_run_takes_no_key() -> None:
    api = HostApi()
    headers = {"idempotency-key": "k"}
    assert api("POST", f"/meetings/{M}/mute?dryRun=true", BOB, headers=headers).status == 202
    assert (api.gavel.requests[0].dry_run, api.gavel.requests[0].key) == (True, None)
