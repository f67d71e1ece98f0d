"""`gavel doctor`: whether a deployment works, asked from outside. `make smoke` runs it."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import httpx
import typer

from .._sync.meeting import MeetingClient
from .._sync.results import ChangeResult
from .._sync.user import UserClient
from ..errors import GavelError, InvalidRequestError, NotFoundError, NotPermittedError, UnauthenticatedError
from ..tokens import ADMIN, TokenSource
from .exits import Exit
from .moderate import named
from .own_meeting import CannotMakeError, own_meeting
from .session import Session, with_session
from .show import console, safe

MUTED_FOR = 60
"""Seconds after which the mute ends by itself, if it cannot be lifted."""
SETTLED_WITHIN = 30
REASON = "gavel doctor"
Check = tuple[str, Callable[[], object]]


class FailedCheckError(Exception):
    """The deployment does not do what it should; the text says what it did instead."""


def doctor(
    session: Session,
    user: Annotated[str | None, typer.Option("--mute", help="Mute this user of the meeting, and unmute them.")] = None,
) -> None:
    """Check a deployment: API, tokens, table, policies, Chime. It needs an admin's token.

    It mutes and unmutes a user: the one of `--mute`; else one in a meeting that it creates in Chime and deletes, if
    there are AWS credentials that permit it.
    """
    failures = failed(of_the_deployment(session)) or failed_of_a_user(session, user)
    console().print(f"\n{failures} failed" if failures else "\nall is well")
    if failures:
        raise typer.Exit(Exit.FAILED)


def add_to(app: typer.Typer) -> None:
    app.command()(with_session(doctor))


def of_the_deployment(session: Session) -> Iterator[Check]:
    """What holds of every deployment, whatever meetings there are. If it cannot be reached, there is one check."""
    gavel, nowhere = session.gavel, str(uuid.uuid4())
    answers: list[object] = []
    yield "the API answers", lambda: answers.append(gavel.health())
    if not answers:
        return
    yield "the API describes itself", lambda: described(session)
    yield "a request without a token is refused", refusing(session, httpx.Auth(), nowhere)
    yield "a request with a false token is refused", refusing(session, "e30.e30.e30", nowhere)
    yield "the token is accepted, and the table answers", expecting(NotFoundError, lambda: gavel.meetings.get(nowhere))
    yield "the token is an admin's, and Chime answers", of_an_admin(session, nowhere)
    yield "a malformed id is refused", expecting(InvalidRequestError, lambda: gavel.meetings.get("no-id"))


def failed_of_a_user(session: Session, user: str | None) -> int:
    """How many checks of a mute in Chime have failed: one at most, because the first failure ends them."""
    if user:
        return failed_first(of_a_user(session.meeting, named(session, user)))
    try:
        with own_meeting(session.settings) as own:
            meeting = session.gavel.meeting(own.meeting_id)
            register: Check = ("a meeting is created for it and registered", meeting.register)
            return failed_first([register]) or failed_first(of_a_user(meeting, meeting.attendee(own.attendee_id)))
    except CannotMakeError as reason:
        console().print(
            f"[yellow]SKIPPED[/yellow] a mute in Chime: {safe(str(reason))}. Name a user with `--meeting` and `--mute`"
        )
        return 0


def of_a_user(meeting: MeetingClient, user: UserClient) -> Iterator[Check]:
    """The user is muted and unmuted again, unless they cannot send audio anyway."""
    unmuted: list[ChangeResult] = []
    yield "a mute of the user is permitted, and would silence them", lambda: can_be_muted(user)
    yield "the user is muted in Chime", lambda: applied(user.mute(duration=MUTED_FOR, reason=REASON))
    yield "the user is unmuted again", lambda: unmuted.append(applied(user.unmute(reason=REASON)))
    yield "the change is on record", lambda: meeting.change(str(unmuted[0].change_id))


def can_be_muted(user: UserClient) -> None:
    before = user.mute(duration=MUTED_FOR, reason=REASON, dry_run=True).before
    if before is None or "Send" not in before.audio:
        raise FailedCheckError("the user cannot send audio anyway; nothing was changed")


def applied(result: ChangeResult) -> ChangeResult:
    change = result.wait(SETTLED_WITHIN)
    if change is None or change.status != "applied":
        raise FailedCheckError(f"the change is `{change.status if change else result.status}`")
    return result


def described(session: Session) -> None:
    answer = session.get("/openapi.json")
    if not answer.is_success or "paths" not in answer.text:
        raise FailedCheckError(f"`GET /openapi.json` answers {answer.status_code}, and no OpenAPI document")


def refusing(session: Session, token: TokenSource, meeting_id: str) -> Callable[[], object]:
    def check() -> None:
        stranger = session.stranger(token)
        expecting(UnauthenticatedError, lambda: stranger.meetings.get(meeting_id))()

    return check


def of_an_admin(session: Session, nowhere: str) -> Callable[[], object]:
    def check() -> None:
        try:
            expecting(NotFoundError, lambda: session.gavel.meetings.register(nowhere, dry_run=True))()
        except NotPermittedError as error:
            raise FailedCheckError(f"{error}: the token lacks the scope `{ADMIN}`; ask the issuer for it") from error

    return check


def expecting(wanted: type[GavelError], ask: Callable[[], object]) -> Callable[[], object]:
    """A check that passes if asking raises this."""

    def check() -> None:
        try:
            ask()
        except wanted:
            return
        raise FailedCheckError(f"a `{wanted.__name__}` was expected, and there was none")

    return check


def failed(checks: Iterable[Check]) -> int:
    return sum(not passes(*check) for check in checks)


def failed_first(checks: Iterable[Check]) -> int:
    return int(not all(passes(*check) for check in checks))


def passes(name: str, check: Callable[[], object]) -> bool:
    out = console()
    try:
        check()
    except (GavelError, FailedCheckError, httpx.HTTPError) as error:
        out.print(f"[red]FAILED[/red]  {name}: {safe(str(error))}")
        return False
    out.print(f"[green]OK[/green]      {name}")
    return True
