"""Amazon Chime SDK meetings. JoinTokens never leave this file: answers are read field by field.

botocore makes one attempt per call; whoever calls tries again by hand, for only he knows his lease and his deadline.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from ..domain.capability import EVERYTHING, Capabilities, Medium, from_words, word
from ..domain.meeting import Features
from ..ports import (
    ChimeError,
    ChimeNotFoundError,
    ChimeRejectedError,
    ChimeRetryableError,
    MeetingInChime,
    OutcomeUnknownError,
    SeatInChime,
)
from ..telemetry import CHIME_CALLS, CHIME_THROTTLES, CHIME_UNKNOWN_ENDS, count

CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 2.5
"""Seconds. Together they stay below `CALL_TIMEOUT`, which leases reckon with."""
PAGE = 100

Answer = TypeVar("Answer")


class ChimeGateway:
    """`client` is a boto3 client of chime-sdk-meetings with one attempt and the time-outs above."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def meeting(self, meeting_id: str) -> MeetingInChime:
        found = _called(lambda: self._client.get_meeting(MeetingId=meeting_id))["Meeting"]
        return MeetingInChime(found.get("ExternalMeetingId", ""), _features(found.get("MeetingFeatures", {})))

    def seat(self, meeting_id: str, attendee_id: str) -> SeatInChime:
        found = _called(lambda: self._client.get_attendee(MeetingId=meeting_id, AttendeeId=attendee_id))
        return _seat(found["Attendee"])

    def roster(self, meeting_id: str) -> Sequence[SeatInChime]:
        seats: list[SeatInChime] = []
        page: dict[str, Any] = {}
        while True:
            found = _called(lambda: self._client.list_attendees(MeetingId=meeting_id, MaxResults=PAGE, **page))  # noqa: B023
            seats += [_seat(attendee) for attendee in found["Attendees"]]
            if not found.get("NextToken"):
                return seats
            page = {"NextToken": found["NextToken"]}

    def order(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        answer = _called(
            lambda: self._client.update_attendee_capabilities(
                MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=_words(capabilities)
            )
        )
        return _seat(answer["Attendee"]).capabilities

    def order_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
        _called(
            lambda: self._client.batch_update_attendee_capabilities_except(
                MeetingId=meeting_id,
                ExcludedAttendeeIds=[{"AttendeeId": attendee_id} for attendee_id in excluded],
                Capabilities=_words(capabilities),
            )
        )

    def remove(self, meeting_id: str, attendee_id: str) -> None:
        _called(lambda: self._client.delete_attendee(MeetingId=meeting_id, AttendeeId=attendee_id))

    def end(self, meeting_id: str) -> None:
        _called(lambda: self._client.delete_meeting(MeetingId=meeting_id))


def _words(capabilities: Capabilities) -> dict[str, str]:
    return {medium.value.capitalize(): word(capabilities, medium) for medium in Medium}


def _seat(attendee: dict[str, Any]) -> SeatInChime:
    """Capabilities that are not said are whole, as at creation."""
    words = attendee.get("Capabilities")
    capabilities = from_words(words) if words else EVERYTHING
    return SeatInChime(attendee["AttendeeId"], attendee["ExternalUserId"], capabilities)


def _features(features: dict[str, Any]) -> Features:
    """What is not said was not restricted: the defaults are HD for video and FHD for content."""

    def is_on(medium: str) -> bool:
        return bool(features.get(medium, {}).get("MaxResolution") != "None")

    return Features(video=is_on("Video"), content=is_on("Content"))


def _called(call: Callable[[], Answer]) -> Answer:
    count(CHIME_CALLS)
    try:
        return call()
    except ClientError as error:
        raise _failure(error) from None
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise ChimeRetryableError(type(error).__name__) from None  # nothing was sent
    except (ReadTimeoutError, ConnectionClosedError, HTTPClientError) as error:
        count(CHIME_UNKNOWN_ENDS)
        raise OutcomeUnknownError(type(error).__name__) from None
    except BotoCoreError as error:
        raise ChimeRetryableError(type(error).__name__) from None


def _failure(error: ClientError) -> ChimeError:
    """By HTTP status: validation errors come under names that the service model doesn't know. No message is kept."""
    status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    code = str(error.response["Error"].get("Code", ""))
    if status == 429 or "Throttl" in code:
        count(CHIME_THROTTLES)
    if status == 404:
        return ChimeNotFoundError(code)
    if status >= 500:
        count(CHIME_UNKNOWN_ENDS)
        return OutcomeUnknownError(code)
    if status in (409, 429) or code in ("LimitExceededException", "ThrottlingException"):
        return ChimeRetryableError(code)
    return ChimeRejectedError(f"{status} {code}")
