"""Query parameters that callers may send. Text, so that numbers and booleans are read from it."""

import re
from typing import Annotated, Any, Literal

from moderation.models import AttendeeId, Moment, Name, UserId, fault
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from .ids import Malformed, page_end

MOST_ENTRIES = 100
CURSOR = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"


def _boolean(text: object) -> bool:
    if text not in ("true", "false"):
        raise fault("`true` or `false`")
    return text == "true"


def _number(text: Any) -> int:
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 9):
        raise fault("a whole number")
    return int(text)


def _page_end(token: str) -> str:
    try:
        return page_end(token)
    except Malformed as malformed:
        raise fault(str(malformed)) from None


def _cursor(text: str) -> str:
    if re.fullmatch(CURSOR, text) is None:
        raise fault("not a cursor: `cursor` of the page before")
    return text


Limit = Annotated[int, BeforeValidator(_number), Field(ge=1, le=MOST_ENTRIES)]


class Query(BaseModel):
    """No parameters: one that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, defer_build=True)


class Writing(Query):
    dry_run: Annotated[bool, BeforeValidator(_boolean)] = Field(
        default=False, description="Same checks, same answer; nothing is written, nothing is sent."
    )


class HistoryPage(Query):
    after: Annotated[str, AfterValidator(_cursor)] | None = Field(
        None,
        description="the `cursor` of the page before, in the same order",
        json_schema_extra={"pattern": CURSOR},
    )
    limit: Limit = 50
    order: Literal["asc", "desc"] = Field("asc", description="`asc`: oldest first; `desc`: newest first")
    since: Moment | None = Field(None, alias="from", description="not before this time")
    until: Moment | None = Field(None, alias="to", description="before this time")
    verdict: Literal["accepted", "refused"] | None = Field(None, description="only decisions of this kind")
    command: Name | None = Field(None, description="only what this command brought about")
    actor: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        None, description="only what was brought about by whoever has this `actor.id`"
    )
    attendee_id: AttendeeId | None = Field(None, description="only what concerns the person on this seat")
    external_user_id: UserId | None = Field(None, description="only what concerns this person; beside no `attendeeId`")

    @field_validator("external_user_id")
    @classmethod
    def _is_alone(cls, user_id: str | None, rest: ValidationInfo) -> str | None:
        if user_id is not None and rest.data.get("attendee_id") is not None:
            raise fault("one of `attendeeId` and `externalUserId`")
        return user_id

    @model_validator(mode="after")
    def _is_a_span(self) -> "HistoryPage":
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise fault("`from` comes before `to`")
        return self


class AttendeePage(Query):
    limit: Limit = 50
    next_token: Annotated[str, AfterValidator(_page_end)] | None = Field(
        None, description="the `nextToken` of the page before"
    )
