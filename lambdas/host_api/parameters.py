"""Parameters of paths, queries and headers, as the resolver validates and describes them."""

import base64
import re
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from moderation.domain.ids import Malformed, attendee_id, user_id_in_path
from moderation.models import AttendeeId, ChangeId, ExternalMeetingId, MeetingId, Moment, Name, UserId
from moderation.models.fields import MOMENT, UUID_LIKE
from pydantic import AfterValidator, BeforeValidator, Field

IF_MATCH = "If-Match"
IDEMPOTENCY_KEY = "Idempotency-Key"
HEADERS = {name.lower(): name for name in (IF_MATCH, IDEMPOTENCY_KEY)}
"""The resolver's name of a header → the API's name."""
ANY_REVISION = "*"
ENTITY_TAG = r'(?:W/)?"([\x21\x23-\x7e]{1,64})"|([\x21\x23-\x2b\x2d-\x7e]{1,64})'
KEY = r"[\x21-\x7e]{1,128}"


_PAGE = "after:"
NO_PAGE = "should be the `nextToken` of an earlier answer"
PLACE = f"{MOMENT}#{UUID_LIKE}"


def page_token(last: str) -> str:
    """The token of a page: its last id in an opaque form."""
    return base64.urlsafe_b64encode(f"{_PAGE}{last}".encode()).decode().rstrip("=")


def page_end(token: str) -> str:
    """The id that `page_token` was made of."""
    return attendee_id(_page_end(token))


def place_end(token: str) -> str:
    """The place in a list of meetings that `page_token` was made of."""
    place = _page_end(token)
    if re.fullmatch(PLACE, place) is None:
        raise Malformed(NO_PAGE)
    return place


def _page_end(token: str) -> str:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:  # binascii.Error and UnicodeDecodeError are ValueErrors
        text = ""
    if not text.startswith(_PAGE) or page_token(text.removeprefix(_PAGE)) != token:
        raise Malformed(NO_PAGE)
    return text.removeprefix(_PAGE)


MOST_ITEMS = 100
CURSOR = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
WRITTEN_USER_ID = "^(~[A-Za-z0-9_-]+={0,2}|[^~%]{2,})$"


def _cursor(text: str) -> str:
    if re.fullmatch(CURSOR, text) is None:
        raise Malformed("should be the `cursor` of an earlier answer")
    return text


def _boolean(text: object) -> bool:
    if text not in ("true", "false"):
        raise Malformed("should be `true` or `false`")
    return text == "true"


def _number(text: Any) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed("should be a whole number")
    return int(text)


def _revision(header: str) -> str:
    """The revision, which may be quoted; `*` stays. A proxy that compresses marks tags as weak, so the mark is
    ignored.
    """
    found = re.fullmatch(ENTITY_TAG, header.strip(" \t"))
    if found is None:
        raise Malformed("should be one revision, as `ETag` gives it")
    return found[1] or found[2]


def _seen(revision: str) -> str:
    if revision == ANY_REVISION:
        raise Malformed("should be the revision that you saw")
    return revision


def _key(header: str) -> str:
    if re.fullmatch(KEY, header) is None:
        raise Malformed("should be 1 to 128 visible ASCII characters")
    return header


_ENCODED = BeforeValidator(unquote)

InMeeting = Annotated[MeetingId, _ENCODED, Path(alias="meetingId", description="Chime's MeetingId.")]
OfAttendee = Annotated[
    AttendeeId, _ENCODED, Path(alias="attendeeId", description="Chime's AttendeeId. `#content` behind it is ignored.")
]
OfUser = Annotated[
    str,
    Field(json_schema_extra={"pattern": WRITTEN_USER_ID}),
    AfterValidator(user_id_in_path),
    _ENCODED,
    Path(
        alias="externalUserId",
        description="Percent-encoded; or `~` and the base64url of its UTF-8, which an id with `/` needs.",
    ),
]
OfChange = Annotated[ChangeId, _ENCODED, Path(alias="changeId", description="As the answer to a command names it.")]

DryRun = Annotated[
    bool,
    BeforeValidator(_boolean),
    Query(alias="dryRun", description="Same checks, same answer; nothing is written, nothing is sent."),
]
IfMatch = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^({ENTITY_TAG})$"}),
    AfterValidator(_revision),
    Header(
        alias=IF_MATCH,
        description='The revision that the caller saw, as `ETag` gives it (`"p3.m7"`). If the revision is another one, '
        "nothing is done.",
    ),
]
SeenRevision = Annotated[IfMatch, AfterValidator(_seen)]
"""The revision that the caller saw. A caller who registers a meeting again has to name it."""
IdempotencyKey = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{KEY}$"}),
    AfterValidator(_key),
    Header(
        alias=IDEMPOTENCY_KEY,
        description="The same key with the same request gets the first answer again. A dry run does not use it.",
    ),
]
Limit = Annotated[
    int, Field(ge=1, le=MOST_ITEMS), BeforeValidator(_number), Query(description="The most items of a page.")
]
NextToken = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"}), AfterValidator(page_end)] | None,
    Query(alias="nextToken", description="The `nextToken` of the page before."),
]
NextMeetings = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"}), AfterValidator(place_end)] | None,
    Query(alias="nextToken", description="The `nextToken` of the page before."),
]
After = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": CURSOR}), AfterValidator(_cursor)] | None,
    Query(description="The `cursor` of the page before, in the same order."),
]
Order = Annotated[Literal["asc", "desc"], Query(description="`asc`: oldest first; `desc`: newest first.")]
Since = Annotated[Moment | None, Query(alias="from", description="Not before this time.")]
Until = Annotated[Moment | None, Query(alias="to", description="Before this time.")]
OfName = Annotated[
    ExternalMeetingId | None,
    Query(alias="externalMeetingId", description="Only meetings that the back end gave this name."),
]
OfKnownUser = Annotated[
    UserId | None,
    Query(alias="user", description="Only meetings in which this user is known; sorted by when they came."),
]
Verdict = Annotated[Literal["accepted", "refused"] | None, Query(description="Only decisions of this kind.")]
CommandName = Annotated[Name | None, Query(description="Only what this command caused.")]
ActorId = Annotated[
    Annotated[str, Field(min_length=1, max_length=256)] | None, Query(description="Only what this `actor.id` caused.")
]
ConcerningAttendee = Annotated[
    AttendeeId | None, Query(alias="attendeeId", description="Only what concerns the user of this attendee.")
]
ConcerningUser = Annotated[
    UserId | None,
    Query(alias="externalUserId", description="Only what concerns this user; not together with `attendeeId`."),
]
