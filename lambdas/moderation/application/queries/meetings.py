"""Queries of meetings and attendees. They write nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import cast

from ...domain.actor import Actor
from ...domain.commands import COMMANDS, Invoker, Target
from ...domain.documents import Document, attendee_document, meeting_document
from ...domain.effective import attendee_of
from ...domain.ids import is_pipeline
from ...domain.meeting import Meeting, User, current_role, is_kept_out
from ...ports import Chime, ChimeNotFoundError, Clock, Ledger, Policies
from ..enforcement.attendee_binding import with_attendees
from ..enforcement.transactions import call_with_retry
from ..rate_limit import is_read_rate_limited
from ..requests import ATTENDEE_NOT_FOUND, TOO_MANY_READS, WAITING, Refused
from .access import ReadAccess, VisibleMeeting, busy_on_failure
from .history import cursor_at

LISTS = ("view-hands", "view-lobby", "view-bans", "view-history")
"""The reads among the actions of `GET /me`. Its commands come from the registry of commands."""


def _actions(target: Target) -> list[str]:
    commands = [c for c in COMMANDS.values() if c.target is target and c.invoker is Invoker.MODERATOR]
    return list(dict.fromkeys(name for command in commands for name in command.permitted_names()))


def _own_actions() -> list[str]:
    commands = list(dict.fromkeys(COMMANDS.values()))
    own = [c.own_action for c in commands if c.own_action is not None]
    return own + [name for c in commands if c.invoker is Invoker.ONESELF for name in c.permitted_names()]


ON_ONESELF = _own_actions()
ON_OTHERS = _actions(Target.USER)
ON_THE_MEETING = [*_actions(Target.MEETING), *LISTS]


class MeetingQueries:
    """Reads a meeting, its attendees, and what the caller may do in it."""

    def __init__(self, ledger: Ledger, chime: Chime, policies: Policies, clock: Clock, access: ReadAccess) -> None:
        self._ledger = ledger
        self._chime = chime
        self._policies = policies
        self._clock = clock
        self._access = access

    @busy_on_failure
    def meeting(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, "view-meeting")
        if isinstance(seen, Refused):
            return seen
        if not self._access.may(seen, "view-roles"):
            return for_everybody(meeting_document(seen.meeting)) | available(self._policies)
        return for_moderators(seen.meeting, self._ledger.all_roles(meeting_id)) | available(self._policies)

    @busy_on_failure
    def me(self, meeting_id: str, actor: Actor) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, "view-meeting")
        return seen if isinstance(seen, Refused) else self.me_of(seen)

    @busy_on_failure
    def listening(self, meeting_id: str, actor: Actor) -> Document | Refused:
        """Returns the history's cursor if the caller may subscribe. A user in the lobby may: they see the decision."""
        seen = self._access.seen(meeting_id, actor, "live")
        if isinstance(seen, Refused) and seen != WAITING:
            return seen
        return {"cursor": cursor_at(self._clock.now())}

    def me_of(self, seen: VisibleMeeting) -> Document:
        another = User("")
        may = [a for a in ON_ONESELF if seen.caller and self._access.may(seen, a, seen.caller)]
        may += [a for a in ON_OTHERS if self._access.may(seen, a, another)]
        may += [a for a in ON_THE_MEETING if self._access.may(seen, a)]
        return {
            "role": current_role(seen.caller, seen.meeting) if seen.caller else None,
            "attendee": self._attendee(seen, seen.caller, None) if seen.caller else None,
            "may": may,
            **choices(self._policies),
        }

    @busy_on_failure
    def attendee(
        self, meeting_id: str, actor: Actor, *, attendee_id: str | None = None, user_id: str | None = None
    ) -> Document | Refused:
        seen = self._access.seen(meeting_id, actor, "view-attendees", attendee_id, user_id)
        if isinstance(seen, Refused):
            return seen
        user = seen.users.get(user_id or "")
        if attendee_id is not None:
            user = seen.owner_of(attendee_id) or self._unbound_user(seen, attendee_id)
        if user is None or is_pipeline(user.id) or not (user.revision or user.attendees):
            return ATTENDEE_NOT_FOUND
        if not user.attendees and not actor.is_user(user.id) and not self._access.may(seen, "view-limits", user):
            return ATTENDEE_NOT_FOUND
        return self._attendee(seen, user, attendee_id)

    @busy_on_failure
    def attendees(self, meeting_id: str, actor: Actor, *, limit: int, after: str | None) -> Document | Refused:
        """Attendees by their ids, so that pages stay stable while attendees join and leave."""
        seen = self._access.seen(meeting_id, actor, "view-attendees")
        if isinstance(seen, Refused):
            return seen
        if is_read_rate_limited(self._ledger, self._clock, meeting_id, actor):
            return TOO_MANY_READS
        found = list(islice(self._present(meeting_id, after or "", limit), limit + 1))
        page = found[:limit]
        return {
            "items": [self._attendee(seen, user, attendee_id) for attendee_id, user in page],
            "nextToken": page[-1][0] if len(found) > limit else None,
        }

    def _present(self, meeting_id: str, after: str, limit: int) -> Iterator[tuple[str, User]]:
        """Attendees that are not gone, by their ids, each with its user. Reads no more than `limit` needs."""
        together = limit + 1
        while True:
            bound = self._ledger.attendees_after(meeting_id, after, together)
            users = self._ledger.load(meeting_id, list(dict.fromkeys(bound.values()))).users
            for attendee_id, user_id in bound.items():
                attendee = users[user_id].attendees.get(attendee_id)
                if attendee is not None and not attendee.gone:
                    yield attendee_id, users[user_id]
            if len(bound) < together:
                return
            after = max(bound)

    def _attendee(self, seen: VisibleMeeting, user: User, attendee_id: str | None) -> Document:
        now = self._clock.now()
        with_limits = seen.actor.is_user(user.id) or self._access.may(seen, "view-limits", user)
        attendee = attendee_of(user, attendee_id)
        return attendee_document(
            seen.meeting, user, attendee, self._policies.capabilities_for, now, with_limits=with_limits
        )

    def _unbound_user(self, seen: VisibleMeeting, attendee_id: str) -> User | None:
        """The user of an attendee that the ledger does not know. Asks Chime for moderators only, because calls to Chime
        are few.
        """
        if not self._access.may(seen, "view-history"):
            return None
        try:
            found = call_with_retry(self._clock, lambda: self._chime.attendee(seen.meeting.id, attendee_id))
        except ChimeNotFoundError:
            return None
        stored = self._ledger.load(seen.meeting.id, [found.user_id]).users[found.user_id]
        return with_attendees(self._policies, self._clock, seen.meeting, stored, [found], self._ledger.recorded_batches)


def for_moderators(meeting: Meeting, users: Mapping[str, User]) -> Document:
    """The meeting with the role of each user. Banned and removed users have no role."""
    named = (user for user in users.values() if user.rules.role and not is_kept_out(user.rules))
    return meeting_document(meeting, {user.id: user.rules.role for user in named if user.rules.role})


def choices(policies: Policies) -> Document:
    """The `modes` and `roles` of the policies, the customer's own included, each with its id and its label."""
    return {
        kind: [{"id": each, "label": label} for each, label in policies.labels[kind].items()]
        for kind in ("modes", "roles")
    }


def available(policies: Policies) -> Document:
    """The `modes` and `roles` under other names, for the document of a meeting, in which `roles` are those of its
    users.
    """
    return {f"available{kind.capitalize()}": found for kind, found in choices(policies).items()}


def with_hands(ledger: Ledger, meeting_id: str) -> dict[str, User]:
    """All users of a meeting, with their raised hands."""
    users, hands = ledger.all_users(meeting_id), ledger.hands(meeting_id)
    return {user_id: replace(user, hand=hands.get(user_id)) for user_id, user in users.items()}


def for_everybody(document: Document) -> Document:
    """The meeting without a mute-all's actor, reason and exempt users, which only moderators see."""
    shown = ("media", "liftableBy", "since", "until")
    mute_alls = cast("list[Document]", document["muteAll"])
    return document | {"muteAll": [{key: m[key] for key in shown} for m in mute_alls]}
