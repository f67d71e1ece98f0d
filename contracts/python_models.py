"""Writes the models of the Python client from the published documents, with datamodel-code-generator.

Models of what Gavel sends are tolerant, as docs/versioning.md asks of clients: an unknown field is kept, and an unknown
word of an enumeration is a text. Models of what a client sends have the fields of the documents and no others.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from datamodel_code_generator import GenerateConfig, generate
from datamodel_code_generator.enums import AliasGenerator, DataModelType, InputFileType
from datamodel_code_generator.format import DatetimeClassType, PythonVersion
from datamodel_code_generator.parser import LiteralType
from host_api.described import SCHEMAS as REFERENCES

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "docs" / "schemas"
PACKAGE = "gavel_client"
PACKAGE_DIRECTORY = ROOT / "clients" / "python" / "src" / PACKAGE
MODELS = PACKAGE_DIRECTORY / "models.py"
RUFF = Path(sys.executable).with_name("ruff")
FIX = ["check", "--quiet", "--fix", "--unsafe-fixes", "--select", "F401,I,UP028"]
HEADER = '"""Made from Gavel\'s OpenAPI document and its schemas of events and commands by `make contracts`."""'
CONFIGURED = """\
    model_config = ConfigDict(
        populate_by_name=True,
        alias_generator=to_camel,
    )
"""
"""Code that the generator writes into each class. `model.py` has it once."""
LEFT_OUT = {"Description", "UndoAnswer"}
"""Schemas without a model: an OpenAPI document, and one of two answers."""
REFERENCE = REFERENCES + "{}"
CHECKS = {
    *("$id", "$schema", "pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems"),
    *("minimum", "maximum", "minProperties", "maxProperties", "propertyNames", "title"),
    *("allOf", "oneOf", "not", "examples"),
}
"""Constraints that the client leaves to the server, which reports what is wrong."""
WIDTH = 110
TIMES = re.compile(r"[a-zA-Z]+At|since|until|pendingSince|time")
Schema = dict[str, Any]


def python_models() -> str:
    """The text of `models.py`."""
    sent, received = _parts()
    bases: dict[str, str | list[str]] = dict.fromkeys(sent, f"{PACKAGE}.model.Sent")
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Gavel", "version": "0"},
        "paths": {},
        "components": {"schemas": dict(sorted((sent | received).items()))},
    }
    generated = generate(
        json.dumps(document),
        config=GenerateConfig(
            input_file_type=InputFileType.OpenAPI,
            output_model_type=DataModelType.PydanticV2BaseModel,
            base_class=f"{PACKAGE}.model.Received",
            base_class_map=bases,
            custom_file_header=HEADER,
            alias_generator=AliasGenerator.ToCamel,
            disable_timestamp=True,
            enum_field_as_literal=LiteralType.All,
            formatters=[],
            output_datetime_class=DatetimeClassType.Datetime,
            snake_case_field=True,
            strict_nullable=True,
            target_python_version=PythonVersion.PY_311,
            use_annotated=True,
            use_double_quotes=True,
            use_field_description=True,
            use_inline_field_description=True,
            use_schema_description=True,
            use_single_line_docstring=True,
            use_standard_collections=True,
            use_union_operator=True,
        ),
    )
    return formatted(str(generated).replace(CONFIGURED, "").replace(f"from {PACKAGE}.", "from ."), MODELS)


def formatted(text: str, path: Path) -> str:
    """The code in the form that `make format` gives it."""
    for words in (FIX, ["format", "--quiet"]):
        command = [str(RUFF), *words, "--stdin-filename", str(path), "-"]
        text = subprocess.run(command, check=True, input=text, capture_output=True, text=True, cwd=ROOT).stdout  # noqa: S603
    return text


def _parts() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schemas of what a client sends and of what it receives, by class name."""
    api = json.loads((ROOT / "docs" / "openapi.json").read_text())
    schemas = api["components"]["schemas"]
    bodies = _reachable(
        [operation.get("requestBody") for path in api["paths"].values() for operation in path.values()], schemas
    )
    sent: dict[str, Schema] = {}
    received: dict[str, Schema] = {}
    for name, schema in schemas.items():
        if name in LEFT_OUT:
            continue
        if name in bodies:
            _add(sent, name, schema)
        else:
            _add(received, name, schema, tolerant=True)
    _add_events(received)
    _add_commands(sent)
    return sent, received


def _add_events(received: dict[str, Schema]) -> None:
    for name, schema in json.loads((SCHEMAS / "types.json").read_text())["$defs"].items():
        _add(received, name, schema, tolerant=True)
    for path in sorted(SCHEMAS.glob("events/*.json")):
        event = json.loads(path.read_text())
        name = _class_name(event["title"])
        detail = event["properties"]["detail"] | {"description": event["description"]}
        event["properties"]["detail"] = {"$ref": f"{name}Detail"}
        _add(received, f"{name}Detail", detail, tolerant=True)
        _add(received, name, event, tolerant=True)


def _add_commands(sent: dict[str, Schema]) -> None:
    for path in sorted(SCHEMAS.glob("commands/*.json")):
        document = json.loads(path.read_text())
        parts = document["$defs"]
        command = parts.pop("Command") | {"description": document["description"]}
        for name, schema in (parts | {f"{_class_name(path.stem)}Command": command}).items():
            _add(sent, name, schema)


def _add(schemas: dict[str, Schema], name: str, schema: Schema, *, tolerant: bool = False) -> None:
    """Adds a schema. Raises `ValueError` if another one has the name."""
    rewritten = _rewritten(schema, tolerant)
    if schemas.setdefault(name, rewritten) != rewritten:
        raise ValueError(f"`{name}` is the name of two schemas: {schemas[name]}, {rewritten}")


def _class_name(text: str) -> str:
    """The class name of a schema: `mute-all` and `Mute All` become `MuteAll`."""
    return "".join(word.capitalize() for word in re.split(r"[ -]", text))


def _reachable(start: object, schemas: Mapping[str, Schema]) -> set[str]:
    """The names of the schemas that references lead to, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        names = set(re.findall(rf'"{REFERENCES}(\w+)"', json.dumps(waiting.pop()))) - found
        found |= names
        waiting += [schemas[name] for name in names]
    return found


def _rewritten(schema: Any, tolerant: bool) -> Any:
    if isinstance(schema, list):
        return [_rewritten(each, tolerant) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": REFERENCE.format(schema["$ref"].rpartition("/")[2])}
    left_out = CHECKS | {"properties"} | (set() if tolerant and schema.get("default") != [] else {"default"})
    kept = {key: _rewritten(value, tolerant) for key, value in schema.items() if key not in left_out}
    if "properties" in schema:
        kept["properties"] = {name: _property(name, each, tolerant) for name, each in schema["properties"].items()}
    if "description" in kept:
        kept["description"] = fill(kept["description"], WIDTH)
    if "properties" in kept:
        kept.pop("additionalProperties", None)
    if tolerant and "enum" in kept:
        described = {key: kept.pop(key) for key in ("description", "default") if key in kept}
        return {**described, "anyOf": [kept, {"type": "string"}]}
    return kept


def _property(name: str, schema: Schema, tolerant: bool) -> Schema:
    rewritten: Schema = _rewritten(schema, tolerant)
    if TIMES.fullmatch(name):
        for each in (rewritten, *rewritten.get("anyOf", ())):
            if each.get("type") == "string":
                each["format"] = "date-time"
    return rewritten
