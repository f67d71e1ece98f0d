"""Chime as the tests use it: boto3 for what a customer's back end does, control routes for faults and evidence."""

import uuid
from typing import Any

import httpx

from local.aws import REGION, client

Json = dict[str, Any]

UPDATE = "UpdateAttendeeCapabilities"
CHANGES = {UPDATE, "BatchUpdateAttendeeCapabilitiesExcept"}


class Simulator:
    def __init__(self, url: str) -> None:
        self.chime = client("chime-sdk-meetings", url)
        self._control = httpx.Client(base_url=f"{url}/_simulator", timeout=10, trust_env=False)

    def close(self) -> None:
        self.chime.close()
        self._control.close()

    def create_meeting(self, **features: Any) -> str:
        created = self.chime.create_meeting(
            ClientRequestToken=str(uuid.uuid4()), ExternalMeetingId="lesson", MediaRegion=REGION, **features
        )
        meeting_id: str = created["Meeting"]["MeetingId"]
        return meeting_id

    def join(self, meeting_id: str, user: str) -> str:
        """A seat, as the customer's back end makes it: with everything allowed."""
        created = self.chime.create_attendee(MeetingId=meeting_id, ExternalUserId=user)
        attendee_id: str = created["Attendee"]["AttendeeId"]
        return attendee_id

    def has(self, meeting_id: str, attendee_id: str) -> dict[str, str]:
        """What Chime lets the attendee do, in the contract's spelling."""
        found = self.chime.get_attendee(MeetingId=meeting_id, AttendeeId=attendee_id)["Attendee"]["Capabilities"]
        return {medium.lower(): word for medium, word in found.items()}

    def changes(self, meeting_id: str) -> list[Json]:
        """The capability calls that concerned a meeting, whatever their end."""
        calls: list[Json] = self.control("GET", f"calls?meetingId={meeting_id}")["calls"]
        return [call for call in calls if call["operation"] in CHANGES]

    def fault(self, meeting_id: str, *, operation: str = UPDATE, count: int = 1, **trouble: Any) -> None:
        """Trouble for the next calls that concern this meeting, and no other."""
        self.control("POST", "faults", {"operation": operation, "count": count, "meetingId": meeting_id, **trouble})

    def control(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._control.request(method, f"/{path}", json=body)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document
