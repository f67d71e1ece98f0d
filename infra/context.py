"""Reads the CDK context: JSON from `cdk.json`, text from `cdk deploy -c key=value`; both are understood."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from .config import Config, ConfigError
from .settings.mistakes import MistakesError

KEYS = {to_camel(name): name for name in Config.model_fields}
"""Context key → field."""


def read(context: Mapping[str, Any], current_region: str | None = None) -> Config:
    """Reads and checks the context.

    `current_region` is the Region to which the CDK CLI would deploy without the setting `region`. Keys that are not
    Gavel's are ignored. Raises `ConfigError`.
    """
    own = {key: value for key, value in context.items() if key in KEYS and value is not None}
    region = {"region": current_region}
    problems: dict[str, None] = {}
    try:
        config = Config.model_validate(own, context=region)
    except ValidationError as error:
        problems |= dict.fromkeys(_lines(error))
        problems |= dict.fromkeys(_of_the_rest(own, error, region))
    problems |= dict.fromkeys(_misspelled(context))
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def _of_the_rest(own: Mapping[str, Any], error: ValidationError, region: dict[str, str | None]) -> Iterator[str]:
    """The mistakes between settings that are each valid."""
    wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
    try:
        Config.model_validate({key: value for key, value in own.items() if key not in wrong}, context=region)
    except ValidationError as another:
        yield from (line for line in _lines(another) if not any(f"`{key}`" in line for key in wrong))


def _lines(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        cause = each.get("ctx", {}).get("error")
        if isinstance(cause, MistakesError):
            yield from cause.mistakes
        else:
            yield f"`{each['loc'][0]}`: {each['msg']}"


def _misspelled(context: Mapping[str, Any]) -> Iterator[str]:
    """The keys that resemble one of Gavel's: a typing error would deploy a default without notice."""
    for key in sorted(set(context) - set(KEYS)):
        if close := difflib.get_close_matches(key, KEYS, n=1, cutoff=0.8):
            yield f"`{key}`: unknown; did you mean `{close[0]}`?"
