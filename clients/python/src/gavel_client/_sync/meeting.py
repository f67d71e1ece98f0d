# Made from `_async/meeting.py` by `make contracts`.
"""One meeting: its users, and commands on the meeting as a whole."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Unpack

from .. import models
from ..call import parsed, write
from ..durations import Duration, in_seconds, in_utc
from ..ids import in_path, user_in_path
from ..model import given
from ..options import ConsentRule, Liftable, Media, WriteOptions, as_list
from .results import ChangeResult, MeetingChangeResult
from .selections import Selections
from .user import UserClient


class MeetingClient(Selections):
    """`gavel.meeting(meeting_id)`. Methods raise what `gavel_client.errors` lists."""

    def user(self, user_id: str) -> UserClient:
        """A user by their ExternalUserId, also before they join."""
        return UserClient(self._transport, f"{self._path}/users/{user_in_path(user_id)}", self)

    def attendee(self, attendee_id: str) -> UserClient:
        """The user of an AttendeeId."""
        return UserClient(self._transport, f"{self._path}/attendees/{in_path(attendee_id)}", self)

    # Commands on the meeting

    def mute_all(
        self,
        media: Media = "audio",
        *,
        duration: Duration | None = None,
        reason: str | None = None,
        liftable_by: Liftable | None = None,
        except_users: Iterable[str] | None = None,
        except_attendees: Iterable[str] | None = None,
        except_roles: Iterable[str] | None = None,
        **options: Unpack[WriteOptions],
    ) -> MeetingChangeResult:
        """Withholds `send` of the media from everybody, also from those who join later.

        It spares hosts and cohosts unless `except_roles` says otherwise. Silence in every sense needs
        `("audio", "content")`.
        """
        lists = given(
            external_user_ids=except_users and list(except_users),
            attendee_ids=except_attendees and list(except_attendees),
            roles=None if except_roles is None else list(except_roles),
        )
        seconds = None if duration is None else in_seconds(duration)
        body = models.MuteAll(
            media=as_list(media),
            **given(
                duration_seconds=seconds,
                reason=reason,
                liftable_by=liftable_by,
                except_=models.Spared(**lists) if lists else None,
            ),
        )
        return self._changed("POST", "/mute-all", MeetingChangeResult, body, options)

    def unmute_all(
        self, media: Media = "audio", *, reason: str | None = None, **options: Unpack[WriteOptions]
    ) -> MeetingChangeResult:
        """Lifts the mute-all of the media. Restrictions on single users stay."""
        body = models.UnmuteAll(media=as_list(media), **given(reason=reason))
        return self._changed("POST", "/unmute-all", MeetingChangeResult, body, options)

    def lower_all_hands(self, *, reason: str | None = None, **options: Unpack[WriteOptions]) -> MeetingChangeResult:
        """Takes down every raised hand."""
        body = models.LowerAllHands(**given(reason=reason))
        return self._changed("POST", "/hands/lower-all", MeetingChangeResult, body, options)

    def update(
        self,
        *,
        mode: str | None = None,
        frozen: bool | None = None,
        unmute_consent: ConsentRule | None = None,
        default_role: str | None = None,
        lobby: bool | None = None,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> MeetingChangeResult:
        """Sets what is named; the rest stays as it is."""
        fields = given(
            mode=mode,
            frozen=frozen,
            unmute_consent=unmute_consent,
            default_role=default_role,
            lobby=lobby,
            reason=reason,
        )
        return self._changed("PATCH", "", MeetingChangeResult, models.MeetingPatch(**fields), options)

    def undo(
        self, change_id: str, *, reason: str | None = None, **options: Unpack[WriteOptions]
    ) -> ChangeResult | MeetingChangeResult:
        """Restores the rules that a change replaced, if no later change replaced them."""
        body = models.Undo(change_id=change_id, **given(reason=reason))
        response = self._transport.exchange(write("POST", f"{self._path}/undo", ChangeResult, body, options))
        if response.is_success and "outcomes" in response.json():
            return self._result(MeetingChangeResult, response)
        return self._result(ChangeResult, response)

    def end(self, *, reason: str | None = None, **options: Unpack[WriteOptions]) -> MeetingChangeResult:
        """Ends the meeting for everybody."""
        return self._changed("POST", "/end", MeetingChangeResult, models.End(**given(reason=reason)), options)

    # Bans and the lobby

    def ban(
        self,
        user_id: str,
        *,
        until: datetime | None = None,
        reason: str | None = None,
        **options: Unpack[WriteOptions],
    ) -> ChangeResult:
        """Keeps a user out of the meeting, and removes them if they are in it."""
        end = None if until is None else in_utc(until)
        path = f"/bans/{user_in_path(user_id)}"
        return self._changed("PUT", path, ChangeResult, models.Ban(**given(until=end, reason=reason)), options)

    def unban(self, user_id: str, **options: Unpack[WriteOptions]) -> ChangeResult:
        return self._changed("DELETE", f"/bans/{user_in_path(user_id)}", ChangeResult, None, options)

    def answer_lobby(
        self, user_id: str, admit: bool = True, *, reason: str | None = None, **options: Unpack[WriteOptions]
    ) -> ChangeResult:
        """Lets in a user who waits in the lobby, or turns them away."""
        body = models.LetIn(admit=admit, **given(reason=reason))
        return self._changed("PUT", f"/lobby/{user_in_path(user_id)}", ChangeResult, body, options)

    def leave_lobby(self, user_id: str, **options: Unpack[WriteOptions]) -> ChangeResult:
        """The user stops waiting."""
        return self._changed("DELETE", f"/lobby/{user_in_path(user_id)}", ChangeResult, None, options)

    # For back ends, whose token has the scope `gavel/admin`

    def register(
        self,
        *,
        roles: Mapping[str, str] | None = None,
        default_role: str | None = None,
        mode: str | None = None,
        unmute_consent: ConsentRule | None = None,
        lobby: bool | None = None,
        **options: Unpack[WriteOptions],
    ) -> models.Meeting:
        """Registers the meeting. Other settings for a registered meeting need `if_match`."""
        fields = given(
            roles=None if roles is None else dict(roles),
            default_role=default_role,
            mode=mode,
            unmute_consent=unmute_consent,
            lobby=lobby,
        )
        call = write("PUT", self._path, models.Meeting, models.Registration(**fields), options)
        return self._transport.send(call)

    def admit(
        self,
        users: Mapping[str, str | None] | Iterable[str],
        *,
        display_names: Mapping[str, str] | None = None,
        **options: Unpack[WriteOptions],
    ) -> list[models.AdmissionShown]:
        """Admits up to 100 users before they join: ExternalUserId → role, or ids alone for the role they have.

        `display_names`: ExternalUserId → what pages show instead of it.
        """
        roles, names = users if isinstance(users, Mapping) else dict.fromkeys(users), display_names or {}
        admitted = [
            models.Admitted(external_user_id=user, **given(role=role, display_name=names.get(user)))
            for user, role in roles.items()
        ]
        body = models.Admissions(users=admitted)
        call = write("POST", f"{self._path}/admissions", models.AdmissionsAnswer, body, options)
        return (self._transport.send(call)).items

    def bind(
        self,
        attendee_id: str,
        *,
        display_name: str | None = None,
        within: Duration = 30,
        **options: Unpack[WriteOptions],
    ) -> models.Attendee:
        """Binds an attendee just created to its user, and returns when Chime has what the rules of this moment say.

        Call it before the JoinToken is handed out. `display_name` is what pages show instead of the ExternalUserId.
        Raises `StillPendingError` after `within`.
        """
        path = f"{self._path}/attendees/{in_path(attendee_id)}"
        call = write("PUT", path, models.Attendee, models.Binding(**given(display_name=display_name)), options)
        response = self._transport.exchange(call)
        attendee = parsed(models.Attendee, response)
        change_id = response.headers.get("Location", "").rpartition("/")[2]
        if attendee.status != "pending" or not change_id:
            return attendee
        self.wait(change_id, within)
        return self.attendee(attendee_id).get()
