"""The types of settings. An error names what was expected and what was given."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError

from .regions import CONTROL_REGIONS

OWN_PATHS = ("health", "meetings", "openapi.json")
"""First segments of the REST API's paths."""
URLS = {
    "jwt_issuer": (r"https://[^\s/?#]+[^\s?#]*", r"http://127\.0\.0\.1:\d+", "an https URL"),
    "live_url": (r"wss://[^\s?#]+", r"ws://127\.0\.0\.1:\d+/[^\s?#]+", "a wss URL of your own"),
}
"""Field → the pattern on AWS, the pattern on the local stack, and the meaning in words."""


def refusal(meaning: str, value: object) -> PydanticCustomError:
    """The error of a value that does not have the `meaning`."""
    return PydanticCustomError("expected", "expected {meaning}, got `{value}`", {"meaning": meaning, "value": value})


def expected(meaning: str, pattern: str | None = None) -> WrapValidator:
    """Replaces the errors of a type with one that says what is expected. A text must match the whole pattern."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            found = handler(value)
        except ValidationError:
            raise refusal(meaning, value) from None
        if isinstance(found, str) and not (compiled.fullmatch(found) if compiled else found.strip()):
            raise refusal(meaning, value)
        return found

    return WrapValidator(check)


def from_json(value: Any) -> Any:
    """The value, or the value that the text holds as JSON: `cdk deploy -c key=value` passes texts."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def from_list(value: Any) -> Any:
    """A list, from JSON or from text separated by commas."""
    found = from_json(value)
    return [item.strip() for item in found.split(",")] if isinstance(found, str) else found


def whole_number(least: int, most: int) -> WrapValidator:
    return expected(f"a whole number from {least} to {most}")


def no_control_plane(region: str) -> str:
    """The message that Gavel cannot be deployed to the Region."""
    return (
        f"`region`: Amazon Chime SDK meetings have no control plane in `{region}`; "
        f"choose one of {', '.join(CONTROL_REGIONS)}"
    )


def checked_url(field: str, value: str | None, *, is_local: bool) -> str | None:
    """The URL, checked. The local stack has no TLS: it accepts its own addresses only, and AWS accepts none of
    those.
    """
    usual, local, meaning = URLS[field]
    if value is not None and not re.fullmatch(local if is_local else usual, value):
        raise refusal(meaning, value)
    return value


def _mapping_key(value: str, handler: Callable[[str], str]) -> str:
    key = handler(value)
    if key.split("/")[0] in OWN_PATHS:
        raise PydanticCustomError(
            "own_path",
            "`{key}` begins as paths of the API do: {paths}",
            {"key": key, "paths": ", ".join(OWN_PATHS)},
        )
    return key


JSON = BeforeValidator(from_json)
LIST = BeforeValidator(from_list)

Text = Annotated[str, expected("a text")]
Flag = Annotated[bool, Field(strict=True), JSON, expected("true or false")]
Stage = Annotated[str, expected("lower-case letters, digits and dashes, 20 at most", r"[a-z][a-z0-9-]{0,19}")]
Claim = Annotated[str, expected("the name of a claim", r"[A-Za-z0-9_.:/-]{1,128}")]
OptionalClaim = Annotated[str, expected("the name of a claim, or an empty text", r"[A-Za-z0-9_.:/-]{0,128}")]
Domain = Annotated[
    str,
    expected("a domain like api.example.com", r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"),
]
Certificate = Annotated[
    str,
    expected(
        "the ARN of a certificate of AWS Certificate Manager",
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+",
    ),
]
_SEGMENT = r"[A-Za-z0-9$_.+!*'()-]+"
MappingKey = Annotated[
    str,
    expected("path segments like `moderation` or `meet/v1`, with no slash around them", rf"{_SEGMENT}(/{_SEGMENT})*"),
    WrapValidator(_mapping_key),
]
Url = Annotated[str, expected("an https URL without a fragment", r"https://[^\s/?#]+[^\s#]*")]
Email = Annotated[
    str,
    expected(
        "one address, like ops@example.com",
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}",
    ),
]
Texts = Annotated[tuple[Text, ...], LIST, expected("a list of texts")]
Claims = Annotated[tuple[Claim, ...], LIST, expected("a list of names of claims")]
# The origins that an HTTP API accepts: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
Origins = Annotated[
    tuple[Annotated[str, expected("", r"\*|https?://(\*|[A-Za-z0-9.-]+(:\d{1,5})?)")], ...],
    LIST,
    expected(
        "`*`, `https://*`, `http://*` or exact origins like https://meet.example.com; "
        "API Gateway takes no other patterns"
    ),
]
Sources = Annotated[
    tuple[Annotated[str, expected("", r"[A-Za-z0-9._/-]{1,256}")], ...],
    LIST,
    expected("sources of events beside `aws.chime`"),
]
Variables = Annotated[dict[Text, Text], JSON, expected("an object of texts")]


def _directory(value: Path) -> Path:
    if not value.is_dir():
        raise refusal("a directory that exists", value)
    return value


Directory = Annotated[Path, AfterValidator(_directory), expected("a directory that exists")]
Count = Annotated[int, Field(strict=True), JSON]
