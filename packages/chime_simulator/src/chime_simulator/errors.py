"""Error answers: a body with Code, Message and RequestId, and the long name in a header."""

from typing import Any

Json = dict[str, Any]

# Answers of the framework in front of the service; the service model does not list them.
UNMODELLED = {
    "ValidationException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 404,
    "NotImplementedException": 501,
}


class Refusal(Exception):
    """Ends a call with an error answer. Nothing has been changed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message

    @property
    def code(self) -> str:
        """The short name in the body."""
        return self.name.removesuffix("Exception")


def invalid(message: str) -> Refusal:
    """A failed validation: status 400, and no class of the service model."""
    return Refusal("ValidationException", message)


def validation_errors(complaints: list[str]) -> Refusal:
    noun = "error" if len(complaints) == 1 else "errors"
    return invalid(f"{len(complaints)} validation {noun} detected: {'; '.join(complaints)}")
