"""The words that bodies are made of."""

import re
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from ..domain import commands, ids
from ..domain.actor import COHOST, HOST
from ..domain.capability import Medium
from ..domain.decisions.decision import LONGEST_REASON, MAX_SECONDS

T = TypeVar("T", bound=Hashable)


def fault(detail: str) -> PydanticCustomError:
    return PydanticCustomError("gavel", "{detail}", {"detail": detail})


def unique(items: list[T]) -> list[T]:
    if len(set(items)) < len(items):
        raise fault("each one once")
    return items


def _id(read: Callable[[str], str]) -> Callable[[str], str]:
    def reading(text: str) -> str:
        try:
            return read(text)
        except ids.Malformed as malformed:
            raise fault(str(malformed)) from None

    return reading


def _whole(number: object) -> object:
    """JSON Schema's `integer` takes `60.0`, and so do we."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _everyday_role(role: str) -> str:
    if role in (HOST, COHOST):
        raise fault("the default role can't be `host` or `cohost`")
    return role


def _moment(text: object) -> datetime:
    """In whole milliseconds, as times are kept."""
    if not isinstance(text, str) or _MOMENT.fullmatch(text) is None:
        raise fault("a time in UTC, like `2026-05-04T10:00:00Z`")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise fault("no such time") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z")
MediumName = Literal["audio", "video", "content"]
Word = Literal["SendReceive", "Send", "Receive", "None"]
Media = Annotated[
    list[MediumName], Field(min_length=1, json_schema_extra={"uniqueItems": True}), AfterValidator(unique)
]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON)]
Seconds = Annotated[int, Field(ge=1, le=MAX_SECONDS), BeforeValidator(_whole)]
UserId = Annotated[str, Field(min_length=2, max_length=64), AfterValidator(_id(ids.external_user_id))]
AttendeeId = Annotated[str, AfterValidator(_id(ids.attendee_id))]
ChangeId = Annotated[str, AfterValidator(_id(ids.change_id))]
MeetingId = Annotated[str, AfterValidator(_id(ids.meeting_id))]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
"""A role or a mode. Which ones there are is said in the policies' schema, so the moderator knows."""
EverydayRole = Annotated[Name, AfterValidator(_everyday_role)]
Asking = Literal["none", "muted-first", "required"]
Lifter = Literal["self", "host"]


def unsaid(schema: dict[str, Any]) -> None:
    """A default that stands for nothing said is no default to tell of."""
    del schema["default"]


class Body(BaseModel):
    """A body that is a command."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, defer_build=True)

    def command(self) -> commands.Command:
        raise NotImplementedError


class Reasoned(Body):
    reason: Reason | None = None


def media_of(media: list[MediumName]) -> tuple[Medium, ...]:
    return tuple(Medium(medium) for medium in media)
