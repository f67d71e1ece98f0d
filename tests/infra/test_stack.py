"""What the template deploys."""

import json
from collections.abc import Callable
from typing import Any

from infra.settings.regions import CONTROL_REGIONS
from infra.tools.redrive import QUEUE
from tests.infra.conftest import ROOT
from tests.infra.resources import function, of_type

HANDLERS = (
    "event_commands.handler.handler",
    "host_api.handler.handler",
    "live.websocket.handler",
    "live.broadcast.handler",
    "chime_events.handler.handler",
    "event_publisher.handler.handler",
    "reconciler.handler.handler",
)
POOL_TOKENS = "pool_tokens.handler.handler"
"""It knows nothing of the table and the bus."""
Template = dict[str, Any]


def test_every_handler_is_a_file(default: Template) -> None:
    handlers = {each["Handler"] for each in of_type(default, "AWS::Lambda::Function")}
    assert handlers == {*HANDLERS, POOL_TOKENS}
    for handler in handlers:
        path = ROOT.joinpath("lambdas", *handler.split(".")[:-1]).with_suffix(".py")
        assert path.is_file()
        assert "handler" in path.read_text()


def test_functions(default: Template) -> None:
    for handler in (*HANDLERS, POOL_TOKENS):
        properties = function(default, handler)
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["arm64"]
        assert properties["TracingConfig"] == {"Mode": "Active"}
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert default["Resources"][group]["Properties"]["RetentionInDays"] == 30


def test_environment(default: Template, customized: Template) -> None:
    for handler in HANDLERS:
        variables = dict(function(default, handler)["Environment"]["Variables"])
        table, bus = variables.pop("GAVEL_TABLE")["Ref"], variables.pop("GAVEL_BUS")["Ref"]
        assert default["Resources"][table]["Type"] == "AWS::DynamoDB::Table"
        assert default["Resources"][bus]["Type"] == "AWS::Events::EventBus"
        queue = variables.pop("GAVEL_WAKEUPS_QUEUE_URL")["Ref"]
        assert default["Resources"][queue]["Type"] == "AWS::SQS::Queue"
        own = {
            "host_api": ("GAVEL_LIVE_URL", "GAVEL_DISPLAY_NAME_CLAIM", "GAVEL_POLICY_CLAIMS"),
            "live": ("GAVEL_LIVE_ENDPOINT",),
            "event_publisher": ("GAVEL_UNDELIVERABLE_QUEUE_URL", "GAVEL_DISPLAY_NAMES_IN_EVENTS"),
            "event_commands": ("GAVEL_COMMAND_SOURCES",),
        }
        for name in own.get(handler.split(".")[0], ()):
            variables.pop(name, None)
        assert variables == {
            "GAVEL_STAGE": "prod",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "GAVEL_IDENTITY_CLAIM": "sub",
            "GAVEL_RETENTION_DAYS": "30",
            "GAVEL_COMMAND_MAX_AGE_SECONDS": "300",
        }
        chosen = function(customized, handler)["Environment"]["Variables"]
        assert chosen["GAVEL_STAGE"] == "dev"
        assert chosen["GAVEL_IDENTITY_CLAIM"] == "oid"
        assert chosen["GAVEL_RETENTION_DAYS"] == "10"
        assert chosen["GAVEL_COMMAND_MAX_AGE_SECONDS"] == "60"
        assert chosen["TZ"] == "UTC"


def test_ledger(default: Template) -> None:
    (table,) = of_type(default, "AWS::DynamoDB::Table")
    assert table["KeySchema"] == _keys("pk", "sk")
    assert {index["IndexName"]: index["KeySchema"] for index in table["GlobalSecondaryIndexes"]} == {
        "due": _keys("dueShard", "dueAt"),
        "users": _keys("userListed", "listedAt"),
    }
    assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_outbox_is_fed_with_new_entries_only(default: Template) -> None:
    feed = _feed(default, "event_publisher.handler.handler")
    (pattern,) = [json.loads(each["Pattern"]) for each in feed["FilterCriteria"]["Filters"]]
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENTRY#"}]}}}}
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert feed["BisectBatchOnFunctionError"] is True
    assert feed["MaximumRetryAttempts"] == -1, "tries are not counted: a record's age ends them"
    assert 80_000 < feed["MaximumRecordAgeInSeconds"] < 86_400, "a record that the stream drops leaves no pointer"
    assert feed["StartingPosition"] == "TRIM_HORIZON"
    queue, _ = feed["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"]
    assert default["Resources"][queue]["Type"] == "AWS::SQS::Queue"


def test_what_a_redrive_looks_for_is_there_by_its_name(default: Template) -> None:
    assert [each["Type"] for name, each in default["Resources"].items() if name[:-8] == QUEUE] == ["AWS::SQS::Queue"]
    assert {"TableName", "BusName"} <= default["Outputs"].keys()


def test_reconciler_is_fed_by_the_clock_and_by_reminders(default: Template) -> None:
    (rule,) = [each for each in of_type(default, "AWS::Events::Rule") if "ScheduleExpression" in each]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    feed = _feed(default, "reconciler.handler.handler")
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    reminders = default["Resources"][feed["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
    assert reminders["RedrivePolicy"]["maxReceiveCount"] == 5
    assert reminders["VisibilityTimeout"] == 6 * function(default, "reconciler.handler.handler")["Timeout"]


def test_bus_and_stack_names_follow_the_stage(
    default: Template, customized: Template, synthesize: Callable[..., Template]
) -> None:
    local = synthesize(stage="local", jwtIssuer="http://127.0.0.1:4572", jwtAudience=["gavel"])
    names = [of_type(each, "AWS::Events::EventBus")[0]["Name"] for each in (default, customized, local)]
    assert names == ["gavel", "gavel-dev", "gavel"]


def test_the_local_stage_has_the_resources_of_every_other_stage(
    default: Template, synthesize: Callable[..., Template]
) -> None:
    """But for the user pool, in place of which it has an issuer; `make run` deploys what AWS would get."""
    local = synthesize(stage="local", jwtIssuer="http://127.0.0.1:4572", jwtAudience=["gavel"])
    other = synthesize(jwtIssuer="https://issuer.example", jwtAudience=["gavel"])
    assert {name: each["Type"] for name, each in local["Resources"].items()} == {
        name: each["Type"] for name, each in other["Resources"].items()
    }


RULE = "GavelChimeRegion"


def test_a_template_for_any_region_checks_where_it_lands(default: Template, customized: Template) -> None:
    (found,) = [rule for name, rule in default["Rules"].items() if name.startswith(RULE)]
    (assertion,) = found["Assertions"]
    assert assertion["Assert"] == {"Fn::Contains": [list(CONTROL_REGIONS), {"Ref": "AWS::Region"}]}
    assert not [name for name in customized["Rules"] if name.startswith(RULE)]


def test_logs_are_kept_no_longer_than_the_ledger(customized: Template) -> None:
    assert {group["RetentionInDays"] for group in of_type(customized, "AWS::Logs::LogGroup")} == {7}


def test_dead_letters_stay_no_longer_than_all_else_that_names_users(default: Template, customized: Template) -> None:
    """14 days is what SQS keeps; `customized` keeps everything for 10."""
    for template, days in ((default, 14), (customized, 10)):
        periods = [queue["MessageRetentionPeriod"] for queue in of_type(template, "AWS::SQS::Queue")]
        assert max(periods) == days * 86_400


def _feed(template: Template, handler: str) -> dict[str, Any]:
    resources = template["Resources"]
    (found,) = [
        feed
        for feed in of_type(template, "AWS::Lambda::EventSourceMapping")
        if resources[feed["FunctionName"]["Ref"]]["Properties"]["Handler"] == handler
    ]
    return found


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
