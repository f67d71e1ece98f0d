"""The door itself: every event gets an answer, and every answer leaves one line in the log."""

from collections.abc import Callable

from moderation import __version__
from moderation.validation import Invalid

from . import conditions, identity, parsing
from .call import Call, Gavel
from .incoming import Incoming
from .problems import Problem, Unanswerable, invalid
from .problems import response as problem_response
from .record import Record
from .response import Response
from .routes import ROUTES
from .routing import Found, find

HEALTH = "/health"
DESCRIPTION = "/openapi.json"


class App:
    """What it needs is asked for when the first request needs it: health and description need nothing."""

    def __init__(self, gavel: Callable[[], Gavel], identity_claim: Callable[[], str]) -> None:
        self._gavel = gavel
        self._identity_claim = identity_claim

    def __call__(self, event: object) -> dict[str, object]:
        incoming = Incoming.of(event)
        record = Record(incoming.request_id)
        try:
            response = self._answer(incoming, record)
        except Unanswerable as unanswerable:
            response = problem_response(unanswerable.problem, incoming.path)
        except Invalid as faulty:
            response = problem_response(invalid(*faulty.faults).problem, incoming.path)
        except Exception as error:
            record.failed(error)
            detail = f"something went wrong here; request `{incoming.request_id}`"
            response = problem_response(Problem("internal-error", detail), incoming.path)
        record.write(response)
        answer = response.as_event()
        return answer | {"body": ""} if incoming.method == "HEAD" else answer

    def _answer(self, incoming: Incoming, record: Record) -> Response:
        if incoming.path in (HEALTH, DESCRIPTION):
            record.route = incoming.path
            return _open_to_all(incoming)
        if incoming.identity.refusal is not None:
            return _unauthorized(incoming.identity.refusal)
        found = find(ROUTES, incoming.method, incoming.path)
        record.route = f"{found.route.method} {found.route.path}"
        return found.route.handle(self._call(incoming, found, record))

    def _call(self, incoming: Incoming, found: Found, record: Record) -> Call:
        """Who calls is asked first: a stranger learns nothing of what is wrong with his request."""
        actor = identity.caller(incoming, self._identity_claim())
        ids = found.ids()
        record.knows(actor, ids)
        query, pairs = parsing.query(incoming, found.route.query)
        if found.route.body is None:
            return Call(self._gavel(), actor, ids, query)
        if_match = conditions.if_match(incoming)
        key = conditions.idempotency_key(incoming, actor)
        command, content = parsing.body(incoming, found.route.body)
        fingerprint = conditions.fingerprint(incoming, pairs, content)
        record.command = command.name
        return Call(self._gavel(), actor, ids, query, command, if_match, key, fingerprint)


def _open_to_all(incoming: Incoming) -> Response:
    if incoming.method not in ("GET", "HEAD"):
        allowed = "GET, HEAD"
        raise Unanswerable(Problem("method-not-allowed", f"allowed here: {allowed}", headers={"Allow": allowed}))
    if incoming.path == HEALTH:
        return Response(200, {"status": "ok", "version": __version__})
    from .openapi import description

    return Response(200, description())


def _unauthorized(why: str) -> Response:
    """In the form in which API Gateway refuses a token."""
    challenge = f'Bearer realm="gavel", error="invalid_token", error_description="{why}"'
    return Response(401, {"message": "Unauthorized"}, {"WWW-Authenticate": challenge})


def create_app(gavel: Callable[[], Gavel], identity_claim: Callable[[], str]) -> App:
    return App(gavel, identity_claim)
