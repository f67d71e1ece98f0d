"""The API's contract from botocore's service model: routes, shapes and constraints.

It has no code for single operations, so a newer botocore brings a newer contract.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.loaders import Loader
from botocore.model import ServiceModel

from chime_simulator.errors import UNMODELLED, Json, Refusal, invalid, validation_errors
from chime_simulator.shapes import complaints

SERVICE = "chime-sdk-meetings"
API_VERSION = "2021-07-15"


@dataclass(frozen=True)
class Request:
    """An HTTP request. `target` is the raw path with its query; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: re.Pattern[str]
    selector: str | None  # the value of `?operation=` that tells two operations on one path apart
    success: int
    inputs: Any
    error_names: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A request with its operation. `document` is the JSON body, unchecked."""

    operation: Operation
    path: dict[str, str]
    query: dict[str, str]
    document: Any

    def at(self, name: str) -> str | None:
        return self.path.get(name)


class Contract:
    """Finds the operation of a request and reads its parameters."""

    def __init__(self) -> None:
        description = Loader().load_service_model(SERVICE, "service-2", API_VERSION)
        model = ServiceModel(description, SERVICE)
        self.signing_name: str = model.signing_name
        self.operations = {name: _operation(model.operation_model(name)) for name in model.operation_names}
        self.statuses: dict[str, int] = UNMODELLED | {
            shape.name: shape.metadata["error"]["httpStatusCode"] for shape in model.error_shapes
        }

    def route(self, request: Request) -> Route | None:
        address = urlsplit(request.target)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        for operation in self.operations.values():
            if operation.method != request.method or operation.selector != query.get("operation"):
                continue
            if match := operation.path.fullmatch(address.path):
                path = {name: unquote(value) for name, value in match.groupdict().items()}
                return Route(operation, path, query, _parse(request.body))
        return None

    def read(self, route: Route) -> Json:
        """The parameters of the call. Raises the `Refusal` that the service model demands."""
        if not isinstance(route.document, dict):
            raise Refusal("SerializationException", "the body is not a JSON object")
        members = route.operation.inputs.members
        found = {name: _value(route, name, shape) for name, shape in members.items()}
        values = {name: value for name, value in found.items() if value is not None}
        if wrong := list(complaints(route.operation.inputs, values)):
            raise validation_errors(wrong)
        return values

    def error_for(self, status: int, operation: str) -> str:
        """The operation's error for a status; an error of any operation if this one declares none."""
        declared = [name for name in self.operations[operation].error_names if self.statuses[name] == status]
        anywhere = [name for name, known in self.statuses.items() if known == status and name not in UNMODELLED]
        return next(iter(declared + anywhere))

    def error_statuses(self) -> set[int]:
        return {status for name, status in self.statuses.items() if name not in UNMODELLED}


def _operation(model: Any) -> Operation:
    address = urlsplit(model.http["requestUri"])
    selectors = dict(parse_qsl(address.query))
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", address.path)
    return Operation(
        name=model.name,
        method=model.http["method"],
        path=re.compile(pattern),
        selector=selectors.get("operation"),
        success=int(model.http.get("responseCode", 200)),
        inputs=model.input_shape,
        error_names=tuple(shape.name for shape in model.error_shapes),
    )


def _parse(body: bytes) -> Any:
    """The body's document; `None` if it is no JSON: the call is refused later, once it is known to be permitted."""
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return None


def _value(route: Route, name: str, shape: Any) -> Any:
    where = shape.serialization.get("location")
    wire_name = shape.serialization.get("name", name)
    if where == "uri":
        return route.path.get(wire_name)
    if where == "querystring":
        return _from_text(route.query.get(wire_name), name, shape)
    return route.document.get(wire_name)


def _from_text(text: str | None, name: str, shape: Any) -> Any:
    if text is None or shape.type_name != "integer":
        return text
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise invalid(f"`{name}` must be a whole number")
    return int(text)
