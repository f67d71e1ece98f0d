"""The documented rules that the service model lacks.

Source: "CreateAttendee", "UpdateAttendeeCapabilities" and "BatchUpdateAttendeeCapabilitiesExcept" in the Amazon Chime
SDK API reference, and the service's quota page.
"""

import re
from enum import StrEnum

from chime_simulator.errors import Json, Refusal, invalid

CONTROL_REGIONS = frozenset(
    {
        *("us-east-1", "us-west-2", "us-gov-east-1", "us-gov-west-1", "ca-central-1", "af-south-1", "il-central-1"),
        *("ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2"),
        *("eu-central-1", "eu-west-2"),
    }
)
MEDIA_REGIONS = CONTROL_REGIONS | frozenset(
    {"eu-north-1", "eu-south-1", "eu-west-1", "eu-west-3", "sa-east-1", "us-east-2", "us-west-1"}
)
"""The media Regions of all partitions. A control Region creates meetings in any media Region of its own partition.

https://docs.aws.amazon.com/chime-sdk/latest/dg/chime-sdk-meetings-regions.html
"""
OPT_IN_REGIONS = frozenset({"af-south-1", "il-central-1"})
"""Control Regions that create meetings in themselves only, although the page above says otherwise of all control
Regions.

https://aws.amazon.com/about-aws/whats-new/2024/06/amazon-chime-sdk-meetings-cape-town
https://aws.amazon.com/about-aws/whats-new/2023/08/amazon-chime-sdk-meetings-israel-tel-aviv-region
"""

ATTENDEES_OF_A_MEETING = 250
ATTENDEES_IN_HIGH_RESOLUTION = 25  # "AttendeeFeatures" in the API reference: FHD video or UHD content
MEETINGS_AT_ONCE = 250
REPLICAS_OF_A_MEETING = 4
TAGS_OF_A_MEETING = 50
LONGEST_MEETING = 24 * 3600.0  # seconds
LONGEST_EMPTINESS = 5 * 60.0  # seconds

EXTERNAL_ID = re.compile(r"""[-_&@+=,(){}\[\]/«».:|'"#a-zA-Z0-9À-ÿ\s]*""")
RECEIVING = ("SendReceive", "Receive")


class VideoNone(StrEnum):
    """The two readings of a meeting whose `Video.MaxResolution` is None.

    The documentation contradicts itself: the default of an attendee is Video=Receive, yet a request for Receive is
    refused. `lenient` accepts Receive where it is the default; `strict` accepts Video=None only.
    """

    LENIENT = "lenient"
    STRICT = "strict"


class CreateAttendee(StrEnum):
    """The two readings of CreateAttendee.

    The API reference calls the ExternalUserId an idempotency token; callers report a new attendee each time.
    """

    NEW = "new"
    SAME = "same"


def default_capabilities(features: Json) -> dict[str, str]:
    """The capabilities of a new attendee if the caller names none."""
    video, content = _is_on(features, "Video"), _is_on(features, "Content")
    video_default = "SendReceive" if video else "Receive" if content else "None"
    return {"Audio": "SendReceive", "Video": video_default, "Content": "SendReceive" if content else "None"}


def check_capabilities(capabilities: Json, features: Json, reading: VideoNone) -> None:
    """Refuses what the meeting's features or the rule about Video and Content forbid."""
    default = default_capabilities(features)["Video"]
    lenient = reading is VideoNone.LENIENT and capabilities["Video"] == default
    if not _is_on(features, "Video") and capabilities["Video"] != "None" and not lenient:
        raise invalid("`Video` must be None: the meeting's video MaxResolution is None")
    if not _is_on(features, "Content") and capabilities["Content"] != "None":
        raise invalid("`Content` must be None: the meeting's content MaxResolution is None")
    if capabilities["Content"] in RECEIVING and capabilities["Video"] not in RECEIVING:
        raise Refusal(
            "BadRequestException", "`Content` can be SendReceive or Receive only if `Video` is one of these too"
        )


def check_external_id(value: str, member: str, *, reserved: bool = False) -> None:
    """Checks an ExternalUserId. `reserved` permits Amazon's own ids, such as a media pipeline's."""
    if not EXTERNAL_ID.fullmatch(value):
        raise invalid(f"`{member}` contains characters outside the documented pattern")
    if value.lower().startswith("aws:") and not reserved:
        raise Refusal("BadRequestException", f"`{member}` must not begin with the reserved prefix `aws:`")


def check_media_region(region: str, control_region: str) -> None:
    if region not in MEDIA_REGIONS or partition_of(region) != partition_of(control_region):
        raise Refusal("BadRequestException", f"`{region}` is no media Region of {control_region}'s partition")
    if control_region in OPT_IN_REGIONS and region != control_region:
        raise Refusal("BadRequestException", f"meetings of {control_region}, an opt-in Region, have their media there")


def partition_of(region: str) -> str:
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def check_control_region(region: str) -> None:
    """Refuses a Region without an endpoint: botocore builds host names for these too, eu-west-1 for one."""
    if region not in CONTROL_REGIONS:
        raise ValueError(f"`{region}` is no control Region of Amazon Chime SDK meetings")


def attendee_limit(features: Json) -> int:
    """`MaxCount`, or the limit of the meeting's resolutions if that is lower or `MaxCount` is missing."""
    is_high = _resolution(features, "Video") == "FHD" or _resolution(features, "Content") == "UHD"
    most = ATTENDEES_IN_HIGH_RESOLUTION if is_high else ATTENDEES_OF_A_MEETING
    return min(int(features.get("Attendee", {}).get("MaxCount", most)), most)


def _is_on(features: Json, medium: str) -> bool:
    return _resolution(features, medium) != "None"


def _resolution(features: Json, medium: str) -> str | None:
    found: str | None = features.get(medium, {}).get("MaxResolution")
    return found
