"""Chime for the tests: boto3 for the customer's back end, control routes for faults and evidence."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from local.aws import REGION, client

Json = dict[str, Any]

UPDATE = "UpdateAttendeeCapabilities"
BATCH = "BatchUpdateAttendeeCapabilitiesExcept"
CHANGES = {UPDATE, BATCH}
TOGETHER = 100
"""The most attendees that one call creates."""


class Simulator:
    def __init__(self, url: str) -> None:
        self.chime = client("chime-sdk-meetings", url)
        self._control = httpx.Client(base_url=f"{url}/_simulator", timeout=60, trust_env=False)

    def close(self) -> None:
        self.chime.close()
        self._control.close()

    def create_meeting(self, name: str = "lesson", **features: Any) -> str:
        created = self.chime.create_meeting(
            ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId=name, MediaRegion=REGION, **features
        )
        meeting_id: str = created["Meeting"]["MeetingId"]
        return meeting_id

    def join(self, meeting_id: str, user: str) -> str:
        """An attendee made by the customer's back end, with every capability."""
        created = self.chime.create_attendee(MeetingId=meeting_id, ExternalUserId=user)
        attendee_id: str = created["Attendee"]["AttendeeId"]
        return attendee_id

    def join_together(self, meeting_id: str, users: Sequence[str]) -> dict[str, str]:
        """ExternalUserId → AttendeeId, in as few calls as Chime permits."""
        attendees: dict[str, str] = {}
        for start in range(0, len(users), TOGETHER):
            wanted = [{"ExternalUserId": user} for user in users[start : start + TOGETHER]]
            created = self.chime.batch_create_attendee(MeetingId=meeting_id, Attendees=wanted)["Attendees"]
            attendees |= {attendee["ExternalUserId"]: attendee["AttendeeId"] for attendee in created}
        return attendees

    def have(self, meeting_id: str) -> dict[str, dict[str, str]]:
        """AttendeeId → capabilities in Chime, in the contract's words. Costs no quota."""
        attendees = self.control("GET", f"meetings/{meeting_id}")["attendees"]
        return {
            attendee["AttendeeId"]: {medium.lower(): word for medium, word in attendee["Capabilities"].items()}
            for attendee in attendees
        }

    @contextmanager
    def without(self, *settings: str) -> Iterator[None]:
        """Switches off `quota` or `events` while a meeting is set up that is not the test's subject."""
        self.control("PUT", "settings", dict.fromkeys(settings, False))
        try:
            yield
        finally:
            self.control("PUT", "settings", dict.fromkeys(settings, True))

    def has(self, meeting_id: str, attendee_id: str) -> dict[str, str]:
        """The attendee's capabilities in Chime, in the contract's words. Costs no quota."""
        return self.have(meeting_id)[attendee_id]

    def changes(self, meeting_id: str) -> list[Json]:
        """The capability calls about a meeting, whatever their outcome."""
        calls: list[Json] = self.control("GET", f"calls?meetingId={meeting_id}")["calls"]
        return [call for call in calls if call["operation"] in CHANGES]

    def fault(self, meeting_id: str, *, operation: str = UPDATE, count: int = 1, **trouble: Any) -> None:
        """A fault of the next calls about this meeting."""
        self.control("POST", "faults", {"operation": operation, "count": count, "meetingId": meeting_id, **trouble})

    def control(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._control.request(method, f"/{path}", json=body)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document
