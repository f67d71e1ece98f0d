"""Query parameters that callers may send. Text, so that numbers and booleans are read from it."""

from typing import Annotated, Any

from moderation.bodies import AttendeeId, UserId, fault
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

MOST_ENTRIES = 100


def _boolean(text: object) -> bool:
    if text not in ("true", "false"):
        raise fault("`true` or `false`")
    return text == "true"


def _number(text: Any) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 9):
        raise fault("a whole number")
    return int(text)


Limit = Annotated[int, BeforeValidator(_number), Field(ge=1, le=MOST_ENTRIES)]


class Query(BaseModel):
    """No parameters: one that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class Writing(Query):
    dry_run: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=False, description="Same checks, same answer; nothing is written, nothing is sent."
    )


class HistoryPage(Query):
    after: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")] | None = Field(
        None, description="the `cursor` of the page before"
    )
    limit: Limit = 50
    attendee_id: AttendeeId | None = Field(None, description="only what concerns the person on this seat")
    external_user_id: UserId | None = Field(None, description="only what concerns this person; beside no `attendeeId`")

    @field_validator("external_user_id")
    @classmethod
    def _is_alone(cls, user_id: str | None, rest: ValidationInfo) -> str | None:
        if user_id is not None and rest.data.get("attendee_id") is not None:
            raise fault("one of `attendeeId` and `externalUserId`")
        return user_id


class AttendeePage(Query):
    limit: Limit = 50
    next_token: AttendeeId | None = Field(None, description="the `nextToken` of the page before")
