"""Commands that change something."""

from typing import Annotated, get_args

import typer

from .._sync.results import ChangeResult, MeetingChangeResult
from .._sync.user import UserClient
from ..models import Capabilities
from ..options import Medium
from .session import MEETING_ID, Session, with_session
from .show import MEDIA, console, safe

User = Annotated[str, typer.Argument(help="ExternalUserId, or AttendeeId.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; shown in the history.")]
For = Annotated[str | None, typer.Option("--for", help="How long: `90s`, `5m`, `2h`. Without it, until lifted.")]
Media = Annotated[str, typer.Option("--media", help="`audio`, `video`, `content`, or several with commas.")]
Wait = Annotated[int, typer.Option("--wait", help="Seconds to wait for a change that is pending.")]


def mute(
    session: Session, user: User, duration: For = None, reason: Reason = None, media: Media = "audio", wait: Wait = 0
) -> None:
    """Withhold what a user sends, until it is lifted or for a time."""
    done(session, named(session, user).mute(chosen(media), duration=duration, reason=reason), wait)


def unmute(session: Session, user: User, reason: Reason = None, media: Media = "audio", wait: Wait = 0) -> None:
    """Lift what withholds a user's `send`."""
    done(session, named(session, user).unmute(chosen(media), reason=reason), wait)


def hold(session: Session, user: User, reason: Reason = None, wait: Wait = 0) -> None:
    """Withhold everything from a user, receiving too."""
    done(session, named(session, user).hold(reason=reason), wait)


def release(session: Session, user: User, reason: Reason = None, wait: Wait = 0) -> None:
    """End a hold."""
    done(session, named(session, user).release(reason=reason), wait)


def role(session: Session, user: User, role: Annotated[str, typer.Argument()], reason: Reason = None) -> None:
    """Give a user another role."""
    done(session, named(session, user).set_role(role, reason=reason), 0)


def remove(
    session: Session,
    user: User,
    ban: Annotated[bool, typer.Option("--ban", help="They stay out.")] = False,
    reason: Reason = None,
) -> None:
    """Take a user out of the meeting."""
    done(session, named(session, user).remove(ban=ban, reason=reason), 0)


def admit(session: Session, user: Annotated[str, typer.Argument()], reason: Reason = None) -> None:
    """Let in a user who waits in the lobby."""
    done(session, session.meeting.answer_lobby(user, reason=reason), 0)


def unban(session: Session, user: Annotated[str, typer.Argument()]) -> None:
    """Lift a ban."""
    done(session, session.meeting.unban(user), 0)


def mute_all(
    session: Session,
    duration: For = None,
    reason: Reason = None,
    media: Media = "audio",
    spare: Annotated[list[str] | None, typer.Option("--except", help="A user to spare; may be repeated.")] = None,
    wait: Wait = 0,
) -> None:
    """Mute everybody but hosts and cohosts, also those who join later."""
    result = session.meeting.mute_all(chosen(media), duration=duration, reason=reason, except_users=spare)
    done_to_all(session, result, wait)


def unmute_all(session: Session, reason: Reason = None, media: Media = "audio", wait: Wait = 0) -> None:
    """Lift the mute-all. Restrictions on single users stay."""
    done_to_all(session, session.meeting.unmute_all(chosen(media), reason=reason), wait)


def mode(session: Session, mode: Annotated[str, typer.Argument()], reason: Reason = None, wait: Wait = 0) -> None:
    """Set the mode: `open`, `presentation`, `audience`, `audio-only`, or one of your policies."""
    done_to_all(session, session.meeting.update(mode=mode, reason=reason), wait)


def freeze(session: Session, reason: Reason = None) -> None:
    """Let nobody get more than they have."""
    done_to_all(session, session.meeting.update(frozen=True, reason=reason), 0)


def unfreeze(session: Session, reason: Reason = None) -> None:
    """End a freeze."""
    done_to_all(session, session.meeting.update(frozen=False, reason=reason), 0)


def undo(session: Session, change_id: Annotated[str, typer.Argument()], reason: Reason = None) -> None:
    """Restore the rules that a change replaced."""
    result = session.meeting.undo(change_id, reason=reason)
    if isinstance(result, ChangeResult):
        done(session, result, 0)
    else:
        done_to_all(session, result, 0)


def end(session: Session, reason: Reason = None) -> None:
    """End the meeting for everybody."""
    done_to_all(session, session.meeting.end(reason=reason), 0)


def add_to(app: typer.Typer) -> None:
    for command in (mute, unmute, mute_all, unmute_all, hold, release, role, remove, unban, admit, mode, freeze,
                    unfreeze, undo, end):  # fmt: skip
        app.command(command.__name__.replace("_", "-"))(with_session(command))


def named(session: Session, user: str) -> UserClient:
    """A UUID is an AttendeeId; all else is an ExternalUserId."""
    return session.meeting.attendee(user) if MEETING_ID.fullmatch(user) else session.meeting.user(user)


def chosen(media: str) -> list[Medium]:
    """Raises `ValueError` for what is no medium."""
    words = [word.strip() for word in media.split(",")]
    found = [medium for word in words for medium in get_args(Medium) if medium == word]
    if len(found) != len(words):
        raise ValueError(f"`{media}`: media are {', '.join(MEDIA)}")
    return found


def done(session: Session, result: ChangeResult, wait: int) -> None:
    """Shows what a command did to one user. Raises `StillPendingError` if it waits in vain."""
    status = settled(result, wait)
    session.show(result, lambda: show_result(result, status))


def show_result(result: ChangeResult, status: str) -> None:
    out = console()
    who = result.attendee.external_user_id if result.attendee else "done"
    out.print(f"[bold]{safe(who)}[/bold]: {status}" + (f" (change {result.change_id})" if result.change_id else ""))
    for medium in MEDIA:
        before, after = word(result.before, medium), word(result.after, medium)
        if before != after:
            out.print(f"  {medium}: {before} → {after}")
    if result.effects:
        out.print(f"  [yellow]{', '.join(result.effects)}[/yellow]")
    if result.awaiting:
        out.print(f"  waits for {result.awaiting}")


def word(capabilities: Capabilities | None, medium: str) -> str:
    return getattr(capabilities, medium, "–")


def done_to_all(session: Session, result: MeetingChangeResult, wait: int) -> None:
    status = settled(result, wait)
    session.show(result, lambda: show_outcomes(result, status))


def show_outcomes(result: MeetingChangeResult, status: str) -> None:
    out = console()
    out.print(f"[bold]{status}[/bold]" + (f" (change {result.change_id})" if result.change_id else ""))
    for outcome in result.outcomes:
        out.print(f"  {safe(outcome.external_user_id)}: {outcome.outcome}")


def settled(result: ChangeResult | MeetingChangeResult, wait: int) -> str:
    """The status, after so many seconds at most."""
    if result.status != "pending" or not wait:
        return result.status
    change = result.wait(within=wait)
    return change.status if change else result.status
