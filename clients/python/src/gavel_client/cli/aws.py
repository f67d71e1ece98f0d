"""AWS clients of the commands that need AWS credentials."""

from importlib import import_module
from typing import Any

from .settings import NotConfiguredError, Settings

OF_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""boto3 has the same names in small letters."""
ENDPOINT = "AWS_ENDPOINT_URL"


def aws_client(settings: Settings, service: str, command: str, region: str | None = None) -> Any:
    """A client of boto3, for the local stack while `make run` is up. Raises `NotConfiguredError` without boto3."""
    try:
        boto3: Any = import_module("boto3")
    except ModuleNotFoundError:
        raise NotConfiguredError(f"`{command}` needs boto3: pip install boto3") from None
    names = {name.lower(): name for name in OF_CREDENTIALS} | {"region_name": "AWS_DEFAULT_REGION"}
    options: dict[str, Any] = {option: settings.get(name) for option, name in names.items() if settings.get(name)}
    if url := endpoint(settings, service):
        options["endpoint_url"] = url
    return boto3.client(service, **options | ({"region_name": region} if region else {}))


def endpoint(settings: Settings, service: str) -> str | None:
    """Where the service is, unless it is at AWS's own address."""
    return settings.get(f"{ENDPOINT}_{service.upper().replace('-', '_')}") or settings.get(ENDPOINT)
