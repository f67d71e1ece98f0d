"""What one would write by hand to mute somebody: a function behind API Gateway, two calls, nothing else.

Nobody is asked whether the caller may, nothing is kept, and whoever is muted loses his other restrictions; it is here
to be measured, not to be copied.
"""

import json
import os
from datetime import UTC, datetime
from typing import Any

import boto3

chime = boto3.client("chime-sdk-meetings")
events = boto3.client("events")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    meeting_id, attendee_id = event["pathParameters"]["meetingId"], event["pathParameters"]["attendeeId"]
    reason = json.loads(event["body"]).get("reason")
    attendee = chime.update_attendee_capabilities(
        MeetingId=meeting_id,
        AttendeeId=attendee_id,
        Capabilities={"Audio": "Receive", "Video": "SendReceive", "Content": "SendReceive"},
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
                "DetailType": "Attendee Muted",
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
