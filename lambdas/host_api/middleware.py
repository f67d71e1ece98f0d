"""The steps before an endpoint runs: authenticate, read, validate.

Authentication comes first, so that an unknown caller learns nothing about the faults of their request.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any
from urllib.parse import parse_qsl, unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.ids import Malformed, external_user_id, user_id_in_path
from moderation.validation import Fault

from .call import CALL, Call
from .problems import NOT_STORED, Problem, ProblemError, invalid, not_permitted

REFUSED = "the token was not looked at"


@dataclass(frozen=True, slots=True)
class Identity:
    """The claims of a token. `refusal` is the reason why the token is refused."""

    claims: Mapping[str, str]
    scopes: tuple[str, ...] = ()
    refusal: str | None = None


def identity_of(authorizer: Mapping[str, Any], now: Callable[[], float] = time) -> Identity:
    if "lambda" in authorizer:
        return _from_ours(authorizer["lambda"], now)
    jwt = authorizer.get("jwt")
    said = jwt if isinstance(jwt, dict) else {}
    scopes = said.get("scopes")
    return Identity(_texts(said.get("claims")), tuple(as_text(s) for s in scopes) if isinstance(scopes, list) else ())


def _from_ours(said: object, now: Callable[[], float]) -> Identity:
    """The identity from the stack's own authorizer. API Gateway caches its answer for minutes, so the token may have
    expired.
    """
    context = said if isinstance(said, dict) else {}
    try:
        claims = _texts(json.loads(context["claims"]))
        expires = float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        return Identity({}, refusal=as_text(context.get("refusal")) or REFUSED)
    return Identity(claims) if now() < expires else Identity({}, refusal="the token has expired")


def _texts(value: object) -> Mapping[str, str]:
    return {k: as_text(v) for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    return value if isinstance(value, str) else ""


ADMIN_SCOPE = "gavel/admin"
ON_BEHALF_OF = "Gavel-On-Behalf-Of"


def caller(identity: Identity, on_behalf_of: str | None, identity_claim: str) -> Actor:
    """The caller. Raises `ProblemError`: 403 for a token without an identity, 400 for a malformed
    `Gavel-On-Behalf-Of`.
    """
    claims = identity.claims
    if not is_admin(claims, identity.scopes):
        if on_behalf_of is not None:
            raise not_permitted(f"Only a token with the scope `{ADMIN_SCOPE}` may act on behalf of a user.")
        return _user(claims, identity_claim)
    admin = claims.get("sub") or claims.get("client_id")
    if not admin:
        raise not_permitted("The token names no caller: it has neither `sub` nor `client_id`.")
    if on_behalf_of is None:
        return Actor(ActorKind.ADMIN, admin)
    return Actor(ActorKind.USER, _represented(on_behalf_of), via=admin)


def is_admin(claims: Mapping[str, str], scopes: Sequence[str]) -> bool:
    """Whether one of the token's scopes is exactly the admin scope.

    `scope` is text (RFC 9068). Okta's `scp` is an array, which API Gateway writes as the text `[a b]`.
    """
    return ADMIN_SCOPE in (*claims.get("scope", "").split(" "), *_items(claims.get("scp", "")), *scopes)


def _items(claim: str) -> list[str]:
    if claim.startswith("[") and claim.endswith("]"):
        claim = claim[1:-1]
    return claim.split(" ")


def _user(claims: Mapping[str, str], identity_claim: str) -> Actor:
    try:
        return Actor(ActorKind.USER, external_user_id(claims.get(identity_claim, "")), claims=claims)
    except Malformed:
        raise not_permitted(f"The token's claim `{identity_claim}` is no ExternalUserId.") from None


def _represented(header: str) -> str:
    """The user in `Gavel-On-Behalf-Of`. A header holds ASCII only, so the id is written as in a path."""
    try:
        return user_id_in_path(unquote(header))
    except Malformed as malformed:
        raise invalid(Fault(ON_BEHALF_OF, str(malformed))) from None


MOST_BYTES = 64 * 1024
MOST_PARAMETERS = 50


def note_route(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    app.context["log"].route = f"{app.request.method} {app.request.route}"
    return next_middleware(app)


def authenticate(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    event, log = app.current_event, app.context["log"]
    identity = identity_in(event)
    if identity.refusal is not None:
        return unauthorized(identity.refusal)
    actor = caller(identity, event.headers.get(ON_BEHALF_OF), app.context["identity_claim"]())
    log.called_by(actor)
    app.context[CALL] = Call(app.context["gavel"](), actor, log, event.http_method, event.path)
    return next_middleware(app)


def read_query(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Reads the query. An unknown or repeated parameter is an error."""
    try:
        pairs = parse_qsl(app.current_event.raw_query_string, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise invalid(Fault("?", f"should be a query string of at most {MOST_PARAMETERS} parameters")) from None
    known = {parameter.alias for parameter in app.context["_route"].dependant.query_params}
    names = [name for name, _ in pairs]
    faults = [Fault(f"?{name}", "there is no such parameter") for name in dict.fromkeys(names) if name not in known]
    faults += [Fault(f"?{name}", "should be given once") for name in dict.fromkeys(names) if names.count(name) > 1]
    if faults:
        raise invalid(*faults)
    app.context[CALL].query = app.current_event.raw_event["queryStringParameters"] = dict(pairs)
    return next_middleware(app)


def read_body(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Reads the body. An empty one is valid where every field is optional."""
    event = app.current_event
    content = _content(event)
    if content and not app.context["_route"].dependant.body_params:
        raise invalid(Fault("", f"should be empty: a `{event.http_method}` takes no body here"))
    if content and event.headers.get("content-type", "").partition(";")[0].strip().lower() != APPLICATION_JSON:
        raise invalid(Fault("Content-Type", f"should be `{APPLICATION_JSON}`"))
    app.context[CALL].content = content
    event.raw_event["headers"]["content-type"] = APPLICATION_JSON
    return next_middleware(app)


def note_ids(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Adds the validated ids to the log line."""
    app.context["log"].about(app.context["_route_args"])
    return next_middleware(app)


validate = OpenAPIRequestValidationMiddleware()
FOR_ALL = [note_route]
FOR_READS = [note_route, authenticate, read_query, validate, note_ids]
FOR_WRITES = [note_route, authenticate, read_query, read_body, validate, note_ids]


def unauthorized(refusal: str) -> Response[Any]:
    """The answer to a token that the authorizer refused, in API Gateway's form."""
    challenge = f'Bearer realm="gavel", error="invalid_token", error_description="{refusal}"'
    return Response(401, APPLICATION_JSON, {"message": "Unauthorized"}, {**NOT_STORED, "WWW-Authenticate": challenge})


def identity_in(event: APIGatewayProxyEventV2) -> Identity:
    return identity_of(event.raw_event["requestContext"]["authorizer"])


def _content(event: APIGatewayProxyEventV2) -> bytes:
    """The body as it was sent. Its size is checked before it is decoded."""
    body, is_base64 = event.body or "", event.is_base64_encoded
    if len(body) > (MOST_BYTES * 4 // 3 + 4 if is_base64 else MOST_BYTES):
        raise _too_large()
    try:
        content = base64.b64decode(body, validate=True) if is_base64 else body.encode()
        content.decode()
    except (binascii.Error, ValueError):
        raise invalid(Fault("", "should be JSON in UTF-8")) from None
    if len(content) > MOST_BYTES:
        raise _too_large()
    return content


def _too_large() -> ProblemError:
    return ProblemError(Problem("payload-too-large", f"A body has at most {MOST_BYTES} bytes."))
