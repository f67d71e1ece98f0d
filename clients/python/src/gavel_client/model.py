"""The bases of the models: what is received is read tolerantly, what is sent has no unknown field."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Received(BaseModel):
    """Of an answer or an event. Fields that this version does not know are in `model_extra`."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, defer_build=True, alias_generator=to_camel)


class Sent(BaseModel):
    """Of a request or a command by event."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True, alias_generator=to_camel)

    def to_json(self) -> dict[str, Any]:
        """What was set, under the names that Gavel reads."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: those that are not `None`."""
    return {name: value for name, value in fields.items() if value is not None}
