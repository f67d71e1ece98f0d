"""A collection for Bruno from the OpenAPI document: one request for each operation, one folder for each tag.

The language of the files: https://docs.usebruno.com/bru-lang/overview
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = ROOT / "clients" / "bruno"
WRITTEN_BY_HAND = {"README.md"}
Document = Mapping[str, Any]
ABOUT = {"version": "1", "name": "Gavel", "type": "collection", "ignore": ["node_modules", ".git"]}
COLLECTION_BRU = """\
auth {
  mode: bearer
}

auth:bearer {
  token: {{token}}
}

docs {
  Made from docs/openapi.json by `make contracts`.
}
"""
LOCAL = """\
vars {
  url: {{process.env.GAVEL_URL}}
  token: {{process.env.GAVEL_TOKEN}}
  meetingId: {{process.env.GAVEL_DEMO_MEETING}}
  attendeeId: {{process.env.GAVEL_DEMO_BOB}}
  externalUserId: bob
}
"""
NO_VARIABLE = "changeId"
"""A part of a path that differs from call to call, so it is no variable of the collection."""


def collection() -> dict[str, str]:
    """The files of the collection: path below its directory → text."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    files = {"bruno.json": json.dumps(ABOUT, indent=2) + "\n", "collection.bru": COLLECTION_BRU}
    files["environments/local.bru"] = LOCAL
    for number, (method, path, operation) in enumerate(operations(document), start=1):
        folder = operation["tags"][0]
        files[f"{folder}/{operation['operationId']}.bru"] = request(document, method, path, operation, number)
    return files


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def request(document: Document, method: str, path: str, operation: Document, number: int) -> str:
    """The file of one request. Optional parameters are switched off (`~`)."""
    parameters = [resolved(document, each) for each in operation.get("parameters", [])]
    body = operation.get("requestBody")
    url = "{{url}}" + path.replace("{", ":").replace("}", "")
    target = {"url": url, "body": "json" if body else "none", "auth": "inherit" if takes_token(operation) else "none"}
    blocks = [
        block("meta", {"name": operation["summary"], "type": "http", "seq": number}),
        block(method, target),
        *(
            of_parameters(kind, where, parameters)
            for kind, where in PLACES
            if any(p["in"] == where for p in parameters)
        ),
        *([f"body:json {{\n{indented(example(document, body))}\n}}\n"] if body else []),
        f"docs {{\n{indented(operation.get('description', operation['summary']))}\n}}\n",
    ]
    return "\n".join(blocks)


PLACES = (("params:path", "path"), ("params:query", "query"), ("headers", "header"))


def takes_token(operation: Document) -> bool:
    """Whether the operation uses the token of the collection."""
    return operation.get("security") != []


def block(name: str, values: Mapping[str, object]) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    return f"{name} {{\n{lines}}}\n"


def of_parameters(kind: str, where: str, parameters: list[Document]) -> str:
    values = {}
    for each in parameters:
        if each["in"] == where:
            values[each["name"] if each.get("required") else f"~{each['name']}"] = value_of(each)
    return block(kind, values)


def value_of(parameter: Document) -> str:
    if parameter["in"] == "path" and parameter["name"] != NO_VARIABLE:
        return f"{{{{{parameter['name']}}}}}"
    schema = parameter["schema"]
    value = parameter.get("example", schema.get("default", next(iter(schema.get("enum", [])), "")))
    return value if isinstance(value, str) else json.dumps(value)


def example(document: Document, body: Document) -> str:
    schema = resolved(document, body["content"]["application/json"]["schema"])
    return json.dumps(next(iter(schema.get("examples", [])), {}), indent=2, ensure_ascii=False)


def resolved(document: Document, part: Document) -> Document:
    """The object that a reference leads to."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())


def made(directory: Path = COLLECTION) -> dict[str, str]:
    """The generated files that exist, without those that people wrote."""
    paths = [path for path in directory.rglob("*") if path.is_file() and path.name not in WRITTEN_BY_HAND]
    return {str(path.relative_to(directory)): path.read_text() for path in sorted(paths)}


def write_collection() -> list[str]:
    """Brings the collection up to date. Returns the paths of the files that changed."""
    expected, there = collection(), made()
    outdated = [path for path in {**expected, **there} if expected.get(path) != there.get(path)]
    for folder in (path for path in COLLECTION.glob("*") if path.is_dir()):
        shutil.rmtree(folder)
    for path, text in expected.items():
        (COLLECTION / path).parent.mkdir(parents=True, exist_ok=True)
        (COLLECTION / path).write_text(text)
    return [f"{COLLECTION.relative_to(ROOT)}/{path}" for path in outdated]
