"""The types of the fields of request bodies."""

import re
from collections.abc import Hashable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from ..domain import commands
from ..domain.actor import COHOST, HOST
from ..domain.decisions.decision import LONGEST_REASON, MAX_SECONDS
from ..domain.display_name import LONGEST, display_name
from ..domain.ids import Malformed, attendee_id, change_id, external_user_id, meeting_id
from .endpoint import Endpoint

T = TypeVar("T", bound=Hashable)


UUID_LIKE = "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}"
MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z"


def unique(items: list[T]) -> list[T]:
    if len(set(items)) < len(items):
        raise Malformed("should name each item once")
    return items


def _whole(number: object) -> object:
    """The number as an integer if it is one: `60.0` is an integer in JSON Schema."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _everyday_role(role: str) -> str:
    if role in (HOST, COHOST):
        raise Malformed("the default role cannot be `host` or `cohost`")
    return role


def _moment(text: object) -> datetime:
    """The moment, cut to milliseconds, as times are stored."""
    if not isinstance(text, str) or re.fullmatch(MOMENT, text) is None:
        raise Malformed("should be a time in UTC, like `2026-05-04T10:00:00Z`")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed("should be a time that exists") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


MediumName = Literal["audio", "video", "content"]
Word = Literal["SendReceive", "Send", "Receive", "None"]
Media = Annotated[
    list[MediumName], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(unique)
]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON)]
Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS), BeforeValidator(_whole)]
UserId = Annotated[str, Field(min_length=2, max_length=64), AfterValidator(external_user_id)]
ExternalMeetingId = Annotated[str, StringConstraints(min_length=2, max_length=64)]
MeetingId = Annotated[str, Field(json_schema_extra={"pattern": f"^{UUID_LIKE}$"}), AfterValidator(meeting_id)]
AttendeeId = Annotated[
    str, Field(json_schema_extra={"pattern": f"^{UUID_LIKE}(#content)?$"}), AfterValidator(attendee_id)
]
ChangeId = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9A-Za-z-]{1,64}$"}), AfterValidator(change_id)]
Moment = Annotated[datetime, Field(json_schema_extra={"pattern": f"^{MOMENT}$"}), BeforeValidator(_moment)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""The name of a role or a mode. The decision checks that it exists, because the schema of the policies defines it."""
DisplayName = Annotated[
    str, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST}), AfterValidator(display_name)
]
"""A display name. The lengths in its schema are those of the stored form, so the type itself does not check them."""
NAME_SHOWN = (
    "What pages show instead of the ExternalUserId: text in any script, stored in normalization form C without spaces "
    "around it. Without it, the user keeps the name that they have. A name identifies nobody."
)
EverydayRole = Annotated[Name, AfterValidator(_everyday_role)]
Asking = Literal["none", "muted-first", "required"]
Lifter = Literal["self", "host"]


def without_default(schema: dict[str, Any]) -> None:
    """Removes the default from a field's schema, if it only stands for an absent field."""
    del schema["default"]


def example(**fields: Any) -> ConfigDict:
    """The example that the API's description shows of a model."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def patch_example(**fields: Any) -> ConfigDict:
    """The example of a body that needs at least one field."""
    return ConfigDict(json_schema_extra={"minProperties": 1, "examples": [fields]})


class Strict(BaseModel):
    """A part of what a caller sends. `"300"` is no number, and an unknown key is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, defer_build=True)


class Body(Strict):
    """A request body that is a command."""

    endpoint: ClassVar[Endpoint | None] = None
    """The endpoint; `None` for a command without a route, or with an answer of its own."""
    AT_LEAST_ONE_OF: ClassVar[tuple[str, ...]] = ()
    """Fields of which the body needs at least one."""

    def command(self) -> commands.Command:
        raise NotImplementedError


class Reasoned(Body):
    reason: Reason | None = None
