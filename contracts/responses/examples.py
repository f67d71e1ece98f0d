"""What the examples of the API's description are made of."""

from typing import Any

MEETING_ID = "2847961f-0a1b-4c2d-8e3f-5a6b7c8d0713"
ATTENDEE_ID = "4ebcdbdc-1f2e-4d3c-9b4a-8c7d6e5f0a1b"
CHANGE_ID = "01M86Q9NZR0G2V5T8W3Y6A4C1E"
CURSOR = "01M86Q9NZR0000000000000000"
REGISTERED_AT = "2026-05-04T09:55:00.000Z"
RAISED_AT = "2026-05-04T10:00:00.000Z"
EVERYTHING = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}
MUTED = EVERYTHING | {"audio": "Receive"}
ATTENDEE: dict[str, Any] = {
    "meetingId": MEETING_ID,
    "attendeeId": ATTENDEE_ID,
    "externalUserId": "bob",
    "displayName": "Bob Meyer",
    "role": "participant",
    "capabilities": MUTED,
    "status": "applied",
    "limits": [
        {
            "media": ["audio"],
            "withholds": "send",
            "by": "restriction",
            "liftableBy": "host",
            "actor": "alice",
            "reason": "background noise",
            "since": RAISED_AT,
            "until": "2026-05-04T10:05:00.000Z",
            "remainingSeconds": 271,
        }
    ],
    "hand": None,
    "floor": None,
    "revision": "p3.m7",
}
MEETING: dict[str, Any] = {
    "meetingId": MEETING_ID,
    "externalMeetingId": "lecture",
    "mode": "open",
    "defaultRole": "participant",
    "frozen": False,
    "muteAll": [],
    "unmuteConsent": "none",
    "lobby": False,
    "features": {"video": True, "content": True},
    "endedAt": None,
    "revision": "m7",
}
