"""Every route by everybody on everybody: what the contract says, the policies say and the API does."""

from collections.abc import Iterator

import pytest
from host_api.routes import ROUTES
from moderation.domain.actor import Actor, ActorKind, AuthorizationRequest
from moderation.domain.commands import COMMANDS, Invoker

from tests.memory.moderated_meeting import POLICIES
from tests.security.cast import ROLES, SEATED, WAITS_TOO, Cast
from tests.security.matrix import BY_EVENT_ALONE, READS_ON_A_PERSON, ROUTE, SEATS, Cell, cells
from tests.unit.host_api.door import Reply

DENIED = ("not-permitted", "banned", "waiting")


@pytest.fixture(scope="module")
def played() -> Cast:
    return Cast()


@pytest.fixture
def cast(played: Cast) -> Iterator[Cast]:
    played.reset()
    yield played
    played.reset()


def ask(cast: Cast, cell: Cell, *, query: str = "", behalf: bool = False) -> Reply:
    undoable = cast.undoable or ""
    path = cell.path(undoable, SEATS) + query
    return cast(cell.who, cell.route.method, path, cell.body(undoable), behalf=behalf)


def test_the_table_has_every_route() -> None:
    assert {route.name for route in ROUTES} == ROUTE.keys()
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
    commands += BY_EVENT_ALONE
    assert {type(command) for command in commands} == {c for c in COMMANDS.values() if c.invoker is not Invoker.CLOCK}
    asked = {action for p in commands for action in (*p.actions, p.own_action) if action}
    assert asked == {action for command in COMMANDS.values() for action in command.policy_actions()}


@pytest.mark.parametrize("name", ROUTE)
def test_who_may_what(cast: Cast, name: str) -> None:
    """Whoever may not leaves everything as it was, and learns nothing but that."""
    for cell in (cell for cell in cells() if cell.route.name == name):
        cast.reset()
        before = cast.state()
        reply = ask(cast, cell)
        assert reply.status != 400, (str(cell), reply.document)
        if cell.is_allowed:
            assert reply.code not in DENIED, (str(cell), reply.document)
            continue
        assert (reply.status, reply.code) == (403, _denial(cell)), str(cell)
        assert cast.state() == before, str(cell)
        assert cast.scene.chime.calls == [], str(cell)
        if cell.role not in (*SEATED.values(), "admin"):
            assert cast.scene.ledger.entries == cast.begun_with, str(cell)


@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.body is not None])
def test_a_dry_run_is_permitted_to_the_same(cast: Cast, name: str) -> None:
    for cell in (cell for cell in cells() if cell.route.name == name):
        cast.reset()
        before = cast.state()
        assert (ask(cast, cell, query="?dryRun=true").code not in DENIED) is cell.is_allowed, str(cell)
        assert cast.state() == before, str(cell)


@pytest.mark.parametrize("name", ROUTE)
def test_a_back_end_that_acts_for_somebody_may_no_more_than_he(cast: Cast, name: str) -> None:
    for cell in (cell for cell in cells() if cell.route.name == name and cell.role != "admin"):
        cast.reset()
        assert (ask(cast, cell, behalf=True).code not in DENIED) is cell.is_allowed, str(cell)


@pytest.mark.parametrize("name", ROUTE)
def test_the_policies_say_the_same(name: str) -> None:
    """Asked directly: what the API adds to them is not what makes the table hold."""
    for cell in (cell for cell in cells() if cell.route.name == name):
        assert _permitted(cell) is cell.is_allowed, str(cell)


def _denial(cell: Cell) -> str:
    return cell.role if cell.role in ("banned", "waiting") else "not-permitted"


def _permitted(cell: Cell) -> bool:
    is_admin = cell.role == "admin"
    actor = Actor(ActorKind.ADMIN if is_admin else ActorKind.USER, cell.who)
    person = None if cell.route.name in READS_ON_A_PERSON else cell.target

    def judge(action: str) -> bool:
        return POLICIES.authorize(
            AuthorizationRequest(
                principal=actor,
                role=SEATED.get(cell.who),
                action=action,
                meeting_id="m",
                mode="open",
                person=person,
                person_role=SEATED.get(person or "", "participant") if person else None,
                person_waits=person in (ROLES["waiting"], WAITS_TOO),
            )
        ).allowed

    own = cell.permission.own is not None and cell.target == cell.who and judge(cell.permission.own)
    return own or cell.role in cell.permission.besides or all(judge(action) for action in cell.permission.actions)


def test_whoever_made_a_change_may_see_what_became_of_it(cast: Cast) -> None:
    made = cast("pete", "POST", "/users/pete/mute").document["changeId"]
    assert cast("pete", "GET", f"/changes/{made}").document["changeId"] == made
    for role in ("presenter", "viewer", "stranger", "waiting", "banned", "host elsewhere"):
        assert cast(ROLES[role], "GET", f"/changes/{made}").status == 403
