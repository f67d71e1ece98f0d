"""The simulator's meetings and attendees, and their changes of state."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from chime_simulator.errors import Json, Refusal
from chime_simulator.rules import (
    LONGEST_EMPTINESS,
    LONGEST_MEETING,
    VideoNone,
    attendee_limit,
    default_capabilities,
    partition_of,
)
from chime_simulator.settings import Settings

LEAK_MARK = "SIMULATEDJOINTOKEN"  # lets a test search logs and answers for tokens that leaked

_FEATURES = ("MeetingHostId", "ExternalMeetingId", "MediaRegion", "MeetingFeatures", "PrimaryMeetingId", "TenantIds")


@dataclass
class Attendee:
    id: str
    external_user_id: str
    capabilities: dict[str, str]
    number: int  # in order of creation; pages of ListAttendees continue after it
    join_token: str
    connected: bool = False

    def as_json(self) -> Json:
        return {**self.without_token(), "JoinToken": self.join_token}

    def without_token(self) -> Json:
        return {
            "ExternalUserId": self.external_user_id,
            "AttendeeId": self.id,
            "Capabilities": dict(self.capabilities),
        }


@dataclass
class Meeting:
    id: str
    arn: str
    request: Json  # CreateMeeting's parameters
    created_at: float
    empty_since: float
    tags: dict[str, str] = field(default_factory=dict)
    attendees: dict[str, Attendee] = field(default_factory=dict)
    started: bool = False
    added: int = 0
    video_none_reading: VideoNone | None = None  # overrides the simulator's own

    @property
    def features(self) -> Json:
        return dict(self.request.get("MeetingFeatures", {}))

    def as_json(self) -> Json:
        given = {name: self.request[name] for name in _FEATURES if name in self.request}
        return {"MeetingId": self.id, **given, "MediaPlacement": _placement(self), "MeetingArn": self.arn}

    def attendee(self, attendee_id: str) -> Attendee:
        if attendee_id not in self.attendees:
            raise Refusal("NotFoundException", f"attendee `{attendee_id}` not found")
        return self.attendees[attendee_id]

    def is_over(self, now: float) -> bool:
        is_empty = not any(attendee.connected for attendee in self.attendees.values())
        return now - self.created_at >= LONGEST_MEETING or (is_empty and now - self.empty_since >= LONGEST_EMPTINESS)


class World:
    """The state that calls read and change.

    It holds no lock and no connection, so a call that must have no effect is rehearsed on a copy. `events` collects the
    state changes since they were last taken.
    """

    def __init__(self, region: str, account: str, settings: Settings) -> None:
        self.region = region
        self.account = account
        self.settings = settings
        self.meetings: dict[str, Meeting] = {}
        self.answers_by_token: dict[str, Json] = {}  # ClientRequestToken to the ids that its call created
        self.events: list[Json] = []
        self._media_take = True

    @contextmanager
    def without_media(self) -> Iterator[None]:
        """In the `with` block the media servers apply no change of capabilities."""
        self._media_take = False
        try:
            yield
        finally:
            self._media_take = True

    def meeting(self, meeting_id: str) -> Meeting:
        if meeting_id not in self.meetings:
            raise Refusal("NotFoundException", f"meeting `{meeting_id}` not found")
        return self.meetings[meeting_id]

    def meeting_of_arn(self, arn: str) -> Meeting:
        for meeting in self.meetings.values():
            if meeting.arn == arn:
                return meeting
        raise Refusal("ResourceNotFoundException", f"resource `{arn}` not found")

    def open_meeting(self, request: Json, now: float) -> Meeting:
        meeting_id = str(uuid4())
        arn = f"arn:{partition_of(self.region)}:chime:{self.region}:{self.account}:meeting/{meeting_id}"
        meeting = Meeting(meeting_id, arn, request, created_at=now, empty_since=now)
        self.meetings[meeting_id] = meeting
        return meeting

    def end_meeting(self, meeting: Meeting, now: float) -> None:
        """Ends a meeting and its replicas, which end with their primary."""
        if self.meetings.pop(meeting.id, None) is None:
            return
        self.emit("MeetingEnded", now, meeting)
        for replica in [one for one in self.meetings.values() if one.request.get("PrimaryMeetingId") == meeting.id]:
            self.end_meeting(replica, now)

    def end_those_over(self, now: float) -> None:
        if self.settings.expiry:
            for meeting in [meeting for meeting in self.meetings.values() if meeting.is_over(now)]:
                self.end_meeting(meeting, now)

    def add_attendee(
        self, meeting: Meeting, external_user_id: str, capabilities: dict[str, str] | None, now: float
    ) -> Attendee:
        """Adds an attendee. Attendees who left count towards the limit until they are deleted."""
        limit = attendee_limit(meeting.features)
        if len(meeting.attendees) >= limit:
            raise Refusal("LimitExceededException", f"the meeting holds its {limit} attendees already")
        meeting.added += 1
        granted = capabilities or default_capabilities(meeting.features)
        attendee = Attendee(_attendee_id(), external_user_id, dict(granted), meeting.added, _join_token())
        meeting.attendees[attendee.id] = attendee
        self.emit("AttendeeAdded", now, meeting, attendee)
        return attendee

    def attendee_of(self, meeting: Meeting, external_user_id: str) -> Attendee | None:
        """The first attendee of this user."""
        attendees = meeting.attendees.values()
        return next((attendee for attendee in attendees if attendee.external_user_id == external_user_id), None)

    def write_capabilities(
        self, meeting: Meeting, attendee: Attendee, capabilities: dict[str, str], now: float
    ) -> None:
        if self._media_take:
            attendee.capabilities = dict(capabilities)
        lower = {medium.lower(): word for medium, word in capabilities.items()}
        extra = {"success": "1" if self._media_take else "0", "attendeeCapabilities": lower}
        self.emit("AttendeeCapabilitiesUpdated", now, meeting, attendee, extra)

    def emit(
        self, kind: str, now: float, meeting: Meeting, attendee: Attendee | None = None, extra: Json | None = None
    ) -> None:
        """Records a state change, in the form of the `detail` of an `aws.chime` event."""
        who = {"attendeeId": attendee.id, "externalUserId": attendee.external_user_id} if attendee else {}
        self.events.append(
            {
                "version": "0",
                "eventType": f"chime:{kind}",
                "timestamp": int(now * 1000),
                "meetingId": meeting.id,
                "externalMeetingId": meeting.request["ExternalMeetingId"],
                "mediaRegion": meeting.request["MediaRegion"],
                **who,
                **(extra or {}),
            }
        )

    def take_events(self) -> list[Json]:
        events, self.events = self.events, []
        return events


def _attendee_id() -> str:
    """An id in the form of a UUID. It has no particular version, like the real ones."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _join_token() -> str:
    return LEAK_MARK + secrets.token_urlsafe(96)


def _placement(meeting: Meeting) -> Json:
    host = f"{meeting.request['MediaRegion']}.chime.invalid"
    return {
        "AudioHostUrl": f"audio.{host}:3478",
        "AudioFallbackUrl": f"wss://haxrp.{host}:443/calls/{meeting.id}",
        "SignalingUrl": f"wss://signal.{host}/control/{meeting.id}",
        "TurnControlUrl": f"https://turn.{host}/v2/turn_sessions",
        "EventIngestionUrl": f"https://data.{host}/v1/client-events",
    }
