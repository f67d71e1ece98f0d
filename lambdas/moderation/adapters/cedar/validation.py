"""Finds what is wrong with a directory of policies before it is deployed.

Needs `cedarpy`, but nothing of AWS: `python -m moderation.adapters.cedar DIRECTORY` prints the same.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.domain.actor import COHOST, HOST, NO_PERMIT

from .directory import SHIPPED, Directory, annotated_id, enumerated, in_order
from .policies import EVALUATION_ERROR

if TYPE_CHECKING:
    from cedarpy import Schema

NEEDED = {"Role": (HOST, COHOST, "participant"), "Mode": ("open",)}
"""Those that the service names itself: the roles with duties of their own, and a new meeting's defaults."""

RESERVED = (NO_PERMIT, EVALUATION_ERROR)
"""Ids of verdicts that no policy decided."""


def problems(directory: Path) -> list[str]:
    """One line each, lower case, values in backticks; empty if the directory can be deployed."""
    if not directory.is_dir():
        return [f"`{directory}` is not a directory"]
    try:
        files = Directory.read(directory)
        schema_text = files.schema_text
    except (OSError, ValueError) as error:
        return [f"`{directory}`: {one_line(error)}"]
    parsed, found = parse(files)
    if not files.policies:
        found.append(f"`{directory}` has no `*.cedar`")
    schema_name = next(iter(files.schemas))
    try:
        from cedarpy import Schema

        schema = Schema.from_str(schema_text)
    except ValueError as error:
        return [*found, f"`{schema_name}`: {one_line(error)}"]
    found += (f"`{schema_name}`: {problem}" for problem in of_schema(schema))
    found += of_ids(parsed)
    for name, policies in parsed.items():
        found += (f"`{name}`: {problem}" for problem in of_types(files.policies[name], policies, schema))
    return found


Parsed = dict[str, dict[str, str | None]]
"""By file and Cedar's own name for a policy, its `@id`."""


def parse(files: Directory) -> tuple[Parsed, list[str]]:
    """The `@id`s of all files that can be parsed, and what is wrong with the others."""
    from cedarpy import policies_to_json_str

    parsed: Parsed = {}
    found = []
    for name, text in files.policies.items():
        try:
            document = json.loads(policies_to_json_str(text))
        except ValueError as error:
            found.append(f"`{name}`: {one_line(error)}")
            continue
        parsed[name] = {key: annotated_id(policy) for key, policy in in_order(document["staticPolicies"])}
        found += (f"`{name}`: templates decide nothing here: `{key}`" for key in document["templates"])
    return parsed, found


def of_ids(parsed: Parsed) -> list[str]:
    """Every policy has an `@id` of its own, for that is what a refusal shows."""
    found = []
    files_of_id = defaultdict(list)
    for name, policies in parsed.items():
        for position, policy_id in enumerate(policies.values(), start=1):
            if policy_id is None:
                found.append(f"`{name}`: policy {position} has no `@id`")
            else:
                files_of_id[policy_id].append(name)
    for policy_id, names in files_of_id.items():
        if len(names) > 1:
            found.append(f"`{policy_id}` is the `@id` of {len(names)} policies: {quoted(names)}")
        if policy_id in RESERVED:
            found.append(f"`{names[0]}`: `{policy_id}` is reserved: it stands for verdicts that no policy decided")
    return found


def of_schema(schema: "Schema") -> list[str]:
    """It may have more than the shipped schema, but what the service asks about must be there."""
    from cedarpy import Schema

    shipped = Schema.from_str(Directory.read(SHIPPED).schema_text)
    rendered = str(schema)
    found: list[str] = []
    for entity_type, needed in NEEDED.items():
        there = enumerated(rendered, entity_type)
        found += (f"{entity_type.lower()} `{name}` is missing" for name in needed if name not in there)
    missing = asked_about(shipped) - asked_about(schema)
    return found + [f"action `{name}` is missing" for name in sorted(missing)]


def asked_about(schema: "Schema") -> set[str]:
    """The actions of a schema, groups included: policies may speak of either."""
    from cedarpy import Entities

    entities: list[dict[str, Any]] = json.loads(str(Entities.from_json_str("[]", schema)))
    return {entity["uid"]["id"] for entity in entities}


def of_types(text: str, policies: dict[str, str | None], schema: "Schema") -> list[str]:
    """What Cedar's own validator finds: unknown roles, modes, actions and attributes, and types that can't match."""
    from cedarpy import validate_policies

    found = []
    for error in validate_policies(text, schema).errors:
        named = policies.get(error.policy_id) or error.policy_id
        message = one_line(error.error).removeprefix(f"for policy `{error.policy_id}`, ")
        found.append(f"`{named}`: {message.removeprefix(f'for policy `{error.policy_id}`: ')}")
    return found


def one_line(error: object) -> str:
    text = " ".join(str(error).split())
    return text[:1].lower() + text[1:]


def quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
