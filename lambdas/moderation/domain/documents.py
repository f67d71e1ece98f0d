"""The documents of meetings and attendees in answers, in the words of the contract."""

from datetime import datetime
from math import ceil

from .capability import DIRECTION, MEDIUM, Capabilities, Direction, Medium, MuteAll, in_words
from .effective import Holds, Limit, left_by, limits
from .entry import iso
from .meeting import (
    Attendee,
    Meeting,
    MeetingRules,
    UnmuteConsent,
    User,
    floor_media,
    is_kept_out,
    revision_of,
    role_of,
)

Document = dict[str, object]


def rules_document(rules: MeetingRules) -> Document:
    return {
        "mode": rules.mode,
        "defaultRole": rules.default_role,
        "frozen": rules.frozen_at is not None,
        "muteAll": [mute_all_document(mute_all) for mute_all in rules.mute_alls],
        "unmuteConsent": rules.unmute_consent.value,
        "lobby": rules.lobby,
    }


def mute_all_document(mute_all: MuteAll) -> Document:
    return {
        "media": [mute_all.medium.value],
        "except": {"externalUserIds": sorted(mute_all.spared_users), "roles": sorted(mute_all.spared_roles)},
        "liftableBy": mute_all.liftable_by.value,
        "actor": mute_all.actor.id,
        "reason": mute_all.reason,
        "since": iso(mute_all.since),
        "until": iso(mute_all.until) if mute_all.until else None,
    }


def meeting_document(meeting: Meeting, roles: dict[str, str] | None = None) -> Document:
    document: Document = {
        "meetingId": meeting.id,
        "externalMeetingId": meeting.external_id,
        **rules_document(meeting.rules),
        "features": {"video": meeting.features.video, "content": meeting.features.content},
        "endedAt": iso(meeting.ended_at) if meeting.ended_at else None,
        "revision": meeting_revision(meeting),
    }
    if roles is not None:
        document["roles"] = roles
    return document


def meeting_revision(meeting: Meeting) -> str:
    return f"m{meeting.revision}"


def attendee_document(
    meeting: Meeting, user: User, attendee: Attendee | None, holds: Holds, now: datetime, *, with_limits: bool = True
) -> Document:
    """One attendee of a user, or the user if they have none yet (`attendeeId` null)."""
    found = limits(meeting, user, holds, now)
    wanted = left_by(found)
    document: Document = {
        "meetingId": meeting.id,
        "attendeeId": attendee.attendee_id if attendee else None,
        "externalUserId": user.id,
        "role": None if is_kept_out(user.rules) else role_of(user, meeting),
        "capabilities": in_words(wanted),
        "status": "gone" if meeting.ended_at else attendee_status(user, attendee, wanted),
        "hand": {"raisedAt": iso(user.hand)} if user.hand else None,
        "floor": _floor_document(meeting, user, now),
        "revision": revision_of(user, meeting),
        **name_of(user),
    }
    if with_limits:
        document["asked"] = _asked_document(meeting, user, now)
        document["limits"] = limit_documents(found, meeting.rules.moment(now))
    return document


def name_of(user: User) -> Document:
    """The display name, for a user who has one."""
    return {} if user.display_name is None else {"displayName": user.display_name}


def _floor_document(meeting: Meeting, user: User, now: datetime) -> Document | None:
    """The floor that the user has now, with its media."""
    floor, media = user.rules.floor, floor_media(user, meeting, now)
    if floor is None or not media:
        return None
    return {"media": [m.value for m in media], **_until(floor.since, floor.until, meeting.rules.moment(now))}


def _asked_document(meeting: Meeting, user: User, now: datetime) -> Document | None:
    """The request to unmute that waits for the user's answer."""
    asked, kind = user.rules.asked, meeting.rules.unmute_consent
    if asked is None or not asked.is_open(now) or kind is UnmuteConsent.NONE:
        return None
    said = {"changeId": asked.change_id, "kind": kind.value, "actor": asked.actor.id}
    return said | _until(asked.since, asked.until, now)


def _until(since: datetime, until: datetime, now: datetime) -> Document:
    return {"since": iso(since), "until": iso(until), "remainingSeconds": _seconds_to(until, now)}


def _seconds_to(until: datetime, now: datetime) -> int:
    """The seconds until the moment, rounded up."""
    return max(ceil((until - now).total_seconds()), 0)


def attendee_status(user: User, attendee: Attendee | None, wanted: Capabilities) -> str:
    if attendee is not None and attendee.gone:
        return "gone"
    if attendee is not None and user.is_out(attendee.attendee_id):
        return "pending"
    if attendee is None or attendee.has(wanted):
        return "applied"
    return "drifted" if attendee.drifted or attendee.not_taken else "pending"


def limit_documents(found: tuple[Limit, ...], now: datetime) -> list[Document]:
    """The documents of limits: one for all media that the same limit withholds in the same direction."""
    grouped: list[tuple[Document, list[Medium]]] = []
    for limit in found:
        for direction in Direction:
            media = [MEDIUM[bit] for bit in limit.withholds if DIRECTION[bit] is direction]
            if not media:
                continue
            said = {"withholds": direction.value, **_because(limit, now)}
            for other, together in grouped:
                if other == said:
                    together.extend(media)
                    break
            else:
                grouped.append((said, media))
    return [{"media": [m.value for m in Medium if m in media], **said} for said, media in grouped]


def _because(limit: Limit, now: datetime) -> Document:
    because: Document = {"by": limit.by}
    if limit.liftable_by is not None:
        because["liftableBy"] = limit.liftable_by.value
    if limit.actor is not None:
        because["actor"] = limit.actor.id
    if limit.since is not None:
        because |= {"reason": limit.reason, "since": iso(limit.since)}
        because |= {"until": None, "remainingSeconds": None}
    if limit.until is not None:
        because |= {"until": iso(limit.until), "remainingSeconds": _seconds_to(limit.until, now)}
    if limit.by == "policy":
        because["policies"] = list(limit.policies)
    return because
