"""The API mapping key of the customer's domain, which API Gateway leaves in front of `rawPath`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
"""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[object], dict[str, Any]]


def without_mapping_key(key: str, handler: Handler, event: Mapping[str, Any]) -> dict[str, Any]:
    """Answers a request to the domain, whose path begins with the key, or to the API's own address, whose path does
    not.
    """
    prefix, path = f"/{key}", event.get("rawPath")
    if not isinstance(path, str) or not f"{path}/".startswith(f"{prefix}/"):
        return handler(event)
    answer = handler({**event, "rawPath": path.removeprefix(prefix) or "/"})
    location = answer.get("headers", {}).get("Location")
    if location is None:
        return answer
    return {**answer, "headers": {**answer["headers"], "Location": prefix + location}}
