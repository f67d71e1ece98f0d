"""Every route by everybody on everybody: what the contract says, the policies say and the API does."""

from collections.abc import Iterator

import pytest
from moderation.domain.actor import Actor, ActorKind, AuthorizationRequest
from moderation.domain.commands import COMMANDS, Invoker

from tests.memory.moderated_meeting import MEETING, POLICIES
from tests.security.api import ROLES, SEATED, WAITS_TOO, MeetingsApi
from tests.security.matrix import ATTENDEES, READS_ON_A_PERSON, ROUTE, Cell, cells
from tests.unit.host_api.api import Reply
from tests.unit.host_api.operations import MODERATION

DENIED = ("not-permitted", "banned", "waiting")


@pytest.fixture(scope="module")
def shared_api() -> MeetingsApi:
    return MeetingsApi()


@pytest.fixture
def api(shared_api: MeetingsApi) -> Iterator[MeetingsApi]:
    shared_api.reset()
    yield shared_api
    shared_api.reset()


def ask(api: MeetingsApi, cell: Cell, *, query: str = "", behalf: bool = False) -> Reply:
    undoable = api.undoable or ""
    path = cell.path(undoable, ATTENDEES) + query
    meeting_id = MEETING if cell.is_in_meeting else None
    return api(cell.who, cell.route.method, path, cell.body(undoable), behalf=behalf, meeting_id=meeting_id)


def test_the_table_has_every_route() -> None:
    assert {route.name for route in MODERATION} == ROUTE.keys()
    assert len(list(cells())) > 1000
    assert {cell.role for cell in cells() if cell.is_allowed} == {
        "host",
        "cohost",
        "presenter",
        "participant",
        "viewer",
        "waiting",
        "admin",
    }


def test_the_table_has_every_command() -> None:
    """With all the actions that the policies may be asked about it."""
    commands = [p.command for permissions in ROUTE.values() for p in permissions if p.command is not None]
    assert {type(command) for command in commands} == {c for c in COMMANDS.values() if c.invoker is not Invoker.CLOCK}
    asked = {action for p in commands for action in (*p.actions, p.own_action) if action}
    assert asked == {action for command in COMMANDS.values() for action in command.policy_actions()}


@pytest.mark.parametrize("name", ROUTE)
def test_who_may_what(api: MeetingsApi, name: str) -> None:
    """A caller without permission changes nothing, and learns nothing else."""
    for cell in (cell for cell in cells() if cell.route.name == name):
        api.reset()
        before = api.state()
        reply = ask(api, cell)
        assert reply.status != 400, (str(cell), reply.document)
        if cell.is_allowed:
            assert reply.code not in DENIED, (str(cell), reply.document)
            continue
        assert (reply.status, reply.code) == (403, _denial(cell)), str(cell)
        assert api.state() == before, str(cell)
        assert api.meeting.chime.calls == [], str(cell)
        if cell.role not in (*SEATED.values(), "admin"):
            assert api.meeting.ledger.entries == api.begun_with, str(cell)


@pytest.mark.parametrize("name", [operation.name for operation in MODERATION if operation.is_command])
def test_a_dry_run_is_permitted_to_the_same(api: MeetingsApi, name: str) -> None:
    for cell in (cell for cell in cells() if cell.route.name == name):
        api.reset()
        before = api.state()
        assert (ask(api, cell, query="?dryRun=true").code not in DENIED) is cell.is_allowed, str(cell)
        assert api.state() == before, str(cell)


@pytest.mark.parametrize("name", ROUTE)
def test_a_back_end_that_acts_for_a_user_may_no_more_than_the_user(api: MeetingsApi, name: str) -> None:
    for cell in (cell for cell in cells() if cell.route.name == name and cell.role != "admin"):
        api.reset()
        assert (ask(api, cell, behalf=True).code not in DENIED) is cell.is_allowed, str(cell)


@pytest.mark.parametrize("name", ROUTE)
def test_the_policies_say_the_same(name: str) -> None:
    """Asked directly: what the API adds to them is not what makes the table hold."""
    for cell in (cell for cell in cells() if cell.route.name == name):
        assert _permitted(cell) is cell.is_allowed, str(cell)


def _denial(cell: Cell) -> str:
    return cell.role if cell.role in ("banned", "waiting") and cell.is_in_meeting else "not-permitted"


def _permitted(cell: Cell) -> bool:
    is_admin = cell.role == "admin"
    actor = Actor(ActorKind.ADMIN if is_admin else ActorKind.USER, cell.who)
    user = None if cell.route.name in READS_ON_A_PERSON else cell.target

    def judge(action: str) -> bool:
        return POLICIES.authorize(
            AuthorizationRequest(
                principal=actor,
                role=SEATED.get(cell.who) if cell.is_in_meeting else None,
                action=action,
                meeting_id="m" if cell.is_in_meeting else None,
                mode="open",
                user_id=user,
                user_role=SEATED.get(user or "", "participant") if user else None,
                user_waits=user in (ROLES["waiting"], WAITS_TOO),
            )
        ).allowed

    own = cell.permission.own is not None and cell.target == cell.who and judge(cell.permission.own)
    return own or cell.role in cell.permission.besides or all(judge(action) for action in cell.permission.actions)


def test_the_actor_of_a_change_may_see_what_became_of_it(api: MeetingsApi) -> None:
    made = api("pete", "POST", "/users/pete/mute").document["changeId"]
    assert api("pete", "GET", f"/changes/{made}").document["changeId"] == made
    for role in ("presenter", "viewer", "stranger", "waiting", "banned", "host elsewhere"):
        assert api(ROLES[role], "GET", f"/changes/{made}").status == 403
