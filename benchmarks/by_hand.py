"""A handler written by hand that mutes or holds an attendee, or lets them unmute: two calls, nothing else.

It does not check the caller, stores nothing, and ignores the attendee's other restrictions. It is here to be measured,
not to be copied.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3

EVERYTHING = {"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"}
CAPABILITIES: dict[str, Any] = {
    "mute": EVERYTHING | {"Audio": "Receive"},
    "unmute": EVERYTHING,
    "consent": EVERYTHING,
    "hold": {"Audio": "None", "Video": "None", "Content": "None"},
}

chime = boto3.client("chime-sdk-meetings")
events = boto3.client("events")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    meeting_id, attendee_id = event["pathParameters"]["meetingId"], event["pathParameters"]["attendeeId"]
    command = event["rawPath"].rpartition("/")[2]
    reason = json.loads(event["body"]).get("reason")
    attendee = chime.update_attendee_capabilities(
        MeetingId=meeting_id,
        AttendeeId=attendee_id,
        Capabilities=CAPABILITIES[command],
    )["Attendee"]
    detail = {
        "meetingId": meeting_id,
        "attendeeId": attendee_id,
        "actor": event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"],
        "reason": reason,
        "at": datetime.now(UTC).isoformat(),
        "capabilities": attendee["Capabilities"],
    }
    events.put_events(
        Entries=[
            {
                "Source": "by-hand",
                "DetailType": "Attendee Capabilities Changed",
                "Detail": json.dumps(detail),
                "EventBusName": os.environ["BUS"],
            }
        ]
    )
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"attendeeId": attendee_id, "capabilities": attendee["Capabilities"]}),
    }
