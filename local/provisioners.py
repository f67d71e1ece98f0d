"""Adds what the emulator's CloudFormation lacks: properties that it loses, and resource types that it does not know.

The template stays the one for AWS. Each resource type has a function that creates, one that updates and one that
deletes, like ministack's own.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners

from local.aws import ACCOUNT, REGION

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""The physical name and the attributes."""
HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
API, FUNCTION = "AWS::ApiGatewayV2::Api", "AWS::Lambda::Function"
_create_api, _update_api = HANDLERS[API]["create"], HANDLERS[API]["update"]
_create_function, _update_function = HANDLERS[FUNCTION]["create"], HANDLERS[FUNCTION]["update"]
_put_alarm = provisioners._cw_metric_alarm_put


def create_api(logical_id: str, properties: Properties, stack: str) -> Created:
    """Creates an API. Its id is derived from its name, so that URLs stay the same from run to run."""
    api_id = re.sub(r"[^a-z0-9]+", "-", str(properties.get("Name", logical_id)).lower())
    free = apigateway.find_api_scope(api_id) is None
    tags = {**properties.get("Tags", {}), **({"ms-custom-id": api_id} if free else {})}
    created: Created = _create_api(logical_id, {**_with_origins(properties), "Tags": tags}, stack)
    return created


def update_api(physical_id: str, old: Properties, new: Properties, *others: Any, **named: Any) -> Created:
    updated: Created = _update_api(physical_id, _with_origins(old), _with_origins(new), *others, **named)
    return updated


def _with_origins(properties: Properties) -> Properties:
    """The CORS settings with names in camelCase, which the gateway reads."""
    cors = properties.get("CorsConfiguration")
    return {**properties, "CorsConfiguration": provisioners._pascal_to_camel(cors)} if cors else properties


def create_function(logical_id: str, properties: Properties, stack: str) -> Created:
    return _with_loops(_create_function(logical_id, properties, stack), properties)


def update_function(physical_id: str, old: Properties, new: Properties, *others: Any, **named: Any) -> Created:
    return _with_loops(_update_function(physical_id, old, new, *others, **named), new)


def _with_loops(created: Created, properties: Properties) -> Created:
    """The function with `RecursiveLoop`, which the emulator loses."""
    lambda_svc._put_function_recursion_config(
        created[0], {"RecursiveLoop": properties.get("RecursiveLoop", "Terminate")}
    )
    return created


def put_alarm(name: str, properties: Properties) -> Created:
    """Stores an alarm. Of an alarm on a sum of metrics, which ministack does not support, it keeps the name only."""
    if "Metrics" in properties:
        return name, {"Arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"}
    put: Created = _put_alarm(name, properties)
    return put


@dataclass(frozen=True)
class Response:
    """`AWS::ApiGatewayV2::IntegrationResponse` or `RouteResponse`, which the gateway has and CloudFormation lacks.

    `parent` is the property that names the integration or route, `key` the id in the gateway's answer.
    """

    parent: str
    key: str
    put: Callable[[str, str, Properties], Any]
    remove: Callable[[str, str, str], Any]

    def create(self, _logical_id: str, properties: Properties, _stack: str) -> Created:
        status, _, body = self.put(*self._of(properties), provisioners._pascal_to_camel(properties))
        answer = json.loads(body)
        if status >= 400:
            raise ValueError(answer["message"])
        return str(answer[self.key]), {}

    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
        self.delete(physical_id, old)
        return self.create(physical_id, new, stack)

    def delete(self, physical_id: str, properties: Properties) -> None:
        self.remove(*self._of(properties), physical_id)

    def _of(self, properties: Properties) -> tuple[str, str]:
        """The id of the integration or route. `Ref` of a route gives it behind the API's id."""
        return properties["ApiId"], properties[self.parent].rpartition("/")[2]


INTEGRATION_RESPONSE = Response(
    "IntegrationId",
    "integrationResponseId",
    apigateway._create_integration_response,
    apigateway._delete_integration_response,
)
ROUTE_RESPONSE = Response(
    "RouteId", "routeResponseId", apigateway._create_route_response, apigateway._delete_route_response
)


def create_nothing(logical_id: str, _properties: Properties, stack: str) -> Created:
    """Creates a resource that ministack does not know and the local stack does not need."""
    return f"{stack}-{logical_id}", {}


def delete_nothing(_physical_id: str, _properties: Properties) -> None:
    """Deletes nothing."""


def after_create(kind: str, then: Callable[[str], None]) -> None:
    """Calls `then` with the physical name of each new resource of this type."""
    create = HANDLERS[kind]["create"]

    def created(logical_id: str, properties: Properties, stack: str) -> Created:
        name, attributes = create(logical_id, properties, stack)
        then(name)
        return name, attributes

    HANDLERS[kind]["create"] = created


def install() -> None:
    """Adds these functions to the emulator's CloudFormation in this process."""
    HANDLERS[API] |= {"create": create_api, "update": update_api}
    HANDLERS[FUNCTION] |= {"create": create_function, "update": update_function}
    provisioners._cw_metric_alarm_put = put_alarm
    for kind, response in (("IntegrationResponse", INTEGRATION_RESPONSE), ("RouteResponse", ROUTE_RESPONSE)):
        HANDLERS[f"AWS::ApiGatewayV2::{kind}"] = {
            "create": response.create,
            "update": response.update,
            "delete": response.delete,
        }
    HANDLERS["AWS::Events::EventBusPolicy"] = {"create": create_nothing, "delete": delete_nothing}
