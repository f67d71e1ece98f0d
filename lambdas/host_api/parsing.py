"""From a request's bytes and text to models. Faults become a problem by `Invalid`, which `app` answers."""

from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from moderation import plain
from moderation.domain.commands import Command
from moderation.validation import Fault, checked, document

from .incoming import Incoming
from .later import Model
from .problems import invalid

if TYPE_CHECKING:
    from moderation.models import Body

    from .models import Query

MOST_PARAMETERS = 50


def body(incoming: Incoming, model: Model) -> tuple[Command, bytes]:
    """An empty body says nothing, which is all right where everything is optional."""
    content = incoming.content()
    if content and incoming.method == "DELETE":
        raise invalid(Fault("", "a `DELETE` has no body"))
    if content and _media_type(incoming) != "application/json":
        raise invalid(Fault("Content-Type", "should be `application/json`"))
    said = document(content) if content else {}
    if not isinstance(said, dict):
        raise invalid(Fault("", "should be an object"))
    command = plain.read(model.name, said)
    return command or cast("Body", checked(model(), said)).command(), content


def query(incoming: Incoming, model: Model) -> tuple["Query | None", list[tuple[str, str]]]:
    """None where nothing is said, so that nobody has to be asked what may be said."""
    if not incoming.query:
        return None, []
    try:
        pairs = parse_qsl(incoming.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise invalid(Fault("?", "can't be read")) from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        names = [name for name, _ in pairs]
        raise invalid(*(Fault(f"?{name}", "given more than once") for name in parameters if names.count(name) > 1))
    return cast("Query", checked(model(), parameters, "?")), pairs


def _media_type(incoming: Incoming) -> str:
    return incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
