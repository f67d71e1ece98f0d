"""The configuration of the local stack: the context of `cdk.json` with the values that a local stack needs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from infra.config import Config
from infra.context import KEYS
from infra.packaging.bundle import ROOT
from infra.settings.types import from_json, from_list
from local.failure import LocalStackError

OWN = {"stage", "region", "jwtIssuer", "jwtAudience", "liveUrl", "corsOrigins", "assetDirectory", "functionEnvironment"}
"""Settings that the local stack sets itself."""
ON_AWS_ONLY = {"domainName", "certificateArn", "mappingKey", "console", "alarmEmail", "eventSchemas"}
"""Settings of services that the emulator lacks. `make run` serves the console itself."""

Context = Mapping[str, Any]


def of_project() -> Context:
    """Gavel's settings in `cdk.json`. Raises `LocalStackError` if the file cannot be read."""
    try:
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
    except (ValueError, KeyError, OSError) as error:
        raise LocalStackError(f"the context of `cdk.json` cannot be read: {error}") from error
    return {key: value for key, value in context.items() if key in KEYS}


def of_words(words: Iterable[str]) -> Context:
    """Reads `key=value` arguments. Raises `LocalStackError` for settings that cannot be chosen here."""
    pairs = [word.partition("=") for word in words]
    for key, equals, _ in pairs:
        if not equals or key not in KEYS:
            raise LocalStackError(f"`-c {key}`: expected `setting=value`; docs/configuration.md lists the settings")
        if key in OWN | ON_AWS_ONLY:
            raise LocalStackError(f"`-c {key}`: the local stack has a value of its own")
    return {key: from_json(value) for key, _, value in pairs}


def merged(project: Context, own: Context) -> dict[str, Any]:
    """The project's settings, with `own` for those that the project cannot choose here.

    If `own` has triggers, the project's replace them; if it has sources of meeting events, the project's are added.
    """
    here = dict(own) | dict.fromkeys(ON_AWS_ONLY.intersection(chosen(project)))
    triggers = from_json(project.get("triggers"))
    sources = from_list(project.get("meetingEventSources") or [])
    return {
        **project,
        **here,
        "triggers": triggers or own.get("triggers", []),
        "meetingEventSources": [*own.get("meetingEventSources", []), *sources],
    }


def chosen(project: Context) -> list[str]:
    """The settings that differ from the defaults."""
    return sorted(key for key, value in project.items() if value is not None and not _is_default(key, value))


def notes(project: Context) -> list[str]:
    """Lines for the terminal: which settings apply here and which do not."""
    keys = chosen(project)
    lines = {
        "settings ": [key for key in keys if key not in OWN | ON_AWS_ONLY],
        "only AWS ": [key for key in keys if key in (OWN | ON_AWS_ONLY) - {"stage"}],
    }
    return [f"{title} {', '.join(found)}" for title, found in lines.items() if found]


def _is_default(key: str, value: Any) -> bool:
    default = Config.model_fields[KEYS[key]].get_default(call_default_factory=True)
    return bool(from_json(value) == (list(default) if isinstance(default, tuple) else default))
