"""Amazon Chime SDK meetings.

JoinTokens never leave this file: answers are read field by field. The client makes one attempt a call: only the caller
knows its lease and its deadline, so the caller retries.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

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
    ChimeAttendee,
    ChimeError,
    ChimeNotFoundError,
    ChimeRejectedError,
    ChimeRetryableError,
    MeetingInChime,
    OutcomeUnknownError,
)
from ..telemetry import CHIME_CALLS, CHIME_THROTTLES, CHIME_UNKNOWN_OUTCOMES, count

if TYPE_CHECKING:
    from mypy_boto3_chime_sdk_meetings import ChimeSDKMeetingsClient
    from mypy_boto3_chime_sdk_meetings.type_defs import (
        AttendeeCapabilitiesTypeDef,
        AttendeeTypeDef,
        ListAttendeesRequestTypeDef,
        MeetingFeaturesConfigurationTypeDef,
    )

PAGE = 100

Answer = TypeVar("Answer")


class ChimeGateway:
    """The Chime SDK. `client` makes one attempt a call and times out before `CALL_TIMEOUT`."""

    def __init__(self, client: "ChimeSDKMeetingsClient") -> None:
        self._client = client

    def meeting(self, meeting_id: str) -> MeetingInChime:
        found = _called(lambda: self._client.get_meeting(MeetingId=meeting_id))["Meeting"]
        return MeetingInChime(found.get("ExternalMeetingId", ""), _features(found.get("MeetingFeatures", {})))

    def attendee(self, meeting_id: str, attendee_id: str) -> ChimeAttendee:
        found = _called(lambda: self._client.get_attendee(MeetingId=meeting_id, AttendeeId=attendee_id))
        return _attendee(found["Attendee"])

    def roster(self, meeting_id: str) -> Sequence[ChimeAttendee]:
        attendees: list[ChimeAttendee] = []
        request: ListAttendeesRequestTypeDef = {"MeetingId": meeting_id, "MaxResults": PAGE}
        while True:
            found = _called(lambda: self._client.list_attendees(**request))
            attendees += [_attendee(attendee) for attendee in found["Attendees"]]
            if not found.get("NextToken"):
                return attendees
            request["NextToken"] = found["NextToken"]

    def update(self, meeting_id: str, attendee_id: str, capabilities: Capabilities) -> Capabilities:
        answer = _called(
            lambda: self._client.update_attendee_capabilities(
                MeetingId=meeting_id, AttendeeId=attendee_id, Capabilities=_words(capabilities)
            )
        )
        return _attendee(answer["Attendee"]).capabilities

    def update_except(self, meeting_id: str, excluded: Sequence[str], capabilities: Capabilities) -> None:
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


def _words(capabilities: Capabilities) -> "AttendeeCapabilitiesTypeDef":
    return {
        "Audio": word(capabilities, Medium.AUDIO),
        "Video": word(capabilities, Medium.VIDEO),
        "Content": word(capabilities, Medium.CONTENT),
    }


def _attendee(attendee: "AttendeeTypeDef") -> ChimeAttendee:
    """The attendee in Chime's answer. Without `Capabilities` it has all of them, as at creation."""
    words = attendee.get("Capabilities")
    capabilities = from_words(cast("Mapping[str, str]", words)) if words else EVERYTHING
    return ChimeAttendee(attendee["AttendeeId"], attendee["ExternalUserId"], capabilities)


def _features(features: "MeetingFeaturesConfigurationTypeDef") -> Features:
    """The features of the meeting. An unnamed feature is on: the defaults are HD for video and FHD for content."""
    video, content = features.get("Video", {}), features.get("Content", {})
    return Features(video=video.get("MaxResolution") != "None", content=content.get("MaxResolution") != "None")


def _called(call: Callable[[], Answer]) -> Answer:
    count(CHIME_CALLS)
    try:
        return call()
    except ClientError as error:
        raise _failure(error) from None
    except (ConnectTimeoutError, EndpointConnectionError) as error:
        raise ChimeRetryableError(type(error).__name__) from None  # nothing was sent
    except (ReadTimeoutError, ConnectionClosedError, HTTPClientError) as error:
        count(CHIME_UNKNOWN_OUTCOMES)
        raise OutcomeUnknownError(type(error).__name__) from None
    except BotoCoreError as error:
        raise ChimeRetryableError(type(error).__name__) from None


def _failure(error: ClientError) -> ChimeError:
    """The error for an HTTP status. Names are no guide: validation errors have names that the service model lacks. No
    message is kept.
    """
    status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    code = str(error.response["Error"].get("Code", ""))
    if status == 429 or "Throttl" in code:
        count(CHIME_THROTTLES)
    if status == 404:
        return ChimeNotFoundError(code)
    if status >= 500:
        count(CHIME_UNKNOWN_OUTCOMES)
        return OutcomeUnknownError(code)
    if status in (409, 429) or code in ("LimitExceededException", "ThrottlingException"):
        return ChimeRetryableError(code)
    return ChimeRejectedError(f"{status} {code}")
