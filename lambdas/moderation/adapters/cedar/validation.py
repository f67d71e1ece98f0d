"""Finds the problems of a directory of policies before it is deployed.

Needs `cedarpy`, but nothing of AWS: `python -m moderation.adapters.cedar DIRECTORY` prints the same.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from cedarpy import Entities, Schema, policies_to_json_str, validate_policies

from moderation.domain.actor import COHOST, HOST, NO_PERMIT

from .directory import SHIPPED, Directory, annotated_id, enumerated, in_order
from .policies import EVALUATION_ERROR, CedarPolicies
from .syntax import line_of_error

NEEDED = {"Role": (HOST, COHOST, "participant"), "Mode": ("open",)}
"""Ids that Gavel itself uses: three roles, and the mode of a new meeting."""

RESERVED = (NO_PERMIT, EVALUATION_ERROR)
"""Policy ids of denials that no policy decided."""


def problems(directory: Path = SHIPPED) -> list[str]:
    """The problems of the directory's policies together with the shipped ones, one line each; empty if they can be
    deployed.
    """
    if not directory.is_dir():
        return [f"`{directory}` is not a directory"]
    try:
        files = layered(directory)
        schema_text = files.schema_text
    except (OSError, ValueError) as error:
        return [f"`{directory}`: {one_line(error)}"]
    parsed, found = parse(files)
    schema_name = next(iter(files.schemas))
    if message := schema_error(schema_text):
        line = line_of_error(schema_text, syntax_error_of_schema)
        return [*found, f"`{schema_name}`, line {line}: {message}"]
    schema = Schema.from_str(schema_text)
    found += (f"`{schema_name}`: {problem}" for problem in of_schema(schema))
    found += of_ids(parsed)
    for name, policies in parsed.items():
        found += (f"`{name}`: {problem}" for problem in of_types(files.policies[name], policies, schema))
    return found or of_effect(files)


def layered(directory: Path) -> Directory:
    """The directory's files over the shipped ones. Raises the errors of `Directory.read`."""
    return Directory.read(directory).over(Directory.read(SHIPPED))


def checked(directory: Path = SHIPPED) -> str:
    """A line that says what was checked, for a directory without problems."""
    own, shipped = Directory.read(directory), Directory.read(SHIPPED)
    files = own.over(shipped)
    policies = CedarPolicies(files)
    count = sum(len(of_file) for of_file in parse(files)[0].values())
    layer = [] if directory == SHIPPED else [*own.policies, *own.schemas]
    replaced = [name for name in layer if name in shipped.policies | shipped.schemas]
    added = [name for name in layer if name not in replaced]
    return "; ".join(
        (
            f"{count} policies in {quoted(list(files.policies))}",
            *([f"added {quoted(added)}"] if added else []),
            *([f"in place of the shipped files {quoted(replaced)}"] if replaced else []),
            f"roles {quoted(list(policies.ranking))}, modes {quoted(sorted(policies.modes))}",
            "syntax, types, ids and everything that Gavel asks about are right",
        )
    )


Parsed = dict[str, dict[str, str | None]]
"""The `@id`s by file and by Cedar's own name of a policy."""


def parse(files: Directory) -> tuple[Parsed, list[str]]:
    """The `@id`s of all files that can be parsed, and the problems of the others."""
    parsed: Parsed = {}
    found = []
    for name, text in files.policies.items():
        if message := policy_error(text):
            found.append(f"`{name}`, line {line_of_error(text, policy_error)}: {message}")
            continue
        document = json.loads(policies_to_json_str(text))
        parsed[name] = {key: annotated_id(policy) for key, policy in in_order(document["staticPolicies"])}
        found += (f"`{name}`: templates decide nothing here: `{key}`" for key in document["templates"])
    return parsed, found


def policy_error(text: str) -> str | None:
    """Cedar's message about a text of policies; None if it can be read."""
    try:
        policies_to_json_str(text)
    except ValueError as error:
        return one_line(error)
    return None


def schema_error(text: str) -> str | None:
    """Cedar's message about a schema; None if it can be read and its types fit together."""
    try:
        Schema.from_str(text)
    except ValueError as error:
        return one_line(error)
    return None


def syntax_error_of_schema(text: str) -> str | None:
    """Cedar's syntax error in a part of a schema. Types that a later part defines are no error."""
    message = schema_error(text)
    return message if message and message.startswith("error parsing schema") else None


def of_effect(files: Directory) -> list[str]:
    """Problems of policies under which not even a host may send or receive, which would silence every meeting."""
    if CedarPolicies(files).capabilities_for(HOST, "open", has_floor=False).capabilities:
        return []
    return ["no policy lets a host send or receive anything in mode `open`: `capabilities.cedar` is missing or empty"]


def of_ids(parsed: Parsed) -> list[str]:
    """Problems of `@id`s: each policy needs an id of its own, because refusals show it."""
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
            found.append(
                f"`{names[0]}`: `{policy_id}` is reserved: it stands for authorizations that no policy decided"
            )
    return found


def of_schema(schema: Schema) -> list[str]:
    """Problems of the schema: it may add to the shipped schema, but must have everything that Gavel asks about."""
    shipped = Schema.from_str(Directory.read(SHIPPED).schema_text)
    rendered = str(schema)
    found: list[str] = []
    for entity_type, needed in NEEDED.items():
        there = enumerated(rendered, entity_type)
        found += (f"{entity_type.lower()} `{name}` is missing" for name in needed if name not in there)
    missing = asked_about(shipped) - asked_about(schema)
    return found + [f"action `{name}` is missing" for name in sorted(missing)]


def asked_about(schema: Schema) -> set[str]:
    """The actions of a schema, groups included: policies may name both."""
    entities: list[dict[str, Any]] = json.loads(str(Entities.from_json_str("[]", schema)))
    return {entity["uid"]["id"] for entity in entities}


def of_types(text: str, policies: dict[str, str | None], schema: Schema) -> list[str]:
    """The problems that Cedar's own validator finds: unknown roles, modes, actions and attributes, and types that
    cannot match.
    """
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
