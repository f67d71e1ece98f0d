"""The page of settings, written from the fields of `Config`."""

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from infra.config import Config

PAGE = """\
# Configuration reference

Each setting is a key of the CDK context. Write it into `cdk.json` under `context`, or pass it with `-c key=value`
(`make deploy ARGS="-c retentionDays=90"`). Gavel checks all settings before it builds anything and reports every
mistake at once. `make contracts` writes this table from `infra/config.py`.

| key | default | meaning |
|---|---|---|
"""


def configuration_page() -> str:
    """`docs/configuration.md`, a row for each setting."""
    return PAGE + "".join(
        f"| `{to_camel(name)}` | {default_of(field)} | {field.description} |\n"
        for name, field in Config.model_fields.items()
        if "hidden" not in _extra(field)
    )


def default_of(field: FieldInfo) -> str:
    """The default in the form of `cdk.json`, or in words."""
    if "shown" in (extra := _extra(field)):
        return extra["shown"]
    match field.get_default():
        case None:
            return "none"
        case bool() as flag:
            return f"`{str(flag).lower()}`"
        case ():
            return "`[]`"
        case value:
            return f"`{value}`"


def _extra(field: FieldInfo) -> dict[str, str]:
    found = field.json_schema_extra
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
