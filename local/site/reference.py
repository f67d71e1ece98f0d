"""The generated parts of the reference: operations of the API and events, from the published files."""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from http import HTTPStatus
from pathlib import Path
from typing import Any

from local.site.schemas import Schema, fields, in_words

DOCS = Path(__file__).resolve().parents[2] / "docs"
METHODS = ("get", "put", "post", "patch", "delete")


def operations() -> str:
    """Every operation of docs/openapi.json by tag, then the objects that operations take and return."""
    document = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                about = _resolved(document, methods[method])
                [tag] = about.get("tags", ["Operations"])
                groups.setdefault(tag, []).extend(_operation(method, path, about))
    lines = [line for tag, found in groups.items() for line in (f"## {tag}", *found)]
    lines.append("## Objects")
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += ["", f"### {name}", "", *_described(schema), *_object(schema)]
    return "\n".join(lines)


def _resolved(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """The operation with the shared parameters and answers that it refers to."""

    def found(part: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in part:
            return part
        shared: Mapping[str, Any] = reduce(lambda within, key: within[key], part["$ref"].split("/")[1:], document)
        return shared

    return {
        **operation,
        "parameters": [found(each) for each in operation.get("parameters", [])],
        "responses": {status: found(each) for status, each in operation["responses"].items()},
    }


def events() -> str:
    """Every event by its schema, and the objects that events have in common."""
    lines: list[str] = []
    shared = json.loads((DOCS / "schemas" / "types.json").read_text(encoding="utf-8"))["$defs"]
    for path in sorted((DOCS / "schemas" / "events").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        detail = schema["properties"]["detail"]
        lines += ["", f"### {schema['title']}", "", *_described(schema), *fields(detail, _link)]
    lines += ["", "## Objects in events"]
    for name, schema in sorted(shared.items()):
        lines += ["", f"### {name}", "", *_described(schema), *_object(schema)]
    return "\n".join(lines)


def _operation(method: str, path: str, about: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"### {about['operationId']}", "", f"`{method.upper()} {path}`", "")
    yield from (about.get("description") or about.get("summary", ""), "")
    yield from _parameters(about.get("parameters", []))
    yield from _body(about.get("requestBody", {}))
    yield from ("| answer | is |", "|---|---|")
    for status, answer in sorted(about["responses"].items()):
        yield f"| {status} {HTTPStatus(int(status)).phrase} | {_answer(answer)} |"
    yield ""


def _parameters(parameters: list[Mapping[str, Any]]) -> Iterator[str]:
    if not parameters:
        return
    yield from ("| parameter | in | is | means |", "|---|---|---|---|")
    for each in parameters:
        meaning = " ".join(each.get("description", "").split())
        yield f"| `{each['name']}` | {each['in']} | {in_words(each['schema'], _link)} | {meaning} |"
    yield ""


def _body(body: Mapping[str, Any]) -> Iterator[str]:
    for content in body.get("content", {}).values():
        schema = content["schema"]
        yield f"Body: {in_words(schema, _link)}." if "$ref" in schema else "Body:"
        yield from ("", *fields(schema, _link), "")


def _answer(answer: Mapping[str, Any]) -> str:
    kinds = (in_words(content.get("schema", {}), _link) for content in answer.get("content", {}).values())
    shown = ", ".join(kind for kind in kinds if kind.startswith("["))
    return " ".join([answer.get("description", ""), f"({shown})" if shown else ""]).strip()


def _described(schema: Schema) -> Iterator[str]:
    if schema.get("description"):
        yield from (schema["description"], "")


def _object(schema: Schema) -> Iterator[str]:
    if schema.get("properties"):
        yield from fields(schema, _link)
    else:
        yield f"Is {in_words(schema, _link)}."


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"
