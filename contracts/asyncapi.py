"""The event bus and the WebSocket of live updates as an AsyncAPI 3.0 document."""

import json
from typing import Any

from event_commands.command_specs import COMMANDS
from event_commands.message import COMMAND
from host_api.described import SCHEMAS
from pydantic.json_schema import models_json_schema

from contracts.event_models import EVENTS
from contracts.events import slug
from contracts.live import FROM_GAVEL, FROM_PAGES
from contracts.openapi import LICENSE, TITLE, VARIABLES, openapi
from infra.version import version

Schema = dict[str, Any]

BUS, LIVE = "bus", "live"
MESSAGES = "#/components/messages/"
REST_SCHEMAS = f"./openapi.json{SCHEMAS}"


def asyncapi() -> Schema:
    commands = {f"command-{name}": _command(name) for name in COMMANDS}
    events = {slug(model.detail_type): _event(model.detail_type, model.__doc__ or "") for model in EVENTS}
    updates = {f"live-{name}": _live(name, model.__name__, model.__doc__ or "") for name, model in FROM_GAVEL.items()}
    requests = {f"live-{name}": _live(name, model.__name__, model.__doc__ or "") for name, model in FROM_PAGES.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": TITLE,
            "version": version(),
            "description": "The events that Gavel publishes, the commands it takes by event, and its live updates.",
            "license": {"name": LICENSE.name, "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": "Events"}, {"name": "Commands"}, {"name": "Live updates"}],
        },
        "defaultContentType": "application/json",
        "servers": {
            LIVE: {
                "host": "{apiId}.execute-api.{region}.amazonaws.com",
                "protocol": "wss",
                "description": "The `url` that `POST /meetings/{meetingId}/live` answers leads here.",
                "variables": {name: {"default": variable.default} for name, variable in VARIABLES.items()},
            }
        },
        "channels": {
            BUS: {
                "address": "gavel",
                "description": "An Amazon EventBridge bus; `gavel-<stage>` for any stage but `prod`. At least once, in "
                "no order: `entryId` is the same when an event comes twice, `revision` tells which of two is newer.",
                "messages": _references({**events, **commands}),
            },
            LIVE: {
                "address": "/live",
                "servers": [{"$ref": f"#/servers/{LIVE}"}],
                "description": "A WebSocket, opened with a ticket. Every message of Gavel's has `type` and `part`.",
                "messages": _references({**updates, **requests}),
            },
        },
        "operations": {
            "publish-events": _operation(BUS, "send", "What was decided, and what became of it.", events),
            "take-commands": _operation(BUS, "receive", "Commands by event.", commands),
            "send-live-updates": _operation(LIVE, "send", "What a user of a meeting may see, as it changes.", updates),
            "take-listeners": _operation(LIVE, "receive", "A page asks for live updates.", requests),
        },
        "components": {"messages": {**events, **commands, **updates, **requests}, "schemas": _live_schemas()},
    }


def _references(messages: Schema) -> Schema:
    return {name: {"$ref": MESSAGES + name} for name in messages}


def _operation(channel: str, action: str, description: str, messages: Schema) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "description": description,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _event(detail_type: str, summary: str) -> Schema:
    payload = {"$ref": f"./schemas/events/{slug(detail_type)}.json"}
    return {"name": detail_type, "title": detail_type, "summary": summary, "payload": payload}


def _command(name: str) -> Schema:
    payload = {"$ref": f"./schemas/commands/{name}.json"}
    return {"name": COMMAND, "title": f"{COMMAND}: {name}", "summary": f"Asks for `{name}`.", "payload": payload}


def _live(name: str, model: str, summary: str) -> Schema:
    return {"name": name, "title": f"Live: {name}", "summary": summary, "payload": {"$ref": SCHEMAS + model}}


def _live_schemas() -> Schema:
    """The schemas of live messages. Documents of the REST API are references to its description."""
    models = [(model, "validation") for model in (*FROM_GAVEL.values(), *FROM_PAGES.values())]
    _, found = models_json_schema(models, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    rest = openapi()["components"]["schemas"]
    text = json.dumps({name: schema for name, schema in found["$defs"].items() if name not in rest})
    for name in rest:
        text = text.replace(f'"{SCHEMAS}{name}"', f'"{REST_SCHEMAS}{name}"')
    schemas: Schema = json.loads(text)
    return schemas
