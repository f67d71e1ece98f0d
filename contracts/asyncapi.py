"""The bus as an AsyncAPI 3.0 document: what Gavel sends on it, and what it takes from it."""

from typing import Any

from event_commands.command_specs import COMMANDS
from event_commands.message import COMMAND
from host_api.openapi import description
from moderation.models.events import EVENTS

from contracts.events import slug

CHANNEL = "bus"
MESSAGES = f"#/channels/{CHANNEL}/messages/"
COMPONENTS = "#/components/messages/"


def asyncapi() -> dict[str, Any]:
    commands = list(COMMANDS)
    events = {slug(model.detail_type): _event(model.detail_type, model.__doc__ or "") for model in EVENTS}
    messages = events | {f"command-{name}": _command(name) for name in commands}
    return {
        "asyncapi": "3.0.0",
        "info": description()["info"],
        "defaultContentType": "application/json",
        "channels": {
            CHANNEL: {
                "address": "gavel",
                "description": "An Amazon EventBridge bus; `gavel-<stage>` for any stage but `prod`. At least once, in "
                "no order: `entryId` is the same when an event comes twice, `revision` tells which of two is newer.",
                "messages": {name: {"$ref": COMPONENTS + name} for name in messages},
            }
        },
        "operations": {
            "tell": _operation("send", "What was decided and what has come of it.", list(events)),
            "obey": _operation("receive", "Commands by event.", [f"command-{name}" for name in commands]),
        },
        "components": {"messages": messages},
    }


def _operation(action: str, summary: str, messages: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": summary,
        "messages": [{"$ref": MESSAGES + name} for name in messages],
    }


def _event(detail_type: str, summary: str) -> dict[str, Any]:
    payload = {"$ref": f"./schemas/events/{slug(detail_type)}.json"}
    return {"name": detail_type, "title": detail_type, "summary": summary, "payload": payload}


def _command(name: str) -> dict[str, Any]:
    payload = {"$ref": f"./schemas/commands/{name}.json"}
    return {"name": COMMAND, "title": f"{COMMAND}: {name}", "summary": f"Asks for `{name}`.", "payload": payload}
