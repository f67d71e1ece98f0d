"""A domain of the customer's own in front of the REST API: `domainName`, its certificate, and a mapping key."""

import re
from dataclasses import dataclass

from infra.context import ContextReader

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+")
_KEY = re.compile(r"[A-Za-z0-9$_.+!*'()-]+(/[A-Za-z0-9$_.+!*'()-]+)*")
OWN_PATHS = ("health", "meetings", "openapi.json")


@dataclass(frozen=True)
class Domain:
    """`name` None: the domain exists already, and an API mapping with this key leads here."""

    name: str | None
    certificate_arn: str | None
    mapping_key: str | None


def domain_of(reader: ContextReader) -> Domain | None:
    """None without these settings."""
    name = reader.text("domainName", None, _DOMAIN, "a domain like api.example.com")
    certificate = reader.text(
        "certificateArn", None, _CERTIFICATE, "the ARN of a certificate of AWS Certificate Manager"
    )
    key = reader.text(
        "mappingKey", None, _KEY, "path segments like `moderation` or `meet/v1`, with no slash around them"
    )
    if key and key.split("/")[0] in OWN_PATHS:
        reader.problems.append(f"`mappingKey`: `{key}` begins as paths of the API do: {', '.join(OWN_PATHS)}")
    if bool(name) != bool(certificate):
        reader.problems.append("`domainName` and `certificateArn` come together")
    return Domain(name, certificate, key) if name or key else None
