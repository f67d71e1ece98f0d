"""A client of the routes under `/_simulator`: faults, logs, and what attendees do in a meeting without the API."""

import http.client
import json
import os
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from chime_simulator.settings import Settings

Json = dict[str, Any]

ENDPOINT = "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS"
"""The variable in which the AWS SDKs look for the endpoint of this service."""
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
SECONDS = 60


class SimulatorError(Exception):
    """The simulator refused a control request; the text is its reason."""


class SimulatorClient:
    """Controls the simulator at `url`, in this process or in another one. Options are written as Python writes them:
    `drop_connection` for `dropConnection`.
    """

    def __init__(self, url: str, region: str = "us-east-1") -> None:
        self.url = url.rstrip("/")
        self.region = region

    def environment(self) -> dict[str, str]:
        """The variables that lead AWS clients to the simulator. Credentials that are set already stay."""
        missing = {} if CREDENTIALS[0] in os.environ else dict.fromkeys(CREDENTIALS, "simulator")
        return {ENDPOINT: self.url, "AWS_DEFAULT_REGION": self.region, "AWS_REGION": self.region, **missing}

    def reset(self) -> None:
        """Removes meetings, faults, calls and events, and refills the quotas. Settings stay."""
        self._send("POST", "reset")

    def settings(self, **changes: Any) -> Json:
        """Changes settings (`quota=False`, `video_none_reading="strict"`), and returns all of them."""
        return self._send("PUT", "settings", _camel(changes))

    def restore(self, settings: Settings) -> None:
        """Sets all settings at once."""
        self._send("PUT", "settings", settings.as_json())

    def fault(self, operation: str, count: int = 1, **options: Any) -> None:
        """Makes the next `count` calls of the operation fail: `fault("GetMeeting", status=503)`."""
        self._send("POST", "faults", {"operation": operation, "count": count, **_camel(options)})

    def faults(self) -> list[Json]:
        """The faults that no call has met yet."""
        return list(self._send("GET", "faults")["faults"])

    def clear_faults(self) -> None:
        self._send("DELETE", "faults")

    def calls(self, operation: str | None = None, **wanted: str) -> list[Json]:
        """The calls that arrived, refused ones too, oldest first. `meeting_id` and `attendee_id` filter as well."""
        given = _camel(wanted) | ({"operation": operation} if operation else {})
        return list(self._send("GET", f"calls?{urlencode(given)}")["calls"])

    def forget_calls(self) -> None:
        self._send("DELETE", "calls")

    def events(self, kind: str = "") -> list[Json]:
        """The details of the state changes that happened, oldest first: `events("AttendeeJoined")`."""
        details = [event["detail"] for event in self._send("GET", "events")["events"]]
        return [detail for detail in details if detail["eventType"].endswith(kind)]

    def attendees(self, meeting_id: str) -> list[Json]:
        """All attendees of a meeting with their capabilities; costs no quota, and no call is logged."""
        return list(self._send("GET", _of(meeting_id))["attendees"])

    def capabilities(self, meeting_id: str) -> dict[str, Json]:
        """AttendeeId → capabilities; costs no quota, and no call is logged."""
        return {attendee["AttendeeId"]: attendee["Capabilities"] for attendee in self.attendees(meeting_id)}

    def add_attendee(self, meeting_id: str, external_user_id: str, capabilities: Json | None = None) -> str:
        """Adds an attendee without the API, such as a media pipeline (`aws:…`). Returns the AttendeeId."""
        wanted = {"externalUserId": external_user_id} | ({"capabilities": capabilities} if capabilities else {})
        return str(self._send("POST", f"{_of(meeting_id)}/attendees", wanted)["attendee"]["AttendeeId"])

    def write_capabilities(self, meeting_id: str, attendee_id: str, capabilities: Json, *, event: bool = True) -> None:
        """Changes capabilities as another program would (drift). Media that are not named stay."""
        wanted = {"capabilities": capabilities, "event": event}
        self._send("POST", f"{_of(meeting_id, attendee_id)}/capabilities", wanted)

    def announce(self, roles: dict[str, str]) -> None:
        """Announces the roles of temporary access keys: access key → ARN of the role."""
        self._send("PUT", "principals", roles)

    def act(self, meeting_id: str, attendee_id: str, action: str) -> None:
        """Makes an attendee's client do something: `join`, `leave`, `drop`, `video-start`, `content-join`, …"""
        self._send("POST", f"{_of(meeting_id, attendee_id)}/{action}")

    def join(self, meeting_id: str, attendee_id: str) -> None:
        self.act(meeting_id, attendee_id, "join")

    def leave(self, meeting_id: str, attendee_id: str) -> None:
        self.act(meeting_id, attendee_id, "leave")

    def _send(self, method: str, path: str, body: Json | None = None) -> Json:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
        try:
            connection.request(method, f"/_simulator/{path}", None if body is None else json.dumps(body))
            response = connection.getresponse()
            document: Json = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise SimulatorError(document["error"])
        return document


def _of(meeting_id: str, attendee_id: str | None = None) -> str:
    meeting = f"meetings/{quote(meeting_id, safe='')}"
    return meeting if attendee_id is None else f"{meeting}/attendees/{quote(attendee_id, safe='')}"


def _camel(options: Json) -> Json:
    def name(option: str) -> str:
        first, *rest = option.split("_")
        return first + "".join(word.capitalize() for word in rest)

    return {name(option): value for option, value in options.items()}
