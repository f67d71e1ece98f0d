"""The API: answers API Gateway's events. Each answer writes one log line."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext
from moderation.validation import Fault, Invalid, document, in_words, pointer

from .call import AccessLog, Gavel
from .middleware import as_text, identity_in, unauthorized
from .parameters import HEADERS
from .problems import Problem, ProblemError, invalid, no_route
from .routes import ROUTERS
from .routes.service import OPEN_PATHS


class Resolver(APIGatewayHttpResolver):
    """Powertools' resolver with access to its routes."""

    @property
    def routes(self) -> list[Route]:
        return [*self._static_routes, *self._dynamic_routes]

    def methods_of(self, path: str) -> set[str]:
        return {route.method for route in self.routes if route.rule.match(path)}

    def prepare(self) -> None:
        """Reads the signature of each route, which builds the models in it."""
        for route in self.routes:
            _ = route.dependant


class App:
    """The API as a callable. It asks for `gavel` and for the identity claim with the first request that needs them."""

    def __init__(self, gavel: Callable[[], Gavel], identity_claim: Callable[[], str]) -> None:
        self._gavel = gavel
        self._identity_claim = identity_claim
        self.resolver = Resolver(json_body_deserializer=_json_object, debug=False)
        for router in ROUTERS:
            self.resolver.include_router(router)
        self.resolver.not_found(self._no_route)
        self.resolver.exception_handler(ProblemError)(self._answer)
        self.resolver.exception_handler(RequestValidationError)(lambda error: self._answer(_invalid(error)))
        self.resolver.exception_handler(Invalid)(lambda error: self._answer(invalid(*error.faults)))
        self.resolver.exception_handler(Exception)(self._failed)

    def __call__(self, event: object) -> dict[str, Any]:
        request = resolvable(event)
        log = AccessLog(request["requestContext"]["requestId"])
        self.resolver.context.update(gavel=self._gavel, identity_claim=self._identity_claim, log=log)
        answer = self.resolver.resolve(request, LambdaContext())
        log.write(answer["statusCode"])
        return answer | {"body": ""} if is_head(event) else answer

    def _no_route(self, _: NotFoundError) -> Response[Any]:
        event = self.resolver.current_event
        if event.path not in OPEN_PATHS and (refusal := identity_in(event).refusal) is not None:
            return unauthorized(refusal)
        raise no_route(self.resolver.methods_of(event.path))

    def _answer(self, error: ProblemError) -> Response[str]:
        self.resolver.context["log"].problem = error.problem
        return error.problem.response(self.resolver.current_event.path)

    def _failed(self, error: Exception) -> Response[str]:
        log: AccessLog = self.resolver.context["log"]
        log.failed(error)
        detail = f"Gavel failed. The operator finds the failure in the log by the request id `{log.request_id}`."
        return self._answer(ProblemError(Problem("internal-error", detail)))


def create_app(gavel: Callable[[], Gavel], identity_claim: Callable[[], str]) -> App:
    return App(gavel, identity_claim)


def _json_object(text: str) -> dict[str, Any]:
    found = document(text)
    if not isinstance(found, dict):
        raise Invalid(Fault("", "should be an object"))
    return found


def _invalid(error: RequestValidationError) -> ProblemError:
    return invalid(*(Fault(_place(found["loc"]), in_words(found)) for found in error.errors()))


def _place(loc: tuple[int | str, ...]) -> str:
    """The place of a value. Pydantic's path to it begins with the part of the request: body, query, path or header."""
    where, *rest = loc
    if where == "body":
        return pointer(tuple(rest))
    name = str(rest[0])
    return {"query": f"?{name}", "path": f"{{{name}}}"}.get(str(where), HEADERS.get(name, name))


USER_PATHS = ("users", "bans", "lobby")
"""Segments of a path that an ExternalUserId follows."""


def resolvable(event: object) -> dict[str, Any]:
    """The event with everything that the resolver reads. A `HEAD` becomes a `GET`."""
    given = _mapping(event)
    context = _mapping(given.get("requestContext"))
    method = as_text(_mapping(context.get("http")).get("method")).upper()
    path = _encoded(as_text(given.get("rawPath")))
    return {
        **given,
        "rawPath": path,
        "rawQueryString": as_text(given.get("rawQueryString")),
        "queryStringParameters": {},
        "headers": {name.lower(): as_text(value) for name, value in _mapping(given.get("headers")).items()},
        "cookies": [],
        "body": as_text(given.get("body")),
        "isBase64Encoded": given.get("isBase64Encoded") is True,
        "requestContext": {
            **context,
            "requestId": as_text(context.get("requestId")),
            "stage": "$default",
            "http": {"method": "GET" if method == "HEAD" else method, "path": path},
            "authorizer": _mapping(context.get("authorizer")),
        },
    }


def is_head(event: object) -> bool:
    http = _mapping(_mapping(_mapping(event).get("requestContext")).get("http"))
    return as_text(http.get("method")).upper() == "HEAD"


def _encoded(path: str) -> str:
    """The path, percent-encoded. A slash at its end is removed, unless it may belong to an id."""
    parts = path.split("/")
    ends_with_user = len(parts) == 6 and parts[3] in USER_PATHS
    if path.startswith("/meetings/") and not parts[-1] and not ends_with_user:
        path = path[:-1]
    return quote(path, safe="/%~", errors="replace")


def _mapping(value: object) -> Mapping[str, Any]:
    return {key: item for key, item in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}
